"""What is added to MiniStack, on stand-ins for the places it hooks into."""

# ruff: noqa: SLF001 - those places are private to MiniStack

import asyncio
import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from local.emulator import (
    LOG_MARK,
    authorise_batches_as_single_messages,
    authorise_every_resource,
    check_conditions_once,
    one_sign_in_at_a_time,
    repeat_failed_stream_batches,
    show_mail_headers,
    tell_caller_address,
    tell_logs,
)

FUNCTION = {"config": {"FunctionName": "projections-1"}}


def batch(event_id: str) -> dict[str, Any]:
    return {"Records": [{"eventSource": "aws:dynamodb", "eventID": event_id}]}


def service(*answers: Any, retries: int = 2) -> SimpleNamespace:
    """A Lambda service that gives these answers in turn, and the last one ever after."""
    left = list(answers)
    mapping = {"FunctionName": "projections-1", "MaximumRetryAttempts": retries}
    return SimpleNamespace(
        _execute_function=lambda _func, _event: dict(left.pop(0) if len(left) > 1 else left[0]),
        _iter_all_esms=lambda: [("000000000000", "eu-central-1", mapping)],
    )


def test_a_batch_with_failures_is_delivered_again_until_it_passes() -> None:
    failed = {"body": {"batchItemFailures": [{"itemIdentifier": "1"}]}}
    lambda_service = service(failed, {"body": {"batchItemFailures": []}})
    repeat_failed_stream_batches(lambda_service)
    assert lambda_service._execute_function(FUNCTION, batch("a"))["error"] is True
    assert not lambda_service._execute_function(FUNCTION, batch("a")).get("error")


def test_a_batch_that_never_passes_is_let_go_after_its_retries() -> None:
    lambda_service = service({"body": {"batchItemFailures": [{"itemIdentifier": "1"}]}}, retries=2)
    repeat_failed_stream_batches(lambda_service)
    tries = [lambda_service._execute_function(FUNCTION, batch("a"))["error"] for _ in range(4)]
    assert tries == [True, True, False, True]


def test_other_events_are_left_alone() -> None:
    lambda_service = service({"body": {"batchItemFailures": [{"itemIdentifier": "1"}]}})
    repeat_failed_stream_batches(lambda_service)
    queue = {"Records": [{"eventSource": "aws:sqs", "messageId": "1"}]}
    assert "error" not in lambda_service._execute_function(FUNCTION, queue)


def test_the_last_forwarded_address_is_the_callers() -> None:
    lambda_service = SimpleNamespace(_execute_function_with_config_scope=lambda _func, event: event)
    tell_caller_address(lambda_service)
    event = {
        "headers": {"x-forwarded-for": "203.0.113.9, 127.0.0.3"},
        "requestContext": {"http": {"sourceIp": "127.0.0.1"}},
    }
    answered = lambda_service._execute_function_with_config_scope(FUNCTION, event)
    assert answered["requestContext"]["http"]["sourceIp"] == "127.0.0.3"
    assert lambda_service._execute_function_with_config_scope(FUNCTION, {"Records": []}) == {"Records": []}


def test_every_invocation_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lambda_service = SimpleNamespace(_emit_lambda_logs=lambda *_: None)
    tell_logs(lambda_service)
    lambda_service._emit_lambda_logs(FUNCTION, "r1", "one\ntwo", False, 12, log_source=None)
    line = capsys.readouterr().out
    assert line.startswith(LOG_MARK)
    assert json.loads(line.removeprefix(LOG_MARK)) == {
        "function": "projections-1", "request_id": "r1", "error": False, "duration_ms": 12, "log": "one\ntwo",
    }  # fmt: skip


def test_a_role_needs_the_right_to_every_parameter_it_asks_for() -> None:
    allowed = {"arn:aws:ssm:eu:1:parameter/a/app_id"}
    actions = SimpleNamespace(extract_resource_arn=lambda *_: "*")
    evaluator = SimpleNamespace(enforce=lambda *_, resource_arn: None if resource_arn in allowed else "denied")
    authorise_every_resource(actions, evaluator)

    def ask(*names: str) -> Any:
        body = json.dumps({"Names": list(names)}).encode()
        headers = {"x-amz-target": "AmazonSSM.GetParameters"}
        arn = actions.extract_resource_arn("ssm", "POST", "/", headers, body, {}, "eu", "1")
        return evaluator.enforce("key", "ssm:GetParameters", "ssm", "eu", resource_arn=arn)

    assert ask("/a/app_id") is None
    assert ask("/a/app_id", "/a/app_certificate") == "denied"


