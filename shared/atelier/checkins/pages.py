"""The page where guests check in. It holds nothing of any workshop: the code is in its address, the rest one types."""

import hashlib
from base64 import b64encode

_SCRIPT = """
const form = document.forms[0], said = document.querySelector("output");
form.code.value = new URLSearchParams(location.search).get("code") || "";
form.onsubmit = async (event) => {
  event.preventDefault();
  const sent = {code: form.code.value, display_name: form.display_name.value};
  if (form.email.value) sent.email = form.email.value;
  const headers = {"Content-Type": "application/json"};
  try {
    const answer = await fetch(location.pathname, {method: "POST", headers, body: JSON.stringify(sent)});
    const told = await answer.json();
    if (answer.ok) form.hidden = true;
    said.textContent = answer.ok
      ? `You are checked in to ${told.workshop.title}. To make this yours when you sign in, keep: ${told.claim_token}`
      : told.title || "That did not work. Please try again.";
  } catch {
    said.textContent = "That did not work. Please try again.";
  }
};
"""

_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem;color:#22201c}"
    "label{display:block;margin:1rem 0}input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}"
    "button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#b4532a;color:#fff}"
    "output{display:block;margin:1rem 0;overflow-wrap:anywhere}"
)

GUEST_PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Check in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<style>{_STYLE}</style></head>
<body><h1>Check in</h1><form>
<label>Code <input name="code" required maxlength="100" autocapitalize="characters" autocomplete="off"></label>
<label>Your name <input name="display_name" required maxlength="100" autocomplete="name"></label>
<label>E-mail, if you like <input name="email" type="email" autocomplete="email"></label>
<button>I am here</button></form><output></output><script>{_SCRIPT}</script></body></html>
"""


def _source(text: str) -> str:
    """How a Content-Security-Policy names this very text and no other."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {_source(_STYLE)}; script-src {_source(_SCRIPT)}; connect-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
