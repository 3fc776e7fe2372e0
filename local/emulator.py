"""Runs MiniStack, inside MiniStack's own environment, with the few things a developer misses in it.

Started by `local.ministack` with that environment's interpreter, so it imports nothing of ours. It adds to the
pinned version, and fails at once when a later one no longer has the places it hooks into:

- the functions' logs and durations go to standard output as they happen, not only into the emulated log service;
- the caller's address in the event is the one the front saw;
- a role may be limited to the parameters a function reads, and to the identity it sends mail from;
- a batch of messages is authorised as messages are;
- sent mail shows its headers;
- users may be made in parallel;
- conditions of queries are parsed once, not once for every item of the partition;
- a stream batch whose answer names failures is delivered again, up to the mapping's retry limit. MiniStack ignores
  `batchItemFailures` for table streams and would drop those records.
"""

import base64
import ctypes
import email
import functools
import importlib
import json
import os
import signal
import sys
import threading
from typing import Any

PARENT_DEATH_SIGNAL = 1
LOG_MARK = "\x1e"


def follow_parent_to_death() -> None:
    """Stop with the parent, however it ends (Linux only; elsewhere the parent stops us)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != int(os.environ.pop("LOCAL_PARENT", "0") or os.getppid()):
            sys.exit(0)


def tell_logs(lambda_service: Any) -> None:
    """Print one line of JSON for every invocation, instead of one log stream per invocation kept in memory."""

    def emit(func: dict[str, Any], request_id: str, log_text: str, error: bool, duration_ms: int, **_: Any) -> None:
        config = func.get("config") or func
        line = {
            "function": config.get("FunctionName", ""),
            "request_id": request_id,
            "error": error,
            "duration_ms": duration_ms,
            "log": log_text,
        }
        sys.stdout.write(f"{LOG_MARK}{json.dumps(line)}\n")
        sys.stdout.flush()

    if not callable(lambda_service._emit_lambda_logs):
        raise TypeError("MiniStack no longer writes logs where this hooks in")
    lambda_service._emit_lambda_logs = emit


def tell_caller_address(lambda_service: Any) -> None:
    """Put the address the front appended to X-Forwarded-For into the request context."""
    execute = lambda_service._execute_function_with_config_scope

    def with_address(func: dict[str, Any], event: Any) -> Any:
        http = (event.get("requestContext") or {}).get("http") if isinstance(event, dict) else None
        forwarded = event["headers"].get("x-forwarded-for") if http else None
        if http and forwarded:
            http["sourceIp"] = forwarded.rsplit(",", 1)[-1].strip()
        return execute(func, event)

    lambda_service._execute_function_with_config_scope = with_address


def repeat_failed_stream_batches(lambda_service: Any) -> None:
    """Treat a partial stream failure as a failed batch until its retries are used up."""
    execute = lambda_service._execute_function
    tries: dict[tuple[str, str], int] = {}

    def with_retries(func: dict[str, Any], event: Any) -> Any:
        result = execute(func, event)
        records = event.get("Records") if isinstance(event, dict) else None
        if not records or records[0].get("eventSource") != "aws:dynamodb":
            return result
        name = (func.get("config") or func).get("FunctionName", "")
        batch = (name, records[0].get("eventID", ""))
        body = result.get("body")
        failed = bool(result.get("error")) or bool(isinstance(body, dict) and body.get("batchItemFailures"))
        if not failed:
            tries.pop(batch, None)
            return result
        tries[batch] = tries.get(batch, 0) + 1
        if tries[batch] > retry_limit(lambda_service, name):
            tries.pop(batch)
            return {**result, "error": False}
        return {**result, "error": True}

    lambda_service._execute_function = with_retries


class ResourceArns(str):
    """The first of several resources of one request, which also knows the others."""

    __slots__ = ("others",)
    others: tuple[str, ...]


def authorise_every_resource(actions: Any, evaluator: Any) -> None:
    """Check requests that name several resources against each of them, as AWS does.

    MiniStack asks for the right to all parameters, `*`, of ssm:GetParameters, and to everything of ses:SendEmail.
    """
    extract, enforce = actions.extract_resource_arn, evaluator.enforce

    def extract_all(  # noqa: PLR0917 - MiniStack's own signature
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any, region: str, account: str
    ) -> str:
        arn: str = extract(service, method, path, headers, body, query, region, account)
        told = []
        if service == "ssm" and headers.get("x-amz-target", "").endswith(".GetParameters"):
            names = json.loads(body or b"{}").get("Names") or ["*"]
            told = [f"arn:aws:ssm:{region}:{account}:parameter/{name.lstrip('/')}" for name in names]
        elif service == "ses" and (method, path) == ("POST", "/v2/email/outbound-emails"):
            mail = json.loads(body or b"{}")
            told = [f"arn:aws:ses:{region}:{account}:identity/{mail.get('FromEmailAddress', '*').rpartition('@')[2]}"]
            if name := mail.get("ConfigurationSetName"):
                told.append(f"arn:aws:ses:{region}:{account}:configuration-set/{name}")
        if not told:
            return arn
        first = ResourceArns(told[0])
        first.others = tuple(told[1:])
        return first

    def enforce_all(*asked: Any, resource_arn: str = "*", **context: Any) -> Any:
        for arn in (resource_arn, *getattr(resource_arn, "others", ())):
            if denied := enforce(*asked, resource_arn=str(arn), **context):
                return denied
        return None

    actions.extract_resource_arn, evaluator.enforce = extract_all, enforce_all


def authorise_batches_as_single_messages(actions: Any) -> None:
    """Ask for sqs:SendMessage where a batch is sent, as AWS does; MiniStack asks for an action that AWS lacks."""
    extract = actions.extract_iam_action

    def extract_single(*asked: Any, **told: Any) -> Any:
        action = extract(*asked, **told)
        return "sqs:SendMessage" if action == "sqs:SendMessageBatch" else action

    actions.extract_iam_action = extract_single


def show_mail_headers(mail: Any, server: Any) -> None:
    """Show the headers of sent mail beside its subject and texts, which are all that MiniStack shows."""
    send, show = mail.handle_request, server._handle_ses_messages_request
    headers_of: dict[str, dict[str, str]] = {}

    async def send_and_keep(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        answer = await send(method, path, headers, body, query)
        if (method, path) == ("POST", "/v2/email/outbound-emails"):
            raw = json.loads(body or b"{}").get("Content", {}).get("Raw", {}).get("Data", "")
            kept = dict(email.message_from_bytes(base64.b64decode(raw)).items())
            headers_of[json.loads(answer[2]).get("MessageId", "")] = kept
        return answer

    async def show_all(method: str, path: str, headers: Any, query: Any) -> Any:
        answer = await show(method, path, headers, query)
        if answer is None:
            return None
        status, told, content = answer
        shown = json.loads(content)
        for sent in shown.get("messages", {}).values():
            for message in sent:
                message["Headers"] = headers_of.get(message["MessageId"], {})
        return status, told, json.dumps(shown).encode()

    mail.handle_request, server._handle_ses_messages_request = send_and_keep, show_all


def check_conditions_once(dynamodb: Any) -> None:
    """Remember which expressions are well-formed: a query would parse its condition anew for every item it looks at."""
    dynamodb._condition_syntax_error = functools.lru_cache(maxsize=4096)(dynamodb._condition_syntax_error)
    tokens_of = functools.lru_cache(maxsize=4096)(lambda expression: tuple(tokenize(expression)))
    tokenize = dynamodb._tokenize
    dynamodb._tokenize = lambda expression: list(tokens_of(expression))


def one_sign_in_at_a_time(cognito: Any) -> None:
    """Users are made in threads that walk one dictionary; two at once end in an error of the emulator's."""
    run, lock = cognito._run_idp_handler, threading.Lock()

    def run_alone(*arguments: Any) -> Any:
        with lock:
            return run(*arguments)

    cognito._run_idp_handler = run_alone


