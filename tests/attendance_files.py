"""Attendance as files: asking for them, reading them back, and a crowd that no table has to hold."""

import csv
import gzip
import io
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse

from atelier import clock, table
from tests.calling import Reply, call

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def ask(path: str, *, user: str = "host", headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
    """A request for a file; `path` is what comes before `/attendance.csv`."""
    return call("checkins", "GET", f"{path}/attendance.csv", user=user, headers=headers, **more)


def content(reply: Reply) -> bytes:
    """The file as a client has it after taking off what the transport put on."""
    assert reply.status == 200, reply.text
    sent = b64decode(reply.text)
    return gzip.decompress(sent) if reply.headers.get("content-encoding") == "gzip" else sent


def rows(reply: Reply) -> list[dict[str, str]]:
    """The rows of a file, by the names of their columns."""
    text = content(reply).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


class Crowd:
    """People of one workshop in place of those in the table, page by page as DynamoDB gives them.

    Putting 10,000 of each kind into the emulator takes a minute, and takes nothing of what is measured here.
    """

    def __init__(self, workshop_id: str, people: int) -> None:
        self.workshop_id, self.people = workshop_id, people
        self.requests = 0
        self._now = clock.now()

    def user_id(self, number: int) -> str:
        """The id of the n-th person."""
        return "usr_" + f"{number:016d}".translate(str.maketrans("0123456789", "abcdefghij"))

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Answers questions about them within the block; all others go to the table."""
        events = table.connect().connection.client.meta.events
        hooks = (("before-send.dynamodb.Query", self._page), ("before-send.dynamodb.BatchGetItem", self._batch))
        for event, hook in hooks:
            events.register(event, hook)
        try:
            yield
        finally:
            for event, hook in hooks:
                events.unregister(event, hook)

    def _page(self, request: Any, **_: Any) -> Any:
        asked = json.loads(request.body)
        told = {value["S"] for value in asked["ExpressionAttributeValues"].values()}
        if told >= {f"WORKSHOP#{self.workshop_id}", "ATTENDEE#"}:
            pk, prefix, fields = f"WORKSHOP#{self.workshop_id}", "ATTENDEE#", self._row()
        elif told >= {f"ATTENDANCE#{self.workshop_id}", "USER#"}:
            pk, prefix, fields = f"ATTENDANCE#{self.workshop_id}", "USER#", self._record()
        else:
            return None
        self.requests += 1
        last = asked.get("ExclusiveStartKey", {"sk": {"S": ""}})["sk"]["S"].removeprefix(prefix)
        first = 0 if not last else int(last[4:].translate(str.maketrans("abcdefghij", "0123456789"))) + 1
        end = min(self.people, first + asked["Limit"])
        items = [
            {"pk": {"S": pk}, "sk": {"S": prefix + self.user_id(number)}, **fields} for number in range(first, end)
        ]
        body: dict[str, Any] = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        if end < self.people:
            body["LastEvaluatedKey"] = {name: items[-1][name] for name in ("pk", "sk")}
        return _answered(request, body)

    def _batch(self, request: Any, **_: Any) -> Any:
        ((name, asked),) = json.loads(request.body)["RequestItems"].items()
        if "ProjectionExpression" not in asked:
            return None
        self.requests += 1
        people = [
            {
                **key,
                "kind": {"S": "profile"},
                "display_name": {"S": f"Ana Mária Müller-Lüdenscheidt {key['pk']['S'][-5:]}"},
                "username": {"S": f"ana_{key['pk']['S'][-9:]}"},
            }
            for key in asked["Keys"]
        ]
        return _answered(request, {"Responses": {name: people}, "UnprocessedKeys": {}})

    @staticmethod
    def _row() -> dict[str, Any]:
        return {"kind": {"S": "attendee"}, "status": {"S": "left"}, "is_co_host": {"BOOL": False}}

    def _record(self) -> dict[str, Any]:
        began = int(self._now.timestamp())
        spans = json.dumps([[began, began + 1200], [began + 1300, began + 3600]])
        times = {"intervals": {"S": spans}, "checked_in_at": {"S": clock.to_text(self._now)}}
        return {"kind": {"S": "attendance"}, **times}


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _answered(request: Any, body: dict[str, Any]) -> AWSResponse:
    raw = _Raw(json.dumps(body).encode())
    return AWSResponse(request.url, 200, {"Content-Type": "application/x-amz-json-1.0"}, raw)
