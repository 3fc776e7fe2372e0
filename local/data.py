"""Development data, loaded through the API as the people it is about, so that it is what the API makes.

Running it again adds only what is missing. The one thing the API refuses, a workshop in the past, is made in the
present and then moved back in the table.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.caller import Caller
from local.errors import LocalError
from local.ministack import aws_client
from local.stack import Stack

LEAD = timedelta(minutes=15, seconds=2)
PATIENCE_SECONDS = 15.0

PROFILES = {
    "admin": {"display_name": "Ada Admin", "username": "admin"},
    "host": {"display_name": "Hanna Host", "username": "hanna", "bio": "Runs design workshops since 2009."},
    "ana": {"display_name": "Ana Alves", "username": "ana", "timezone": "Europe/Lisbon"},
    "ben": {"display_name": "Ben Baker", "username": "ben", "timezone": "America/New_York"},
    "cleo": {"display_name": "Cleo Costa", "username": "cleo", "timezone": "Asia/Tokyo"},
}
CATEGORIES = {
    "Design": "From first sketches to tested prototypes.",
    "Engineering": "Building what was designed.",
    "Facilitation": "Helping groups think.",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A workshop of the development data. `away` is None for one that is begun, and so must be due about now."""

    title: str
    away: timedelta | None
    people: tuple[str, ...] = ()
    host: str = "host"
    category: str | None = None
    steps: tuple[str, ...] = ()
    ago: timedelta | None = None
    fields: dict[str, Any] = field(default_factory=dict)


SAMPLES = (
    Sample(
        "Looking back: stories with data", None, ("ana", "ben"), category="Design", steps=("start", "end"),
        ago=timedelta(days=7), fields={"max_capacity": 20, "duration_minutes": 45},
    ),
    Sample("Live now: mapping a journey", None, ("ana", "cleo"), category="Design", steps=("start",),
           fields={"max_capacity": 30}),
    Sample("In the lobby: five-minute sketches", None, ("ben",), category="Design", steps=("lobby",)),
    Sample("A design sprint in a day", timedelta(days=2), ("ana", "ben"), category="Design",
           fields={"max_capacity": 12, "duration_minutes": 480, "description": "Map, sketch, decide, build, test."}),
    Sample("Full with a waitlist: paper prototypes", timedelta(days=3), ("ana", "ben", "cleo"), category="Design",
           fields={"max_capacity": 1}),
    Sample("Full: talking to users", timedelta(days=4), ("cleo",), category="Facilitation",
           fields={"max_capacity": 1, "waitlist_enabled": False}),
    Sample("Unlimited: office hours", timedelta(days=1), ("ana", "ben", "cleo")),
    Sample("Private: the team's retrospective", timedelta(days=5), category="Facilitation",
           fields={"is_private": True}),
    Sample("In person: sketching in the park", timedelta(days=6), ("ana",), category="Design",
           fields={"format": "in_person", "location": "Tiergarten, Berlin", "max_capacity": 15}),
    Sample("By Cleo: reading stack traces", timedelta(days=8), ("host",), host="cleo", category="Engineering",
           fields={"timezone": "Asia/Tokyo", "max_capacity": 8}),
    Sample("Cancelled: typography basics", timedelta(days=9), ("ben",), category="Design", steps=("cancel",)),
)  # fmt: skip


def load_data(stack: Stack) -> None:
    """Load what is missing of the development data."""
    with Caller(stack) as caller:
        for who, profile in PROFILES.items():
            if caller.need(who, "GET", "/me")["display_name"] != profile["display_name"]:
                caller.need(who, "PATCH", "/me", profile)
        categories = _load_categories(caller)
        hosts = {sample.host for sample in SAMPLES}
        there = {title for host in hosts for title in _titles(caller, host)}
        made = [(sample, _create(caller, sample, categories)) for sample in SAMPLES if sample.title not in there]
        for sample, workshop in made:
            for person in sample.people:
                caller.need(person, "POST", f"/workshops/{workshop}/rsvp")
        for sample, workshop in made:
            for step in sample.steps:
                _take_step(caller, sample.host, workshop, step)
        for sample, workshop in made:
            if sample.ago is not None:
                _move_back(stack, workshop, sample.ago)


def _load_categories(caller: Caller) -> dict[str, str]:
    known = {category["name"]: category["id"] for category in caller.pages("admin", "/categories")}
    for name, description in CATEGORIES.items():
        if name not in known:
            body = {"name": name, "description": description}
            known[name] = caller.need("admin", "POST", "/categories", body)["id"]
    return known


def _titles(caller: Caller, host: str) -> set[str]:
    mine = f"/workshops?host={caller.users[host]['id']}"
    queries = (mine, f"{mine}&past=true", f"{mine}&status=cancelled")
    return {workshop["title"] for query in queries for workshop in caller.pages(host, query)}


def _create(caller: Caller, sample: Sample, categories: dict[str, str]) -> str:
    when = datetime.now(UTC) + (sample.away or LEAD)
    if sample.away is not None:
        when = when.replace(minute=0, second=0)
    body = {
        "title": sample.title,
        "scheduled_at": when.isoformat(timespec="seconds"),
        "timezone": "Europe/Berlin",
        "duration_minutes": 60,
        "category_id": categories[sample.category] if sample.category else None,
        **sample.fields,
    }
    created: str = caller.need(sample.host, "POST", "/workshops", body)["id"]
    return created


def _take_step(caller: Caller, host: str, workshop: str, step: str) -> None:
    """Lobby, start, end or cancel; the first two open 15 minutes before the time, which is seconds away."""
    if step == "cancel":
        caller.need(host, "DELETE", f"/workshops/{workshop}")
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := caller.send(host, "POST", f"/workshops/{workshop}/{step}")).is_success:
        if answer.status_code != httpx.codes.CONFLICT or time.monotonic() > deadline:
            raise LocalError(f"{step} of {workshop} answered {answer.status_code}: {answer.text[:500]}")
        time.sleep(0.2)


def _move_back(stack: Stack, workshop: str, ago: timedelta) -> None:
    """Rewrite an ended workshop's instants in its own row and in those of its people, index keys included."""
    dynamodb = aws_client("dynamodb", stack["aws"]["endpoint_url"])
    table = stack["aws"]["table"]
    rows = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"WORKSHOP#{workshop}"}},
    )["Items"]
    meta = next(row for row in rows if row["sk"]["S"] == "#META")
    instants = {
        value["S"]: _earlier(value["S"], ago)
        for name, value in meta.items()
        if name in {"scheduled_at", "actual_started_at", "actual_ended_at"}
    }
    for row in rows:
        for name, value in row.items():
            if name not in {"pk", "sk"} and "S" in value:
                for old, new in instants.items():
                    value["S"] = value["S"].replace(old, new)
        dynamodb.put_item(TableName=table, Item=row)


def _earlier(instant: str, ago: timedelta) -> str:
    moved = datetime.fromisoformat(instant) - ago
    width = "milliseconds" if "." in instant else "seconds"
    return moved.isoformat(timespec=width).replace("+00:00", "Z")
