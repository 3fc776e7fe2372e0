"""Making workshops over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atelier import clock
from atelier.accounts.caller import Caller
from atelier.errors import LeadTimeError
from atelier.workshops import creation
from atelier.workshops.schemas import WorkshopInput
from tests import calendars, checkins, invites
from tests.calling import World, call, id_of
from tests.workshops import ask, everything, in_, stored, walk, wanted

KEY = {"Idempotency-Key": "2f1c8a4e"}


def test_a_new_workshop_is_told_in_full_with_its_address_and_version(world: World) -> None:
    category = world.category("Ceramics")
    at = in_(days=3)
    reply = ask(
        "POST",
        body=wanted(
            title="  Raku\u0301 firing ",
            description="Bring gloves.\r\nAnd time.",
            category_id=category["id"],
            scheduled_at=at,
            duration_minutes=90,
            format="hybrid",
            location="Kiln yard",
            max_capacity=12,
            waitlist_enabled=False,
            records=False,
        ),
    )
    made = reply.json
    assert reply.status == 201
    assert reply.headers["location"] == f"/v1/workshops/{made['id']}"
    assert reply.headers["etag"] == '"1"'
    assert made == {
        "id": made["id"],
        "title": "Rakú firing",
        "description": "Bring gloves.\nAnd time.",
        "host": {
            "id": id_of("host"),
            "display_name": "host",
            "username": None,
            "avatar_url": None,
            "avatar_color": made["host"]["avatar_color"],
            "bio": None,
        },
        "category": {"id": category["id"], "name": "Ceramics", "slug": "ceramics"},
        "series_id": None,
        "group_id": None,
        "series": None,
        "next_in_series": None,
        "scheduled_at": at,
        "timezone": "Europe/Berlin",
        "duration_minutes": 90,
        "format": "hybrid",
        "location": "Kiln yard",
        "status": "scheduled",
        "is_private": False,
        "max_capacity": 12,
        "waitlist_enabled": False,
        "records": False,
        "attendee_count": 0,
        "waitlist_count": 0,
        "seats_left": 12,
        "actual_started_at": None,
        "actual_ended_at": None,
        "has_recording": False,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "my": {"is_host": True, "rsvp": None},
    }
    assert ask("GET", f"/{made['id']}").json == made


def test_what_is_left_out_has_the_defaults_of_the_contract(world: World) -> None:
    made = world.workshop()
    told = {
        name: made[name] for name in ("description", "category", "duration_minutes", "format", "location", "is_private")
    }
    assert told == {
        "description": "",
        "category": None,
        "duration_minutes": None,
        "format": "online",
        "location": None,
        "is_private": False,
    }
    assert made["max_capacity"] is made["seats_left"] is None
    assert made["waitlist_enabled"] is made["records"] is True


def test_a_time_in_any_zone_is_told_in_utc(world: World) -> None:
    at = datetime(2031, 3, 28, 19, 30, tzinfo=UTC)
    assert ask("POST", body=wanted(scheduled_at="2031-03-28T21:30:00.5+02:00")).json["scheduled_at"] == clock.to_text(
        at
    )


@pytest.mark.parametrize(("capacity", "blocks"), [(None, 0), (1, 1), (48, 1), (49, 2), (500, 11)])
def test_the_seat_blocks_to_come_are_counted_when_the_workshop_is_made(
    world: World, capacity: int | None, blocks: int
) -> None:
    made = stored(world.workshop(max_capacity=capacity)["id"])
    assert (made.planned_capacity, made.block_count) == (capacity, blocks)
    assert 24 <= len(made.channel) <= 63


BAD_BODIES: dict[str, dict[str, object]] = {
    "no title": {"title": ...},
    "an empty title": {"title": "  "},
    "a title that is too long": {"title": "x" * 201},
    "a title with a control character": {"title": "a\x07b"},
    "a title with a line break": {"title": "a\nb"},
    "a description that is too long": {"description": "x" * 20_001},
    "no time": {"scheduled_at": ...},
    "a naive time": {"scheduled_at": "2031-03-28T21:30:00"},
    "a day without a time": {"scheduled_at": "2031-03-28"},
    "a time as a number": {"scheduled_at": 1932579000},
    "a time that does not exist": {"scheduled_at": "2031-02-30T21:30:00Z"},
    "a time after 2199": {"scheduled_at": "2200-01-01T00:00:00Z"},
    "a time after 2199 by its offset": {"scheduled_at": "2199-12-31T23:30:00-01:00"},
    "a time at the end of all times": {"scheduled_at": "9999-12-31T23:50:00Z"},
    "no zone": {"timezone": ...},
    "a zone that does not exist": {"timezone": "Europe/Atlantis"},
    "a zone that is a path": {"timezone": "../../etc/passwd"},
    "too short": {"duration_minutes": 4},
    "too long": {"duration_minutes": 1441},
    "an unknown format": {"format": "carrier pigeon"},
    "capacity 0": {"max_capacity": 0},
    "a capacity below 0": {"max_capacity": -3},
    "a capacity over the top": {"max_capacity": 100_001},
    "a capacity as text": {"max_capacity": "10"},
    "a capacity as a truth value": {"max_capacity": True},
    "half a seat": {"max_capacity": 1.5},
    "privacy as text": {"is_private": "true"},
    "a location that is too long": {"location": "x" * 501},
    "an unknown field": {"price": 3},
    "a field of the server's": {"status": "live"},
    "an id that is none": {"category_id": "ceramics"},
}


@pytest.mark.parametrize("fields", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_body_with_unusable_values_is_refused_without_effect(world: World, fields: dict[str, object]) -> None:
    world.meet("host")
    before = everything()
    reply = ask("POST", body=wanted(**fields))
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert [problem["loc"] for problem in reply.json["errors"]] == [[next(iter(fields))]]
    assert everything() == before


@pytest.mark.parametrize("span", [{"days": -1}, {"minutes": 0}, {"minutes": 14}], ids=["past", "now", "14 minutes"])
def test_a_time_less_than_15_minutes_ahead_is_refused(world: World, span: dict[str, float]) -> None:
    world.meet("host")
    before = everything()
    reply = ask("POST", body=wanted(scheduled_at=in_(**span)))
    assert (reply.status, reply.code) == (422, "lead_time")
    assert everything() == before


def test_15_minutes_ahead_is_the_earliest_time(table: str) -> None:
    now = datetime(2031, 3, 28, 12, 0, 0, 900_000, tzinfo=UTC)
    host = Caller(id_of("host"))

    def make(at: datetime) -> Any:
        body = WorkshopInput.model_validate(wanted(scheduled_at=clock.to_text(at)))
        return creation.create(host, body, None, locate=str, at=lambda: now)

    make(datetime(2031, 3, 28, 12, 15, tzinfo=UTC))
    with pytest.raises(LeadTimeError):
        make(datetime(2031, 3, 28, 12, 14, 59, tzinfo=UTC))


def test_the_latest_time_can_be_reckoned_with_everywhere(world: World) -> None:
    latest = ask("POST", body=wanted(scheduled_at="2199-12-31T23:59:59Z", duration_minutes=1440))
    assert latest.status == 201
    workshop_id = latest.json["id"]
    path = f"/workshops/{workshop_id}"
    for answered in (
        call("rsvps", "POST", f"{path}/rsvp", user="ana"),
        invites.invite_addresses(workshop_id, "ben@example.com"),
        call("rsvps", "POST", f"{path}/invite-links", user="host", body={}),
        checkins.desk(workshop_id, "POST"),
        calendars.file_of(workshop_id),
        calendars.feed_of(calendars.subscribe()),
    ):
        assert answered.status < 300, answered.text


def test_a_category_must_exist_and_be_active(world: World) -> None:
    retired = world.category("Retired", is_active=False)
    for category in ("cat_01m7xynacfb6psa2z6yk4pjm35", retired["id"]):
        reply = ask("POST", body=wanted(category_id=category))
        assert (reply.status, reply.code) == (422, "unknown_category")


def test_somebody_who_may_not_host_makes_nothing(world: World) -> None:
    world.meet("host")
    call("accounts", "PATCH", f"/users/{id_of('host')}", user="root", groups=("admin",), body={"can_host": False})
    reply = ask("POST", body=wanted())
    assert (reply.status, reply.code) == (403, "hosting_revoked")


def test_a_suspended_person_makes_nothing(world: World) -> None:
    world.meet("host")
    call("accounts", "PATCH", f"/users/{id_of('host')}", user="root", groups=("admin",), body={"status": "suspended"})
    reply = ask("POST", body=wanted())
    assert (reply.status, reply.code) == (403, "account_suspended")


def test_only_an_administrator_names_the_host(world: World) -> None:
    world.meet("ben")
    for host in ("ben", "host"):
        reply = ask("POST", body=wanted(host_id=id_of(host)))
        assert (reply.status, reply.code) == (422, "validation_failed")
        assert reply.json["errors"][0]["loc"] == ["host_id"]
    reply = ask("POST", user="root", admin=True, body=wanted(host_id=id_of("ben")))
    assert reply.status == 201
    assert reply.json["host"]["id"] == id_of("ben")
    assert reply.json["my"]["is_host"] is False
    assert walk(user="ben", my=True) == [[reply.json["id"]]]


def test_a_host_named_by_an_administrator_must_be_one(world: World) -> None:
    world.meet("ben", "cleo")
    call("accounts", "PATCH", f"/users/{id_of('ben')}", user="root", groups=("admin",), body={"can_host": False})
    call("accounts", "PATCH", f"/users/{id_of('cleo')}", user="root", groups=("admin",), body={"status": "suspended"})
    for host in ("ben", "cleo", "never seen"):
        reply = ask("POST", user="root", admin=True, body=wanted(host_id=id_of(host)))
        assert (reply.status, reply.code) == (422, "unknown_host")


def test_a_repeated_key_is_answered_as_the_first_time_and_makes_nothing(world: World) -> None:
    body = wanted(title="Ohne Eile", max_capacity=3)
    first, again = ask("POST", body=body, headers=KEY), ask("POST", body=body, headers=KEY)
    assert first.status == again.status == 201
    assert again.text == first.text
    assert {name: again.headers[name] for name in ("location", "etag")} == {
        name: first.headers[name] for name in ("location", "etag")
    }
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert walk() == [[first.json["id"]]]


def test_a_key_used_for_another_body_is_refused(world: World) -> None:
    ask("POST", body=wanted(), headers=KEY)
    reply = ask("POST", body=wanted(title="Another"), headers=KEY)
    assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    assert len(walk()[0]) == 1


def test_the_same_key_of_two_people_makes_two_workshops(world: World) -> None:
    body = wanted()
    assert {ask("POST", user=user, body=body, headers=KEY).status for user in ("host", "ben")} == {201}
    assert len(walk()[0]) == 2


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "schlüssel"])
def test_an_unusable_key_is_refused(world: World, key: str) -> None:
    reply = ask("POST", body=wanted(), headers={"Idempotency-Key": key})
    assert (reply.status, reply.code) == (400, "bad_idempotency_key")
    assert walk() == [[]]


def test_a_replay_outlives_the_lead_time_and_the_category(world: World) -> None:
    category = world.category("Ceramics")
    body = wanted(category_id=category["id"])
    first = ask("POST", body=body, headers=KEY)
    call(
        "categories",
        "PATCH",
        f"/categories/{category['id']}",
        user="root",
        groups=("admin",),
        body={"is_active": False},
    )
    assert ask("POST", body=body, headers=KEY).text == first.text


def test_50_twins_with_one_key_make_one_workshop(world: World) -> None:
    world.meet("host")
    body = wanted(description="One of a kind")
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: ask("POST", body=body, headers=KEY), range(50)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.text for reply in replies}) == 1
    assert sum("idempotency-replayed" not in reply.headers for reply in replies) == 1
    assert walk() == [[replies[0].json["id"]]]


def test_making_a_workshop_takes_one_read_and_one_transaction(world: World, requests_made: Any) -> None:
    category = world.category()
    world.meet("host")
    with requests_made() as use:
        reply = ask("POST", body=wanted(category_id=category["id"], description="x", max_capacity=99), headers=KEY)
    assert reply.status == 201
    assert use.operations == ["BatchGetItem", "TransactWriteItems"]


def test_a_workshop_far_ahead_is_possible(world: World) -> None:
    assert world.workshop(starts_in=timedelta(days=3650))["status"] == "scheduled"
