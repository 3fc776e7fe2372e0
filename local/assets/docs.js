"use strict";
// Renders openapi.json: operations by group, their parameters, bodies and answers, and a form to try each.
const METHODS = ["get", "post", "put", "patch", "delete"];

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

function resolve(api, schema) {
  return schema?.$ref ? schema.$ref.slice(2).split("/").reduce((part, key) => part?.[key], api) : schema;
}

// Texts of the document are Markdown, of which `names` are all that is used.
function prose(text) {
  return text.split("`").map((part, number) => (number % 2 ? element("code", { textContent: part }) : part));
}

function typeOf(api, given) {
  if (!given) return "any";
  const schema = { ...resolve(api, given), ...given };
  if (schema.properties && given.$ref) return given.$ref.split("/").pop();
  if (schema.anyOf || schema.oneOf) return (schema.anyOf || schema.oneOf).map((s) => typeOf(api, s)).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "null") return "null";
  if (schema.type === "array") return `list of ${typeOf(api, schema.items)}`;
  const limits = ["minimum", "maximum", "minLength", "maxLength", "pattern", "default"]
    .filter((key) => schema[key] !== undefined && schema[key] !== "").map((key) => `${key} ${schema[key]}`);
  return [schema.format || schema.type || "any", ...limits].join(", ");
}

// The schemas with fields of their own in a field's type: [name, reference] of each.
function partsOf(api, given) {
  if (!given) return [];
  const schema = resolve(api, given);
  if (given.$ref && schema?.properties) return [[given.$ref.split("/").pop(), given]];
  return [...(schema?.anyOf || schema?.oneOf || []), ...(schema?.items ? [schema.items] : [])].flatMap((part) => partsOf(api, part));
}

// A body to begin with: what must be there, or one field where nothing must.
function example(api, given, depth = 0) {
  const schema = resolve(api, given) || {};
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.const !== undefined) return schema.const;
  const choices = schema.anyOf || schema.oneOf;
  if (choices) return example(api, choices[0], depth);
  if (schema.properties) {
    const names = schema.required || Object.keys(schema.properties).slice(0, 1);
    return Object.fromEntries((depth > 4 ? [] : names).map((name) => [name, example(api, schema.properties[name], depth + 1)]));
  }
  if (schema.type === "array") return depth > 4 ? [] : [example(api, schema.items, depth + 1)];
  if (schema.format === "date-time") return new Date(Date.now() + 864e5).toISOString().slice(0, 19) + "Z";
  if (schema.type === "string" && schema.minLength) return "Text".padEnd(schema.minLength, "t");
  return { integer: schema.minimum ?? 0, number: 0, boolean: false, null: null }[schema.type] ?? "";
}

function fields(api, schema) {
  const whole = resolve(api, schema);
  if (!whole?.properties) return element("p", {}, element("code", { textContent: typeOf(api, schema) }));
  const required = new Set(whole.required || []);
  return element("table", {}, ...Object.entries(whole.properties).map(([name, part]) =>
    element("tr", {},
      element("td", {}, element("code", { textContent: name + (required.has(name) ? " *" : "") })),
      element("td", {}, element("code", { textContent: typeOf(api, part) }),
        ...partsOf(api, part).map(([title, inner]) => nested(api, title, inner))),
      element("td", {}, ...prose(part.description || resolve(api, part)?.description || "")))));
}

function nested(api, title, schema) {
  const made = element("details", { className: "nested" }, element("summary", { textContent: `${title}: fields` }));
  made.addEventListener("toggle", () => made.childElementCount > 1 || made.append(fields(api, schema)), { once: true });
  return made;
}

// "Conflict", a list of `code`: title, and what the gateway may answer instead.
function answerText(text) {
  return text.split("\n\n").slice(1).map((block) => {
    if (!block.startsWith("- ")) return element("p", {}, ...prose(block));
    return element("ul", {}, ...block.split("\n").map((line) => {
      const [, code, rest] = line.match(/^- `(\w+)`(.*)$/);
      return element("li", {}, element("a", { href: `/v1/public/errors/${code}` }, element("code", { textContent: code })), ...prose(rest));
    }));
  });
}

function answerOf(api, status, given) {
  const answer = resolve(api, given);
  const text = answer.description || "";
  const made = [element("h4", { textContent: `${status} ${given.$ref ? "" : text.split("\n")[0]}` })];
  if (given.$ref) return [...made, element("p", {}, ...prose(text))];
  made.push(...answerText(text));
  const headers = Object.entries(answer.headers || {});
  if (headers.length) {
    made.push(element("table", {}, ...headers.map(([name, header]) => element("tr", {},
      element("td", {}, element("code", { textContent: name })),
      element("td", {}, ...prose(resolve(api, header).description || ""))))));
  }
  const content = jsonSchema(answer.content);
  if (content && content.kind !== "application/problem+json") made.push(fields(api, content.schema));
  return made;
}

