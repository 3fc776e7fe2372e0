"""Making series and reading them: what they hold, who sees them, what is refused, what it costs."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from atelier import clock, table
from atelier.accounts.items import Profile, profile_key
from atelier.categories.items import category_key
from atelier.series import making
from atelier.series.items import Follower, follower_key
from atelier.workshops.items import Workshop
from tests import workshops
from tests.calendars import subscribe
from tests.calling import World, call, id_of
from tests.faults import Killed, killed_after, killed_before
from tests.invites import invite
from tests.series import ask, begun, dates_of, made_by, stored, wanted, whole
from tests.workshops import everything


def made(**fields: Any) -> dict[str, Any]:
    """A series as its host is told of it."""
    reply = ask("POST", body=wanted(**fields))
    assert reply.status == 201, reply.text
    answer: dict[str, Any] = reply.json
    return answer


def seen(series: dict[str, Any], user: str, *, admin: bool = False) -> int:
    return ask("GET", f"/{series['id']}", user=user, admin=admin).status


def follow(series: dict[str, Any], user: str) -> None:
    Follower(*follower_key(series["id"], id_of(user)), since=clock.milliseconds(clock.now())).save()


def suspend(user: str) -> None:
    Profile(*profile_key(id_of(user))).update([Profile.status.set("suspended")])


@pytest.mark.usefixtures("world")
class TestANewSeries:
    def test_is_told_in_full_with_its_address_and_version(self, world: World) -> None:
        category = world.category()
        body = wanted(
            description="Bring gloves.",
            category_id=category["id"],
            duration_minutes=90,
            format="hybrid",
            location="Shed 4",
            max_capacity=12,
            waitlist_enabled=False,
            records=False,
        )
        reply = ask("POST", body=body)
        assert reply.status == 201
        told = reply.json
        assert reply.headers["location"] == f"/v1/series/{told['id']}"
        assert reply.headers["etag"] == '"1"'
        assert told.items() >= {**body, "is_active": True, "is_complete": False, "skipped": []}.items()
        assert told["host"]["id"] == id_of("host")
        assert told["category"]["id"] == category["id"]
        assert told["my"] == {"is_host": True, "is_following": False}
        read = ask("GET", f"/{told['id']}")
        assert (read.status, read.headers["etag"], read.json) == (200, '"1"', told)

    def test_has_its_workshops_up_to_ninety_days_ahead(self) -> None:
        told = made(rrule="FREQ=DAILY", timezone="UTC")
        now = clock.from_text(told["created_at"])
        dates = [date.fromisoformat(one["date"]) for one in told["workshops"]]
        assert dates == whole(told["id"], now, now)
        assert dates[-90:] == [now.date() + timedelta(days=n) for n in range(1, 91)]
        assert {one["status"] for one in told["workshops"]} == {"scheduled"}
        assert [one["id"] for one in told["workshops"]] == [one.id for one in made_by(told["id"])]

    def test_gives_each_of_them_all_it_has(self) -> None:
        told = made(max_capacity=100, is_private=True, format="in_person", location="Shed 4", duration_minutes=30)
        page = workshops.ask("GET", "", host="me", series=told["id"], limit=100).json["items"]
        assert len(page) == len(told["workshops"]) > 10
        for name in ("title", "timezone", "duration_minutes", "format", "location", "is_private", "max_capacity"):
            assert {card[name] for card in page} == {told[name]}
        assert {card["series_id"] for card in page} == {told["id"]}
        items = made_by(told["id"])
        assert len({one.channel for one in items}) == len(items)
        assert {(one.planned_capacity, one.block_count, one.due_at is None) for one in items} == {(100, 3, False)}

    def test_has_workshops_as_good_as_any(self) -> None:
        told = made(max_capacity=1)
        first, second = (one["id"] for one in told["workshops"][:2])
        answers = [
            call("rsvps", "POST", f"/workshops/{workshop}/rsvp", user=user).json["status"]
            for workshop, user in ((first, "ana"), (first, "ben"), (second, "ben"))
        ]
        assert answers == ["rsvp", "waitlisted", "rsvp"]
        assert workshops.ask("PATCH", f"/{first}", body={"title": "Salt firing"}).status == 200
        assert workshops.ask("DELETE", f"/{second}").status == 204

    def test_may_have_begun_long_ago_and_keeps_its_beat(self) -> None:
        series_id = begun(rrule="FREQ=WEEKLY;INTERVAL=2", start_date="2026-12-29")
        assert dates_of(series_id)[:2] == [date(2027, 1, 12), date(2027, 1, 26)]

    def test_begins_no_sooner_than_a_quarter_of_an_hour_ahead(self) -> None:
        first = [
            dates_of(begun(timezone="UTC", rrule="FREQ=DAILY", time_of_day=time))[0] for time in ("09:14", "09:15")
        ]
        assert first == [date(2027, 1, 5), date(2027, 1, 4)]

    def test_may_lie_far_ahead_and_then_has_no_workshops_yet(self) -> None:
        told = made(start_date="2199-12-24", rrule="FREQ=WEEKLY")
        assert told["workshops"] == []
        assert not told["is_complete"]

    def test_is_complete_when_all_of_it_has_been_made(self) -> None:
        tomorrow = (clock.now() + timedelta(days=2)).date()
        told = made(rrule="FREQ=DAILY;COUNT=3", start_date=f"{tomorrow}")
        assert (len(told["workshops"]), told["is_complete"], told["is_active"]) == (3, True, True)

    def test_is_made_for_somebody_else_by_an_administrator(self, world: World) -> None:
        world.meet("host")
        reply = ask("POST", user="root", admin=True, body=wanted(host_id=id_of("host")))
        assert (reply.status, reply.json["host"]["id"]) == (201, id_of("host"))
        assert [one["id"] for one in ask("GET").json["items"]] == [reply.json["id"]]
        assert {one.host_id for one in made_by(reply.json["id"])} == {id_of("host")}


REFUSED = [
    ({"rrule": "FREQ=HOURLY"}, "rrule"),
    ({"rrule": "FREQ=DAILY;COUNT=0"}, "rrule"),
    ({"rrule": "FREQ=DAILY;COUNT=2;UNTIL=20300101"}, "rrule"),
    ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "rrule"),
    ({"rrule": "FREQ=DAILY;UNTIL=20200101", "start_date": "2021-01-01"}, "rrule"),
    ({"rrule": "FREQ=DAILY;COUNT=3", "start_date": "2020-01-01"}, "rrule"),
    ({"start_date": "2027-02-29"}, "start_date"),
    ({"time_of_day": "24:00"}, "time_of_day"),
    ({"timezone": "Europe/Nowhere"}, "timezone"),
    ({"timezone": ...}, "timezone"),
    ({"host_id": "usr_aaaaaaaaaaaaaaaa"}, "host_id"),
    ({"scheduled_at": "2027-03-28T17:00:00Z"}, "scheduled_at"),
    ({"group_id": "grp_01m7xynacfb6psa2z6yk4pjm35"}, "group_id"),
]


@pytest.mark.parametrize(("fields", "where"), REFUSED, ids=[str(fields) for fields, _ in REFUSED])
def test_what_makes_no_series_is_refused_with_the_place(world: World, fields: dict[str, Any], where: str) -> None:
    world.meet("host")
    before = everything()
    reply = ask("POST", body=wanted(**fields))
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert [error["loc"] for error in reply.json["errors"]] == [[where]]
    assert everything() == before


def test_who_may_not_host_makes_no_series(world: World) -> None:
    world.meet("host", "ana")
    Profile(*profile_key(id_of("host"))).update([Profile.can_host.set(False)])
    suspend("ana")
    assert [ask("POST", user=user, body=wanted()).code for user in ("host", "ana")] == [
        "hosting_revoked",
        "account_suspended",
    ]
    unknown = ask("POST", user="ben", body=wanted(category_id="cat_01m7xynacfb6psa2z6yk4pjm35"))
    assert (unknown.status, unknown.code) == (422, "unknown_category")


@pytest.mark.usefixtures("world")
class TestAllOrNothing:
    @pytest.mark.parametrize("killed", [killed_before, killed_after])
    def test_whoever_dies_leaves_all_of_it_or_nothing(self, world: World, killed: Any) -> None:
        world.meet("host")
        before = everything()
        headers = {"idempotency-key": "one"}
        body = wanted(description="Bring gloves.")
        with killed(1), pytest.raises(Killed):
            ask("POST", body=body, headers=headers)
        left = {key: item for key, item in everything().items() if key not in before}
        assert bool(left) == (killed is killed_after)
        reply = ask("POST", body=body, headers=headers)
        assert reply.status == 201
        assert ("idempotency-replayed" in reply.headers) == bool(left)
        [only] = ask("GET").json["items"]
        assert dates_of(only["id"]) == whole(only["id"], clock.now(), clock.now())

    def test_of_twins_one_makes_it_and_both_are_told_the_same(self, world: World) -> None:
        world.meet("host")
        replies: list[Any] = []
        together = threading.Barrier(3)

        def send() -> None:
            together.wait()
            replies.append(ask("POST", body=wanted(), headers={"idempotency-key": "one"}))

        threads = [threading.Thread(target=send) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {reply.status for reply in replies} == {201}
        assert len({reply.text for reply in replies}) == 1
        assert len(ask("GET").json["items"]) == 1

    def test_without_a_key_they_are_two(self) -> None:
        for _ in range(2):
            made()
        assert len(ask("GET").json["items"]) == 2


@pytest.mark.usefixtures("world")
class TestAPrivateSeries:
    def test_is_there_for_those_who_belong_to_it(self, world: World) -> None:
        series = made(is_private=True)
        world.meet("guest", "fan", "root")
        invite(series["workshops"][3]["id"], "guest")
        follow(series, "fan")
        assert [seen(series, user) for user in ("host", "guest", "fan", "stranger")] == [200, 200, 200, 404]
        assert seen(series, "root", admin=True) == 200

    def test_shows_of_its_workshops_those_that_one_may_see(self, world: World) -> None:
        series = made(is_private=True)
        world.meet("guest")
        invite(series["workshops"][3]["id"], "guest")
        shown = ask("GET", f"/{series['id']}", user="guest").json
        assert shown["workshops"] == [series["workshops"][3]]
        follow(series, "fan")
        shown = ask("GET", f"/{series['id']}", user="fan").json
        assert (shown["workshops"], shown["my"]["is_following"]) == ([], True)

    def test_is_there_for_who_has_a_place_until_they_are_removed(self, world: World) -> None:
        series = made(is_private=True)
        workshop_id = series["workshops"][0]["id"]
        world.meet("ana")
        invite(workshop_id, "ana")
        assert call("rsvps", "POST", f"/workshops/{workshop_id}/rsvp", user="ana").status == 201
        assert seen(series, "ana") == 200
        path = f"/workshops/{workshop_id}/attendees/{id_of('ana')}"
        assert call("rsvps", "DELETE", path, user="host").status == 204
        assert seen(series, "ana") == 404

    def test_is_nothing_to_suspended_people_and_a_public_one_is(self, world: World) -> None:
        private, public = made(is_private=True), made()
        world.meet("guest", "stranger")
        invite(private["workshops"][0]["id"], "guest")
        for user in ("guest", "stranger", "host"):
            suspend(user)
        assert [seen(private, user) for user in ("guest", "stranger", "host")] == [403, 404, 403]
        assert [seen(public, user) for user in ("guest", "stranger", "host")] == [200, 200, 200]
        assert ask("GET").code == "account_suspended"

    def test_does_not_show_through_one_of_its_workshops_that_is_public(self) -> None:
        series = made(is_private=True, title="Nobody knows")
        opened = series["workshops"][0]["id"]
        assert workshops.ask("PATCH", f"/{opened}", body={"is_private": False, "title": "Open day"}).status == 200
        shown = workshops.ask("GET", f"/{opened}", user="ana")
        assert shown.status == 200
        assert (shown.json["series"], shown.json["next_in_series"]) == (None, None)
        assert "Nobody knows" not in shown.text
        assert seen(series, "ana") == 404

    def test_nobody_can_tell_it_from_none(self) -> None:
        series = made(is_private=True)
        nowhere = {"id": "ser_00000000000000000000000000"}
        answers = [ask("GET", f"/{one['id']}", user="ana") for one in (series, nowhere)]
        assert [{**answer.json, "request_id": ""} for answer in answers] == [{**answers[0].json, "request_id": ""}] * 2


@pytest.mark.usefixtures("world")
class TestTheListOfOnesOwn:
    def test_is_full_page_by_page_while_series_move(self) -> None:
        ids = [made(title=f"Series {number}")["id"] for number in range(5)]
        made_elsewhere = ask("POST", user="ana", body=wanted()).json["id"]
        shown: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            page = ask("GET", limit=2, **cursor)
            shown += [one["id"] for one in page.json["items"]]
            assert all("workshops" not in one and "description" not in one for one in page.json["items"])
            for series_id in ids:
                series = stored(series_id)
                making.advance(series, making.horizon(series, clock.now()) + timedelta(days=len(shown)))
                series.save()
            if page.json["next_cursor"] is None:
                break
            assert page.headers["link"].startswith("</v1/series?limit=2&cursor=")
            cursor = {"cursor": page.json["next_cursor"]}
        assert shown == ids[::-1]
        assert made_elsewhere not in shown

    def test_refuses_the_cursor_of_somebody_else(self) -> None:
        for _ in range(2):
            made()
        cursor = ask("GET", limit=1).json["next_cursor"]
        assert ask("GET", user="ana", cursor=cursor).code == "bad_cursor"


def test_a_deleted_category_leaves_its_series(world: World, stream: Any) -> None:
    category = world.category()
    public, private = made(category_id=category["id"]), made(category_id=category["id"], is_private=True)
    path = f"/categories/{category['id']}"
    assert call("categories", "DELETE", path, user="admin", groups=("admin",)).status == 204
    stream.run()
    for series in (public, private):
        item = stored(series["id"])
        assert not {"category_id", "category_key"} & item.serialize().keys()
        assert item.version == 1
        assert ask("GET", f"/{series['id']}").json["category"] is None
    assert table.read_one(category_key(category["id"])) is None


def test_many_workshops_at_once_are_counted_once(world: World, stream: Any, requests_made: Any) -> None:
    category = world.category()
    subscribe("host")
    stream.run()
    told = made(rrule="FREQ=DAILY", category_id=category["id"])
    with requests_made() as use:
        stream.run()
    listed = call("categories", "GET", "/categories", user="ana").json["items"]
    assert [one["workshop_count"] for one in listed] == [len(told["workshops"])]
    # Most of it asks, once for each workshop, for who follows the series.
    assert len(use.writes) < 10
    assert use.operations.count("GetItem") < 10


@pytest.mark.usefixtures("world")
class TestItsBudget:
    def test_making_one_takes_a_read_and_a_transaction_and_a_write_for_each_workshop(
        self, world: World, requests_made: Any
    ) -> None:
        world.meet("host")
        before = everything()
        with requests_made() as use:
            told = made(rrule="FREQ=DAILY", description="Bring gloves.")
        assert use.operations == ["BatchGetItem", "TransactWriteItems"]
        new = [item for key, item in everything().items() if key not in before]
        assert sorted(item["kind"]["S"] for item in new) == sorted(
            ["series", "series_description", *["workshop"] * len(told["workshops"])]
        )
        assert len(told["workshops"]) >= 90

    def test_reading_one_takes_a_query_and_two_batch_reads(self, world: World, requests_made: Any) -> None:
        series = made(rrule="FREQ=DAILY", is_private=True, category_id=world.category()["id"])
        for user in ("host", "fan"):
            follow(series, user)
            with requests_made() as use:
                assert seen(series, user) == 200
            # For somebody else than the host 180 rows and invitations are looked up, in two batches.
            assert use.operations == ["BatchGetItem", "Query", "BatchGetItem"] + ["BatchGetItem"] * (user == "fan")

    def test_listing_ninety_days_of_it_takes_one_query_and_a_batch_read(self, requests_made: Any) -> None:
        series = made(rrule="FREQ=DAILY")
        with requests_made() as use:
            page = workshops.ask("GET", user="ana", series=series["id"], limit=100)
        assert len(page.json["items"]) == len(series["workshops"])
        assert use.operations == ["Query", "BatchGetItem"]

    def test_a_page_of_ones_own_takes_a_query_and_two_batch_reads(self, world: World, requests_made: Any) -> None:
        for _ in range(3):
            made(category_id=world.category(name=f"C{_}")["id"])
        with requests_made() as use:
            assert len(ask("GET").json["items"]) == 3
        assert use.operations == ["Query", "BatchGetItem", "BatchGetItem"]


def test_an_occurrence_is_an_item_of_the_size_of_a_write_unit(world: World) -> None:
    [first, *_] = made_by(made()["id"])
    assert isinstance(first, Workshop)
    assert sum(len(name) + len(str(value)) for name, value in first.serialize().items()) < 1800
