"""The workshops of a series: in lists, with what comes next, and with the words of their series."""

import re
from datetime import timedelta
from typing import Any

import pytest

from atelier import clock
from atelier.workshops.items import Description, description_key
from tests.calendars import events_of, feed_of, file_of, subscribe
from tests.calling import World, call, id_of
from tests.invites import invite
from tests.series import ask, made_by, wanted
from tests.workshops import ask as ask_workshops
from tests.workshops import ids, run, set_in_table, walk


def made(**fields: Any) -> tuple[str, list[str]]:
    """A series and its first workshops."""
    reply = ask("POST", body=wanted(**fields))
    assert reply.status == 201, reply.text
    return reply.json["id"], [one["id"] for one in reply.json["workshops"]]


def detail(workshop_id: str, user: str = "ana") -> dict[str, Any]:
    reply = ask_workshops("GET", f"/{workshop_id}", user=user)
    assert reply.status == 200, reply.text
    found: dict[str, Any] = reply.json
    return found


def next_of(workshop_id: str, user: str = "ana") -> str | None:
    following = detail(workshop_id, user)["next_in_series"]
    return str(following["id"]) if following else None


def cancel(*workshop_ids: str) -> None:
    for workshop_id in workshop_ids:
        assert ask_workshops("DELETE", f"/{workshop_id}").status == 204


def describe(workshop_id: str, text: str) -> None:
    Description(*description_key(workshop_id), text=text).save()


@pytest.mark.usefixtures("world", "bucket")
class TestTheListOfASeries:
    def test_holds_it_alone_soonest_first_page_by_page(self, world: World) -> None:
        series_id, workshop_ids = made()
        made()
        world.workshop()
        pages = walk(series=series_id, limit=5)
        assert [one for page in pages for one in page] == workshop_ids
        assert {len(page) for page in pages[:-1]} == {5}

    def test_goes_together_with_the_other_filters(self, world: World) -> None:
        category = world.category()["id"]
        series_id, (first, second, third, *others) = made()
        ask_workshops("PATCH", f"/{second}", body={"category_id": category})
        run(first, "start", "end")
        run(third, "lobby")
        cancel(others[0])

        def listed(user: str = "ana", **query: Any) -> list[str]:
            return ids(ask_workshops("GET", user=user, series=series_id, limit=100, **query))

        assert listed() == [third, second, *others[1:]]
        assert listed(past=True) == listed(status="ended") == [first]
        assert listed(status="lobby") == [third]
        assert listed(category=category) == [second]
        assert listed(host=id_of("host")) == listed()
        assert listed(host=id_of("ben")) == listed(my=True) == []
        assert listed("host", my=True) == listed("host", host="me") == listed()
        assert listed(status="cancelled") == []
        assert listed("host", status="cancelled", host="me") == [others[0]]
        assert call("rsvps", "POST", f"/workshops/{second}/rsvp", user="ana").status == 201
        assert listed(my=True) == [second]

    def test_holds_private_ones_for_those_alone_whose_they_are(self, world: World) -> None:
        series_id, (first, *others) = made(is_private=True)
        world.meet("ana", "root")
        assert ids(ask_workshops("GET", user="host", series=series_id)) == []
        assert ids(ask_workshops("GET", user="host", series=series_id, host="me", limit=100)) == [first, *others]
        assert ids(ask_workshops("GET", user="ana", series=series_id)) == []
        assert ids(ask_workshops("GET", user="root", admin=True, series=series_id, limit=100)) == [first, *others]
        invite(first, "ana")
        assert call("rsvps", "POST", f"/workshops/{first}/rsvp", user="ana").status == 201
        assert ids(ask_workshops("GET", user="ana", series=series_id, my=True)) == [first]


