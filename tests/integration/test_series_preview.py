"""What a rule comes to, as a host sees it before there is a series."""

from typing import Any

import pytest

from tests.calling import Reply, World, call
from tests.counting import counted

PARIS = {"start_date": "2027-03-14", "time_of_day": "02:30", "timezone": "Europe/Paris"}


def _preview(rrule: str = "FREQ=WEEKLY", user: str = "host", **fields: Any) -> Reply:
    return call("series", "POST", "/series/preview", user=user, body={"rrule": rrule, **PARIS, **fields})


def _refused(reply: Reply) -> list[list[str]]:
    assert (reply.status, reply.code) == (422, "validation_failed"), reply.text
    return [entry["loc"] for entry in reply.json["errors"]]


def test_a_host_sees_what_the_clocks_will_show(world: World) -> None:
    reply = _preview("FREQ=WEEKLY;BYDAY=SU", count=3)
    assert reply.status == 200
    assert reply.json == {
        "items": [
            {
                "scheduled_at": "2027-03-14T01:30:00Z",
                "local": "2027-03-14T02:30:00",
                "utc_offset": "+01:00",
                "note": None,
            },
            {
                "scheduled_at": "2027-03-21T01:30:00Z",
                "local": "2027-03-21T02:30:00",
                "utc_offset": "+01:00",
                "note": None,
            },
            {
                "scheduled_at": "2027-03-28T01:30:00Z",
                "local": "2027-03-28T03:30:00",
                "utc_offset": "+02:00",
                "note": "moved_forward",
            },
        ]
    }


def test_an_hour_that_comes_twice_is_told(world: World) -> None:
    (item,) = _preview("FREQ=DAILY;COUNT=1", start_date="2027-10-31").json["items"]
    assert item == {
        "scheduled_at": "2027-10-31T00:30:00Z",
        "local": "2027-10-31T02:30:00",
        "utc_offset": "+02:00",
        "note": "repeated_hour",
    }


def test_a_preview_ends_with_its_rule(world: World) -> None:
    assert len(_preview("FREQ=DAILY;COUNT=4", count=100).json["items"]) == 4
    assert len(_preview("FREQ=DAILY", count=100).json["items"]) == 100
    assert len(_preview("FREQ=DAILY").json["items"]) == 10


def test_a_start_that_the_rule_does_not_name_is_no_occurrence(world: World) -> None:
    (item,) = _preview("FREQ=WEEKLY;BYDAY=MO", count=1).json["items"]
    assert item["local"] == "2027-03-15T02:30:00"


@pytest.mark.parametrize(
    "rrule",
    [
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;BYMINUTE=9",
        "FREQ=DAILY;BYSECOND=9",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=2;UNTIL=20270401",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "DTSTART:20270301T090000Z\nRRULE:FREQ=DAILY",
        "FREQ=DAILY;" + "BYMONTH=1" + ",1" * 250,
    ],
)
def test_what_the_contract_refuses_is_refused(world: World, rrule: str) -> None:
    assert _refused(_preview(rrule)) == [["rrule"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_date", "2027-02-30"),
        ("start_date", "2027-3-1"),
        ("start_date", "0001-01-01"),
        ("start_date", 20270301),
        ("time_of_day", "24:00"),
        ("time_of_day", "9:30"),
        ("time_of_day", "09:30:15"),
        ("time_of_day", 570),
        ("timezone", "Europe/Atlantis"),
        ("count", 0),
        ("count", 101),
        ("count", "3"),
        ("dtstart", "2027-03-14"),
    ],
)
def test_every_other_field_is_named_when_it_is_wrong(world: World, name: str, value: Any) -> None:
    assert _refused(_preview(**{name: value})) == [[name]]


def test_seconds_of_zero_are_as_good_as_none(world: World) -> None:
    assert _preview(time_of_day="02:30:00").json == _preview().json


def test_only_who_may_host_previews(world: World) -> None:
    world.meet("ana")
    for rights, code in (({"can_host": False}, "hosting_revoked"), ({"status": "suspended"}, "account_suspended")):
        path = f"/users/{world.id('ana')}"
        assert call("accounts", "PATCH", path, user="admin", groups=["admin"], body=rights).status == 200
        reply = _preview(user="ana")
        assert (reply.status, reply.code) == (403, code)


def test_a_preview_is_one_read(world: World) -> None:
    world.meet("host")
    with counted() as use:
        assert _preview(count=100).status == 200
    assert use.operations == ["GetItem"]