function jsonSchema(content) {
  const kinds = Object.entries(content || {});
  return kinds.length ? { kind: kinds[0][0], schema: kinds[0][1].schema } : null;
}

function tryForm(api, path, method, parameters, body) {
  const inputs = parameters.map((parameter) => ({ parameter, input: element("input", { placeholder: parameter.name, ariaLabel: parameter.name }) }));
  const text = body ? element("textarea", { value: JSON.stringify(example(api, body.schema), null, 2), ariaLabel: "Body" }) : null;
  const output = element("pre", { hidden: true });
  const send = async () => {
    let target = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const { parameter, input } of inputs) {
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value && parameter.in === "query") query.set(parameter.name, input.value);
      else if (input.value && parameter.in === "header") headers[parameter.name] = input.value;
    }
    const token = document.getElementById("token").value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (text) headers["Content-Type"] = "application/json";
    output.hidden = false;
    output.textContent = "...";
    try {
      const answer = await fetch(target + (query.size ? `?${query}` : ""), { method: method.toUpperCase(), headers, body: text?.value });
      const told = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
      let content = await answer.text();
      try { content = JSON.stringify(JSON.parse(content), null, 2); } catch { /* not JSON: shown as it is */ }
      output.textContent = `${answer.status}\n${told}\n\n${content}`;
    } catch (error) {
      output.textContent = String(error);
    }
  };
  return element("div", {}, element("h4", { textContent: "Try it" }), ...inputs.map(({ input }) => input),
    text, element("p", {}, element("button", { textContent: "Send", onclick: send })), output);
}

function operation(api, path, method, described, base) {
  const parameters = (described.parameters || []).map((parameter) => resolve(api, parameter));
  const body = jsonSchema(resolve(api, described.requestBody)?.content);
  const isPublic = described.security?.length === 0 || (!described.security && !api.security?.length);
  const detail = element("div", {});
  const made = element("details", { className: "operation", id: described.operationId || "" },
    element("summary", {},
      element("span", { className: `method ${method.toUpperCase()}`, textContent: method.toUpperCase() }),
      element("span", { className: "path", textContent: path }),
      element("span", { className: "summary" }, ...prose(`${described.summary || ""}${isPublic ? " (public)" : ""}`))),
    detail);
  made.dataset.words = `${method} ${path} ${described.summary || ""} ${described.description || ""}`.toLowerCase();
  made.addEventListener("toggle", () => {
    if (detail.childElementCount) return;
    detail.append(...(described.description || "").split("\n\n").filter(Boolean).map((text) => element("p", {}, ...prose(text))));
    if (parameters.length) {
      detail.append(element("h4", { textContent: "Parameters" }), element("table", {}, ...parameters.map((parameter) =>
        element("tr", {},
          element("td", {}, element("code", { textContent: parameter.name + (parameter.required ? " *" : "") })),
          element("td", { textContent: parameter.in }),
          element("td", {}, element("code", { textContent: typeOf(api, parameter.schema) })),
          element("td", {}, ...prose(parameter.description || ""))))));
    }
    if (body) detail.append(element("h4", { textContent: `Body: ${body.kind}` }), fields(api, body.schema));
    for (const [status, given] of Object.entries(described.responses || {})) detail.append(...answerOf(api, status, given));
    detail.append(tryForm(api, base + path, method, parameters, body));
  });
  return made;
}

async function main() {
  const place = document.getElementById("operations");
  const answer = await fetch("/docs/openapi.json");
  if (!answer.ok) {
    place.textContent = "docs/openapi.json is not there yet: generate it with make docs.";
    return;
  }
  const api = await answer.json();
  document.getElementById("title").textContent = `${api.info.title} ${api.info.version}`;
  const groups = new Map();
  for (const [path, operations] of Object.entries(api.paths)) {
    const base = path.startsWith("/v1") ? "" : "/v1";
    for (const method of METHODS.filter((name) => operations[name])) {
      const group = operations[method].tags?.[0] || path.replace(/^\/v1/, "").split("/")[1];
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(operation(api, path, method, operations[method], base));
    }
  }
  place.replaceChildren();
  for (const [group, made] of groups) {
    document.getElementById("groups").append(element("a", { href: `#${group}`, textContent: group }));
    place.append(element("section", {}, element("h2", { id: group, textContent: group }), ...made));
  }
  const told = Object.fromEntries((api.tags || []).map((tag) => [tag.name, tag.description]));
  for (const title of place.querySelectorAll("h2")) {
    if (told[title.id]) title.after(element("p", { className: "about" }, ...prose(told[title.id])));
  }
  const reveal = () => {
    const chosen = document.getElementById(location.hash.slice(1));
    if (chosen?.matches("details")) chosen.open = true;
    chosen?.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  document.getElementById("filter").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const made of place.querySelectorAll("details.operation")) {
      made.hidden = !words.every((word) => made.dataset.words.includes(word));
    }
  });
}

main().catch((error) => { document.getElementById("operations").textContent = String(error); });