def retry_limit(lambda_service: Any, function_name: str) -> int:
    """The event source mapping's MaximumRetryAttempts; -1 means for ever, as on AWS."""
    for _, _, mapping in lambda_service._iter_all_esms():
        if mapping.get("FunctionName") == function_name:
            attempts = mapping.get("MaximumRetryAttempts", -1)
            return sys.maxsize if attempts in (None, -1) else int(attempts)
    return 0


def main() -> None:
    """Hook in, then hand over to MiniStack's own entry point."""
    follow_parent_to_death()
    lambda_service = importlib.import_module("ministack.services.lambda_svc")
    tell_logs(lambda_service)
    tell_caller_address(lambda_service)
    repeat_failed_stream_batches(lambda_service)
    authorise_every_resource(
        importlib.import_module("ministack.core.iam_actions"), importlib.import_module("ministack.core.iam_evaluator")
    )
    authorise_batches_as_single_messages(importlib.import_module("ministack.core.iam_actions"))
    one_sign_in_at_a_time(importlib.import_module("ministack.services.cognito"))
    check_conditions_once(importlib.import_module("ministack.services.dynamodb"))
    server = importlib.import_module("ministack.app")
    show_mail_headers(importlib.import_module("ministack.services.ses_v2"), server)
    # Functions inherit this environment, and Powertools would take the emulator's level for its own.
    os.environ.pop("LOG_LEVEL", None)
    server.main()


if __name__ == "__main__":
    main()