@pytest.mark.usefixtures("world", "bucket")
class TestWhatComesNext:
    def test_is_told_with_the_series(self, world: World) -> None:
        series_id, (first, second, *_) = made(title="Raku firing")
        shown = detail(first)
        assert shown["series_id"] == series_id
        assert shown["series"] == {"id": series_id, "title": "Raku firing", "rrule": "FREQ=WEEKLY;BYDAY=TU"}
        assert shown["next_in_series"] == {"id": second, "scheduled_at": detail(second)["scheduled_at"]}
        alone = detail(world.workshop()["id"])
        assert (alone["series"], alone["series_id"], alone["next_in_series"]) == (None, None, None)

    def test_is_none_that_is_cancelled_however_many_are(self) -> None:
        _, (first, *others) = made(rrule="FREQ=DAILY")
        cancel(*others[:3])
        assert next_of(first) == others[3]
        cancel(*others[3:12])
        assert next_of(first) == others[12]
        assert next_of(others[-1]) is None

    def test_follows_the_time_that_one_was_moved_to(self) -> None:
        _, (first, second, third, *_) = made()
        later = clock.now() + timedelta(days=80)
        assert ask_workshops("PATCH", f"/{second}", body={"scheduled_at": clock.to_text(later)}).status == 200
        assert next_of(first) == third

    def test_is_one_that_the_reader_may_see(self, world: World) -> None:
        _, (first, second, third, *_) = made()
        world.meet("ana")
        assert ask_workshops("PATCH", f"/{second}", body={"is_private": True}).status == 200
        assert (next_of(first, "ben"), next_of(first, "host")) == (third, second)
        invite(second, "ana")
        assert next_of(first) == second

    def test_stands_in_the_summary_too(self) -> None:
        _, (first, second, *_) = made()
        run(first, "start", "end")
        summary = ask_workshops("GET", f"/{first}/summary", user="ana").json
        assert summary["next_in_series"]["id"] == second
        cancel(second)
        assert ask_workshops("GET", f"/{first}/summary", user="ana").json["next_in_series"]["id"] != second

    def test_costs_a_query_and_no_more_for_a_workshop_of_a_series_alone(self, world: World, requests_made: Any) -> None:
        _, (first, *others) = made(rrule="FREQ=DAILY", description="Bring gloves.", max_capacity=40)
        with requests_made() as use:
            detail(first)
        assert use.operations == ["BatchGetItem", "Query", "BatchGetItem"]
        for workshop_id in others:
            set_in_table(workshop_id, status="cancelled")
        with requests_made() as use:
            assert next_of(first) is None
        assert use.operations == ["BatchGetItem", "Query", "Query", "BatchGetItem"]
        alone = world.workshop()["id"]
        with requests_made() as use:
            detail(alone)
        assert use.operations == ["BatchGetItem", "BatchGetItem"]


@pytest.mark.usefixtures("world", "bucket")
class TestItsDescription:
    def test_is_that_of_its_series_until_it_has_its_own(self) -> None:
        _, (first, second, third, *_) = made(description="Bring gloves.")
        describe(second, "Bring tongs.")
        describe(third, "")
        assert [detail(one)["description"] for one in (first, second, third)] == ["Bring gloves.", "Bring tongs.", ""]
        _, (bare, *_) = made()
        assert detail(bare)["description"] == ""

    def test_is_the_same_in_calendars(self) -> None:
        _, (first, second, third, *_) = made(description="Bring gloves.")
        describe(second, "Bring tongs.")
        describe(third, "")
        expected = {f"{first}@atelier": "Bring gloves.", f"{second}@atelier": "Bring tongs.", f"{third}@atelier": ""}
        files = [event for one in (first, second, third) for event in events_of(file_of(one).text)]
        feed = events_of(feed_of(subscribe("host")).text)
        assert {event["uid"]: event["description"] for event in files} == expected
        assert {event["uid"]: event["description"] for event in feed[:3]} == expected
        assert {event["description"] for event in feed[3:]} == {"Bring gloves."}

    def test_is_not_paid_for_by_each_workshop(self, requests_made: Any) -> None:
        made(description="Bring gloves." * 100)
        path = subscribe("host")
        with requests_made() as use:
            assert feed_of(path).text.count("Bring") >= 100
        assert use.operations.count("BatchGetItem") <= 3


def test_each_workshop_is_an_event_of_its_own(world: World) -> None:
    series_id, workshop_ids = made()
    [event] = events_of(file_of(workshop_ids[0]).text)
    assert str(event["uid"]) == f"{workshop_ids[0]}@atelier"
    assert not re.search("RECURRENCE-ID|RRULE|RDATE", file_of(workshop_ids[0]).text)
    moved = clock.to_text(clock.now() + timedelta(days=3))
    assert ask_workshops("PATCH", f"/{workshop_ids[0]}", body={"scheduled_at": moved}).status == 200
    [after] = events_of(file_of(workshop_ids[0]).text)
    assert (after["uid"], int(after["sequence"])) == (event["uid"], 1)
    assert len({one.id for one in made_by(series_id)}) == len(workshop_ids)