def test_a_role_needs_the_right_to_the_identity_and_the_configuration_set_it_mails_with() -> None:
    allowed = {"arn:aws:ses:eu:1:identity/example.com", "arn:aws:ses:eu:1:configuration-set/events"}
    actions = SimpleNamespace(extract_resource_arn=lambda *_: "*")
    evaluator = SimpleNamespace(enforce=lambda *_, resource_arn: None if resource_arn in allowed else "denied")
    authorise_every_resource(actions, evaluator)

    def send(sender: str, configuration_set: str) -> Any:
        body = json.dumps({"FromEmailAddress": sender, "ConfigurationSetName": configuration_set}).encode()
        arn = actions.extract_resource_arn("ses", "POST", "/v2/email/outbound-emails", {}, body, {}, "eu", "1")
        return evaluator.enforce("key", "ses:SendEmail", "ses", "eu", resource_arn=arn)

    assert send("a@example.com", "events") is None
    assert send("a@example.com", "another") == "denied"
    assert send("a@example.org", "events") == "denied"


def test_a_batch_of_messages_needs_the_right_to_send_messages() -> None:
    actions = SimpleNamespace(extract_iam_action=lambda action: action)
    authorise_batches_as_single_messages(actions)
    assert actions.extract_iam_action("sqs:SendMessageBatch") == "sqs:SendMessage"
    assert actions.extract_iam_action("sqs:DeleteMessage") == "sqs:DeleteMessage"


def test_a_condition_is_parsed_once() -> None:
    parsed: list[str] = []

    def tokenize(expression: str) -> list[str]:
        parsed.append(expression)
        return expression.split()

    dynamodb = SimpleNamespace(_tokenize=tokenize, _condition_syntax_error=lambda _expression, _slot: None)
    check_conditions_once(dynamodb)
    first = dynamodb._tokenize("pk = :pk")
    first.clear()
    assert dynamodb._tokenize("pk = :pk") == ["pk", "=", ":pk"]
    assert parsed == ["pk = :pk"]


def test_users_are_made_one_at_a_time() -> None:
    under_way = 0
    most = 0

    def run(_handler: Any) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        time.sleep(0.005)
        under_way -= 1

    cognito = SimpleNamespace(_run_idp_handler=run)
    one_sign_in_at_a_time(cognito)
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(cognito._run_idp_handler, range(16)))
    assert most == 1


def test_sent_mail_shows_its_headers() -> None:
    sent = {"messages": {"000000000000": [{"MessageId": "1"}, {"MessageId": "2"}]}}

    async def send(*_: object) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, b'{"MessageId": "2"}'

    async def show(_method: str, path: str, *_: object) -> tuple[int, dict[str, str], bytes] | None:
        return (200, {}, json.dumps(sent).encode()) if path == "/messages" else None

    mail = SimpleNamespace(handle_request=send)
    server = SimpleNamespace(_handle_ses_messages_request=show)
    show_mail_headers(mail, server)
    raw = base64.b64encode(b"Subject: Hello\nList-Unsubscribe: <https://x>\n\nText").decode()
    body = json.dumps({"Content": {"Raw": {"Data": raw}}}).encode()
    answer = asyncio.run(mail.handle_request("POST", "/v2/email/outbound-emails", {}, body, {}))
    assert answer == (200, {}, b'{"MessageId": "2"}')
    shown = asyncio.run(server._handle_ses_messages_request("GET", "/messages", {}, {}))
    assert [message["Headers"] for message in json.loads(shown[2])["messages"]["000000000000"]] == [
        {},
        {"Subject": "Hello", "List-Unsubscribe": "<https://x>"},
    ]
    assert asyncio.run(server._handle_ses_messages_request("GET", "/elsewhere", {}, {})) is None
