"""One run of `reminders` in a process of its own, so that its memory is nobody else's: prints what it took, as JSON.

The table is the emulator's, but for the list of 100,000 rows: there the emulator looks at all of them for each page. It
is answered here, page by page as DynamoDB cuts them. SQS is answered here as well. Neither takes time of its own.
"""

import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE_BYTES = 1024 * 1024
"""DynamoDB ends a page when it has read so much, however little of it is asked for."""


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class Answers:
    """What the services answer, and what they were asked. people: how many rows there are; None = ask the table."""

    def __init__(self, people: int | None) -> None:
        self.people = people
        self.pages = self.sends = self.messages = self.named = self.longest_send = 0

    def hang(self, events: Any) -> None:
        """Answers in place of the network from now on."""
        events.register("before-send.dynamodb.Query", self._page)
        events.register("before-send.sqs.SendMessageBatch", self._take)

    def _page(self, request: Any, **_: Any) -> Any:
        asked = json.loads(request.body)
        values = asked["ExpressionAttributeValues"].values()
        if self.people is None or "IndexName" in asked or {"S": "ATTENDEE#"} not in values:
            return None
        self.pages += 1
        first = int(asked.get("ExclusiveStartKey", {"sk": {"S": "usr_" + f"{-1:016}"}})["sk"]["S"][-16:]) + 1
        [pk] = [value["S"] for value in values if value["S"].startswith("WORKSHOP#")]
        last = min(self.people, first + PAGE_BYTES // _row_bytes())
        rows = [_row(pk, number) for number in range(first, last)]
        body: dict[str, Any] = {"Items": rows, "Count": len(rows), "ScannedCount": len(rows)}
        if last < self.people:
            body["LastEvaluatedKey"] = {name: rows[-1][name] for name in ("pk", "sk")}
        return _answered(request, body, "application/x-amz-json-1.0")

    def _take(self, request: Any, **_: Any) -> Any:
        entries = json.loads(request.body)["Entries"]
        self.sends += 1
        self.messages += len(entries)
        self.longest_send = max(self.longest_send, len(request.body))
        for entry in entries:
            self.named += len(json.loads(entry["MessageBody"])["people"])
        done = [{"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": _md5(entry)} for entry in entries]
        return _answered(request, {"Successful": done}, "application/x-amz-json-1.0")


def _md5(entry: dict[str, Any]) -> str:
    import hashlib  # noqa: PLC0415 - what the measured code imports is not to be imported by us

    return hashlib.md5(entry["MessageBody"].encode(), usedforsecurity=False).hexdigest()


def _row(pk: str, number: int) -> dict[str, Any]:
    return {
        "pk": {"S": pk},
        "sk": {"S": f"ATTENDEE#usr_{number:016}"},
        "kind": {"S": "attendee"},
        "status": {"S": "rsvp"},
    }


def _row_bytes() -> int:
    """The size of a whole row, by which pages are cut."""
    return int(os.environ["BENCH_ROW_BYTES"])


def _answered(request: Any, body: dict[str, Any], content_type: str) -> Any:
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - see above

    return AWSResponse(request.url, 200, {"content-type": content_type}, _Raw(json.dumps(body).encode()))


def main(address: str, table_name: str, people: str) -> None:
    """Starts as the function does, runs once, and prints."""
    sys.path[:0] = [str(ROOT / "shared"), str(ROOT)]
    from atelier import aws, table  # noqa: PLC0415 - the path is made above
    from functions.reminders.app import lambda_handler  # noqa: PLC0415
    from tests.memory import peak_mb  # noqa: PLC0415

    table.Item.Meta.host, table.Item.Meta.region, table.Item.Meta.table_name = address, "eu-central-1", table_name
    answers = Answers(int(people) if people != "-" else None)
    answers.hang(table.connect().connection.client.meta.events)
    answers.hang(aws.client("sqs").meta.events)
    at_first = peak_mb()
    began, cpu = time.perf_counter(), time.process_time()
    worked = lambda_handler({}, _Context())
    told = {
        "worked": worked["workshops"],
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "at_first_mb": at_first,
        "peak_mb": peak_mb(),
    }
    counts = {name: value for name, value in vars(answers).items() if name != "people"}
    sys.stdout.write(f"\n{json.dumps(told | counts)}\n")


class _Context:
    function_name, aws_request_id, memory_limit_in_mb = "reminders", "bench", 256
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:atelier-bench"

    def __init__(self) -> None:
        self._ends = time.monotonic() + 120

    def get_remaining_time_in_millis(self) -> int:
        """The time that is left."""
        return int((self._ends - time.monotonic()) * 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])
