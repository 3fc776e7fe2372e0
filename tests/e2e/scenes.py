"""What end-to-end tests do over and over: make workshops, read answers, wait for the stream, look behind the API."""

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from local.ministack import aws_client
from local.stack import Stack
from tests.e2e.api import Api

PATIENCE_S = 30.0
NO_WORKSHOP = "wks_00000000000000000000000000"


def in_(**span: float) -> str:
    """The instant so far from now, as clients write it."""
    return (datetime.now(UTC) + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def wanted(**fields: Any) -> dict[str, Any]:
    """A body for a new workshop, tomorrow at this time unless it says otherwise."""
    return {"title": "Raku firing", "scheduled_at": in_(days=1), "timezone": "Europe/Berlin", **fields}


def make(api: Api, host: str, **fields: Any) -> str:
    """The id of a new workshop."""
    made: str = need(api(host, "POST", "/workshops", wanted(**fields)), 201)["id"]
    return made


def make_category(api: Api, **fields: Any) -> dict[str, Any]:
    """A new category nobody else uses."""
    body = {"name": f"Category {time.time_ns()}", **fields}
    made: dict[str, Any] = need(api("admin", "POST", "/categories", body), 201)
    return made


def make_live(api: Api, host: str, *, step: str = "start", records: bool = False, **fields: Any) -> str:
    """A workshop that goes on now. Only its time is brought nearer behind the API's back.

    records: a recorder costs every test some time, so most do without.
    """
    workshop = make(api, host, records=records, **fields)
    bring_near(api.stack, workshop)
    need(api(host, "POST", f"/workshops/{workshop}/{step}"), 200)
    return workshop


def bring_near(stack: Stack, workshop: str) -> None:
    """Let a workshop begin in five minutes."""
    at = in_(minutes=5)
    Table(stack).client.update_item(
        TableName=stack["aws"]["table"],
        Key={"pk": {"S": f"WORKSHOP#{workshop}"}, "sk": {"S": "#META"}},
        UpdateExpression="SET scheduled_at = :at, starts = :starts, last_change = :edit",
        ExpressionAttributeValues={
            ":at": {"S": at},
            ":starts": {"S": f"{at}#{workshop}"},
            ":edit": {"S": "edit"},
        },
    )


def join(api: Api, workshop: str, *people: str) -> list[str]:
    """An RSVP of each, one after another; what became of them."""
    return [need(api(who, "POST", f"/workshops/{workshop}/rsvp"), 201)["status"] for who in people]


def detail(api: Api, who: str, workshop: str) -> dict[str, Any]:
    """A workshop as somebody sees it."""
    seen: dict[str, Any] = need(api(who, "GET", f"/workshops/{workshop}"), 200)
    return seen


def my_status(api: Api, who: str, workshop: str) -> str | None:
    """What somebody's place in a workshop is."""
    rsvp = detail(api, who, workshop)["my"]["rsvp"]
    return rsvp["status"] if rsvp else None


def need(answer: httpx.Response, status: int) -> Any:
    """The body of an answer that has to have this status."""
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json() if answer.content else None


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer that has to be this refusal, with a page behind its type."""
    problem: dict[str, Any] = need(answer, status)
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"]
    assert "Traceback" not in answer.text
    assert problem["type"].endswith(f"/public/errors/{code}")
    assert code in _page(problem["type"])
    return problem


@cache
def _page(address: str) -> str:
    answer = httpx.get(address, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def pages(api: Api, who: str, path: str) -> list[list[Any]]:
    """Every page of a list, reached by its Link headers alone."""
    found: list[list[Any]] = []
    following: str | None = path
    while following is not None:
        answer = api(who, "GET", following)
        body = need(answer, 200)
        found.append(body["items"])
        link = answer.links.get("next")
        assert (link is None) == (body["next_cursor"] is None)
        following = link["url"].removeprefix("/v1") if link else None
        assert len(found) < 100, "the list does not end"
    return found


def eventually(look: Callable[[], object], wish: object, patience: float = PATIENCE_S) -> None:
    """Wait until what follows from a change has happened."""
    deadline = time.monotonic() + patience
    while (seen := look()) != wish:
        assert time.monotonic() < deadline, f"still {seen} and not {wish} after {patience:.0f} s"
        time.sleep(0.1)


@cache
def _client(service: str, endpoint_url: str) -> Any:
    return aws_client(service, endpoint_url)


class Table:
    """The table behind the API, seen as the account's root."""

    def __init__(self, stack: Stack) -> None:
        self.name = stack["aws"]["table"]
        self.client = _client("dynamodb", stack["aws"]["endpoint_url"])

    def item(self, pk: str, sk: str) -> dict[str, Any] | None:
        """One item, or None."""
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        found = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item")
        return _plain(found) if found else None

    def items(self, pk: str, prefix: str = "") -> list[dict[str, Any]]:
        """The items of a partition whose sort keys begin so, in order."""
        found: list[dict[str, Any]] = []
        for page in self.client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression="pk = :pk" + (" AND begins_with(sk, :prefix)" if prefix else ""),
            ExpressionAttributeValues={":pk": {"S": pk}} | ({":prefix": {"S": prefix}} if prefix else {}),
            ConsistentRead=True,
        ):
            found += map(_plain, page["Items"])
        return found

    def put(self, *items: Mapping[str, Any]) -> None:
        """Put items, all at once, without asking anybody."""
        pack = TypeSerializer().serialize
        puts = [
            {"Put": {"TableName": self.name, "Item": {name: pack(value) for name, value in item.items()}}}
            for item in items
        ]
        self.client.transact_write_items(TransactItems=puts)

    def delete(self, pk: str, sk: str) -> None:
        """Delete an item without asking anybody."""
        self.client.delete_item(TableName=self.name, Key={"pk": {"S": pk}, "sk": {"S": sk}})

    def rows(self, workshop: str) -> dict[str, dict[str, Any]]:
        """The rows of a workshop's people, by their ids."""
        found = self.items(f"WORKSHOP#{workshop}", "ATTENDEE#")
        return {row["sk"].removeprefix("ATTENDEE#"): row for row in found}

    def waiting(self, workshop: str) -> list[str]:
        """The ids of the people on the waitlist, first come first."""
        return [entry["user_id"] for entry in self.items(f"WAITLIST#{workshop}")]

    def block(self, workshop: str, number: int = 0) -> dict[str, Any] | None:
        """One of a workshop's seat blocks, or None while nobody took a seat of it."""
        return self.item(f"SEATS#{workshop}#{number}", "#BLOCK")


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    unpack = TypeDeserializer().deserialize
    return {name: unpack(value) for name, value in item.items()}


def seat_block(workshop: str, *, left: int = 0, freed: int = 0, holders: tuple[str, ...] = ()) -> dict[str, Any]:
    """The first seat block of a workshop, to be put behind the API's back; holders are user ids."""
    block = {"pk": f"SEATS#{workshop}#0", "sk": "#BLOCK", "kind": "seats", "seats_left": left, "freed": freed}
    return block | ({"holders": {who.removeprefix("usr_") for who in holders}} if holders else {})


def orphan(workshop: str) -> dict[str, Any]:
    """A waitlist entry that no row stands behind, before everybody else's."""
    nobody = "usr_aaaaaaaaaaaaaaaa"
    place = f"{0:015d}#00000000#{nobody}"
    return {"pk": f"WAITLIST#{workshop}", "sk": place, "kind": "waiting", "user_id": nobody}


@contextmanager
def stream_held(stack: Stack) -> Iterator[None]:
    """Keep the stream from being read for a moment, so that what happens meanwhile is a request's own work."""
    client = _client("lambda", stack["aws"]["endpoint_url"])
    mappings = client.list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = [mapping for mapping in mappings if ":dynamodb:" in mapping["EventSourceArn"]]
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process of the run at a time, or one would let go for the other
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
