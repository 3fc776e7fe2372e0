"""What of the functions' logs a developer gets to see."""

import json

import pytest

from local.logs import Console, short_name


@pytest.fixture
def console() -> Console:
    console = Console()
    console.name_functions({"RecordingWebhookFunction": "stack-RecordingWebhook-1"})
    return console


def invocation(*lines: object, error: bool = False) -> str:
    log = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return json.dumps(
        {"function": "stack-RecordingWebhook-1", "request_id": "r", "error": error, "duration_ms": 7, "log": log}
    )


def test_a_function_is_called_as_its_folder() -> None:
    assert short_name("RecordingWebhookFunction") == "recording_webhook"
    assert short_name("RsvpsFunction") == "rsvps"


def test_the_line_of_a_request_is_left_to_the_front(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    console.tell_invocation(invocation({"level": "INFO", "message": "request", "method": "GET", "status": 200}))
    assert capsys.readouterr().out == ""


def test_metrics_are_not_shown(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    console.tell_invocation(invocation({"_aws": {}, "seats": 1}, {"message": "request", "method": "GET"}))
    assert capsys.readouterr().out == ""


def test_a_warning_is_shown_with_its_keys(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    console.tell_invocation(invocation({"level": "WARNING", "message": "throttled", "tries": 3, "location": "x:1"}))
    line = capsys.readouterr().out
    assert line.rstrip().endswith("recording_webhook WARNING throttled tries=3")


def test_an_exception_is_shown_line_by_line(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    trace = "Traceback:\n  File x\nKeyError: 1"
    console.tell_invocation(invocation({"level": "ERROR", "message": "crash", "exception": trace, "stack_trace": {}}))
    assert capsys.readouterr().out.splitlines()[1:] == ["    Traceback:", "      File x", "    KeyError: 1"]


def test_a_traceback_is_shown_as_it_is(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    console.tell_invocation(invocation("Traceback (most recent call last):", "ValueError: no", error=True))
    assert "ValueError: no" in capsys.readouterr().out


def test_files_are_named_as_in_the_checkout(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (
        'File "/x/.local/scratch/ministack-lambda-atelier-F-1-ab/code/app.py", line 3',
        'File "/opt/python/atelier/http.py", line 4',
        'File "/x/.local/artefacts/SharedLayer/python/atelier/ids.py", line 5',
    )
    console.tell_invocation(invocation(*lines, error=True))
    told = capsys.readouterr().out
    assert 'File "functions/recording_webhook/app.py", line 3' in told
    assert 'File "shared/atelier/http.py", line 4' in told
    assert 'File "shared/atelier/ids.py", line 5' in told


def test_silent_work_is_told_in_one_line(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    console.tell_invocation(invocation())
    assert "recording_webhook done in 7 ms" in capsys.readouterr().out


def test_muted_it_tells_only_of_trouble(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    with console.muted():
        console.tell_request("GET", "/v1/me", 200, 3.0)
        console.tell_invocation(invocation({"level": "INFO", "message": "swept"}))
        assert capsys.readouterr().out == ""
        console.tell_invocation(invocation(error=True))
        assert "failed" in capsys.readouterr().out
