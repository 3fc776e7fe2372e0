"""From Agora's notices to who was there: rows, records, and the list that the host reads."""

import random
from typing import Any

import pytest

from atelier import clock, table
from atelier.accounts.items import profile_key
from atelier.attendance.items import Attendance, attendance_key
from atelier.attendance.totals import Totals, totals
from tests import seats
from tests.attendance import HOUR_S, Session, attendance, instant, of, put_fact, record, text, told
from tests.calling import World, call, id_of
from tests.counting import counted
from tests.notices import BEGAN, hear, in_some_order
from tests.rooms import a_workshop, suspend
from tests.seats import attendees, row_of, rsvp, status_of, withdraw
from tests.streaming import Stream
from tests.workshops import ask, set_in_table, stored


def everybody(workshop_id: str) -> list[str]:
    """Whom the list has, by id."""
    return [item["user"]["id"] for item in attendance(workshop_id).json["items"]]


def walk(workshop_id: str, limit: int) -> list[list[str]]:
    """Every page of the list, followed by its cursors to the end."""
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        reply = attendance(workshop_id, {"limit": limit, **cursor})
        pages.append([item["user"]["id"] for item in reply.json["items"]])
        if reply.json["next_cursor"] is None:
            assert "link" not in reply.headers
            return pages
        assert f"cursor={reply.json['next_cursor']}" in reply.headers["link"]
        cursor = {"cursor": reply.json["next_cursor"]}


class TestComingAndGoing:
    def test_who_joins_is_in_and_who_leaves_has_left(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(session.joins("ana", 60))
        stream.run()
        assert status_of(session.id, "ana") == "joined"
        hear(session.leaves("ana", 60, 600))
        stream.run()
        assert (status_of(session.id, "ana"), status_of(session.id, "ben")) == ("left", "rsvp")
        shown = {item["user"]["id"]: item for item in attendees(session.id).json["items"]}
        ana, ben = shown[id_of("ana")], shown[id_of("ben")]
        assert (ana["status"], ana["joined_at"], ana["left_at"]) == ("left", text(60), text(600))
        assert (ben["status"], ben["joined_at"], ben["left_at"]) == ("rsvp", None, None)

    def test_who_comes_back_is_in_again_since_the_first_time(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(*session.visit("ana", 60, 600), session.joins("ana", 900))
        stream.run()
        row = row_of(session.id, "ana")
        assert row is not None
        assert (row.status, row.joined_at) == ("joined", instant(60))
        assert row.serialize().get("left_at") is None

    def test_neither_version_nor_etag_nor_counts_move(self, world: World, stream: Stream) -> None:
        session = Session(world, max_capacity=10)
        stream.run()
        before, etag = stored(session.id), ask("GET", f"/{session.id}").headers["etag"]
        row = row_of(session.id, "ana")
        hear(*session.visit("ana", 60, 600))
        stream.run()
        after = row_of(session.id, "ana")
        assert row is not None
        assert after is not None
        assert (after.version, after.updated_at) == (row.version, row.updated_at)
        assert ask("GET", f"/{session.id}").headers["etag"] == etag
        assert stored(session.id).serialize() == before.serialize()

    def test_three_reconnects_over_an_hour_are_the_union_to_the_second(self, world: World, stream: Stream) -> None:
        session = Session(world)
        stays = [(-90, 701), (822, 1500), (1611, 2999), (3120, 3600)]
        notices = [notice for stay in stays for notice in session.visit("ana", *stay)]
        hear(*in_some_order(notices, random.Random(7)))  # noqa: S311 - not a secret
        stream.run()
        session.end()
        ana = of(session.id, "ana")
        assert ana is not None
        assert told(ana["intervals"]) == stays
        assert ana["total_seconds"] == 791 + 678 + 1388 + 480
        assert ana["share"] == (701 + 678 + 1388 + 480) / HOUR_S
        assert ana["present"]

    def test_both_devices_make_one_presence(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(*session.visit("ana", 0, 900), *session.visit("ana", 600, 1200, "screen"), session.joins("ana", 3000))
        stream.run()
        ana = of(session.id, "ana")
        assert ana is not None
        assert told(ana["intervals"]) == [(0, 1200), (3000, None)]

    def test_the_host_is_listed_and_their_row_is_still_no_rsvp(self, world: World, stream: Stream) -> None:
        session = Session(world)
        assert row_of(session.id, "host") is None
        hear(*session.visit("host", 0, HOUR_S))
        stream.run()
        assert row_of(session.id, "host") is None
        session.end()
        host = of(session.id, "host")
        assert host is not None
        assert (host["rsvp_status"], host["share"], host["present"]) == (None, 1.0, True)

    def test_the_hosts_own_row_gets_the_times_and_stays_what_it_is(self, world: World, stream: Stream) -> None:
        session = Session(world)
        row = row_of(session.id, "ana")
        assert row is not None
        row.status = "host"
        row.save()
        stream.run()
        hear(*session.visit("ana", 0, 600))
        stream.run()
        row = row_of(session.id, "ana")
        assert row is not None
        assert (row.status, row.joined_at, row.left_at) == ("host", instant(0), instant(600))
        ana = of(session.id, "ana")
        assert ana is not None
        assert ana["rsvp_status"] is None


class TestAttendanceOutlivesTheRow:
    def test_a_withdrawn_rsvp_leaves_the_attendance(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(*session.visit("ana", 0, 600))
        stream.run()
        assert withdraw(session.id).status == 204
        stream.run()
        assert row_of(session.id, "ana") is None
        ana = of(session.id, "ana")
        assert ana is not None
        assert (ana["rsvp_status"], ana["total_seconds"]) == (None, 600)

    def test_who_comes_after_withdrawing_gets_no_row(self, world: World, stream: Stream) -> None:
        session = Session(world)
        assert withdraw(session.id).status == 204
        hear(*session.visit("ana", 0, 600))
        stream.run()
        assert row_of(session.id, "ana") is None
        assert of(session.id, "ana") is not None

    def test_a_removed_person_stays_removed_and_keeps_their_attendance(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(session.joins("ana", 0))
        stream.run()
        assert seats.remove(session.id, "ana").status == 204
        hear(session.leaves("ana", 0, 600, reason=3))
        stream.run()
        assert status_of(session.id, "ana") == "removed"
        ana = of(session.id, "ana")
        assert ana is not None
        assert (ana["rsvp_status"], told(ana["intervals"])) == ("removed", [(0, 600)])

    def test_who_waits_is_not_listed_unless_they_were_in(self, world: World, stream: Stream) -> None:
        session = Session(world, ("ana",), max_capacity=1)
        assert rsvp(session.id, "ben").status == 201
        assert everybody(session.id) == [id_of("ana")]
        put_fact(session.id, "ben", "join", 10)
        stream.run()
        assert status_of(session.id, "ben") == "waitlisted"
        ben = of(session.id, "ben")
        assert ben is not None
        assert ben["rsvp_status"] == "waitlisted"

    def test_somebody_whose_account_is_gone_is_listed_without_a_name(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(*session.visit("ana", 0, 600))
        stream.run()
        profile = table.read_one(profile_key(id_of("ana")))
        assert profile is not None
        profile.delete()
        [nameless] = [item for item in attendance(session.id).json["items"] if item["user"] is None]
        assert (nameless["total_seconds"], nameless["rsvp_status"]) == (600, "left")


class TestShareAndPresence:
    def test_who_stayed_85_per_cent_was_present(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(*session.visit("ana", 0, 3060), *session.visit("ben", 0, 3059))
        stream.run()
        session.end()
        found = {user: of(session.id, user) for user in ("ana", "ben")}
        assert {user: item and item["present"] for user, item in found.items()} == {"ana": True, "ben": False}

    @pytest.mark.parametrize(("threshold", "present"), [(0.5, True), (0.51, False), (0, True), (1, False)])
    def test_the_threshold_is_the_readers(self, world: World, stream: Stream, threshold: float, present: bool) -> None:
        session = Session(world)
        hear(*session.visit("ana", 0, 1800))
        stream.run()
        session.end()
        ana = of(session.id, "ana", threshold=threshold)
        assert ana is not None
        assert ana["present"] is present

    def test_an_early_visit_and_a_late_one_do_not_stand_in_for_absence(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(*session.visit("ana", -3600, 0), *session.visit("ana", 3600, 7200))
        stream.run()
        session.end()
        ana = of(session.id, "ana")
        assert ana is not None
        assert (ana["total_seconds"], ana["share"], ana["present"]) == (7200, 0.0, False)

    def test_whoever_never_was_said_to_leave_was_there_until_the_end_and_no_longer(
        self, world: World, stream: Stream
    ) -> None:
        session = Session(world)
        hear(session.joins("ana", 900))
        stream.run()
        session.end()
        ana = of(session.id, "ana")
        assert ana is not None
        assert told(ana["intervals"]) == [(900, None)]
        assert (ana["total_seconds"], ana["share"]) == (2700, 0.75)

    def test_while_it_lasts_the_share_is_of_the_time_so_far(self, world: World, stream: Stream) -> None:
        workshop_id = a_workshop(world, "live", ("ana",))
        since = int(clock.now().timestamp()) - BEGAN
        set_in_table(workshop_id, actual_started_at=instant(since - 1000))
        put_fact(workshop_id, "ana", "join", since - 500)
        stream.run()
        ana = of(workshop_id, "ana")
        assert ana is not None
        assert 500 <= ana["total_seconds"] <= 530
        assert ana["share"] == pytest.approx(0.5, abs=0.02)

    def test_a_cancelled_one_ended_when_it_was_cancelled(self, world: World, stream: Stream) -> None:
        workshop_id = a_workshop(world, "live", ("ana",))
        since = int(clock.now().timestamp()) - BEGAN
        set_in_table(workshop_id, actual_started_at=instant(since - 1000))
        put_fact(workshop_id, "ana", "join", since - 1000)
        set_in_table(workshop_id, status="cancelled")
        stream.run()
        set_in_table(workshop_id, actual_started_at=instant(since - 1000))
        assert (of(workshop_id, "ana") or {})["share"] == 1.0

    def test_before_the_start_nobody_was_present(self, world: World, stream: Stream) -> None:
        workshop_id = a_workshop(world, "lobby", ("ana",))
        put_fact(workshop_id, "ana", "join", 0)
        stream.run()
        ana = of(workshop_id, "ana")
        assert ana is not None
        assert (ana["share"], ana["present"]) == (0.0, False)

    def test_nobody_is_present_in_person_who_has_not_checked_in(self, world: World) -> None:
        workshop_id = a_workshop(world, "scheduled", ("ana",), format="in_person")
        ana = of(workshop_id, "ana", threshold=0)
        assert ana is not None
        assert (ana["present"], ana["checked_in_at"], ana["guest_name"], ana["intervals"]) == (False, None, None, [])


class TestList:
    def test_rows_and_records_are_one_list_without_gaps_or_doubles(self, world: World) -> None:
        guests = [f"guest{number}" for number in range(12)]
        workshop_id = seats.open_workshop(world, *guests)
        world.meet(*(f"visitor{number}" for number in range(9)))
        inside = guests[::2] + [f"visitor{number}" for number in range(9)]
        for user in inside:
            Attendance(
                *attendance_key(workshop_id, id_of(user)), intervals=[[1, 2]], facts=1, updated_at=clock.now()
            ).save()
        expected = sorted({id_of(user) for user in guests + inside})
        for limit in (1, 4, 7, 21, 100):
            pages = walk(workshop_id, limit)
            assert [user for page in pages for user in page] == expected
            assert {len(page) for page in pages[:-1]} <= {limit}
            assert pages[-1]

    def test_pages_are_full_though_many_wait(self, world: World) -> None:
        people = [f"guest{number}" for number in range(40)]
        workshop_id = seats.open_workshop(world, *people, max_capacity=6)
        assert [len(page) for page in walk(workshop_id, 3)] == [3, 3]

    def test_a_cursor_is_the_readers_own(self, world: World) -> None:
        workshop_id = seats.open_workshop(world, "ana", "ben")
        cursor = attendance(workshop_id, {"limit": 1}).json["next_cursor"]
        assert attendance(workshop_id, {"limit": 1, "cursor": cursor}, user="admin", admin=True).code == "bad_cursor"
        assert attendance(workshop_id, {"limit": 1, "cursor": f"{cursor}x"}).status == 400

    @pytest.mark.parametrize(
        "query", [{"threshold": "1.01"}, {"threshold": "-0.1"}, {"threshold": "nan"}, {"limit": 0}]
    )
    def test_a_query_out_of_bounds_is_refused(self, world: World, query: dict[str, Any]) -> None:
        workshop_id = a_workshop(world, "scheduled")
        reply = attendance(workshop_id, query)
        assert (reply.status, reply.code) == (400, "bad_query")

    def test_the_last_page_is_a_batch_three_queries_and_a_batch(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(*session.visit("ana", 0, 600))
        stream.run()
        with counted() as use:
            assert attendance(session.id).status == 200
        assert use.operations == ["BatchGetItem", "Query", "Query", "Query", "BatchGetItem"]


class TestWhoMayRead:
    def of_a(self, world: World, *, is_private: bool) -> str:
        workshop_id = a_workshop(world, "live", ("ana", "ben"), is_private=False)
        set_in_table(workshop_id, is_private=is_private)
        reply = seats.change(workshop_id, "ben", is_co_host=True)
        assert reply.status == 200
        world.meet("cleo", "admin")
        return workshop_id

    @pytest.mark.parametrize(("is_private", "stranger"), [(True, 404), (False, 403)])
    def test_hosts_co_hosts_and_admins(self, world: World, is_private: bool, stranger: int) -> None:
        workshop_id = self.of_a(world, is_private=is_private)
        answered = {user: attendance(workshop_id, user=user).status for user in ("host", "ben", "ana", "cleo")}
        assert answered == {"host": 200, "ben": 200, "ana": 403, "cleo": stranger}
        assert attendance(workshop_id, user="admin", admin=True).status == 200

    @pytest.mark.usefixtures("table")
    def test_nobody_reads_of_what_there_is_not(self) -> None:
        assert attendance("wks_00000000000000000000000000").status == 404

    def test_a_suspended_co_host_does_not(self, world: World) -> None:
        workshop_id = self.of_a(world, is_private=False)
        suspend("ben")
        assert attendance(workshop_id, user="ben").code == "account_suspended"

    def test_reading_writes_nothing_even_of_people_never_seen(self, world: World) -> None:
        workshop_id = self.of_a(world, is_private=False)
        with counted() as use:
            assert attendance(workshop_id, user="newcomer").status == 403
        assert use.writes == []


class TestTotals:
    def test_they_are_over_everybody_who_came_but_the_host(self, world: World, stream: Stream) -> None:
        session = Session(world)
        hear(*session.visit("host", 0, 3600), *session.visit("ana", 0, 3600), *session.visit("ben", 900, 1800))
        stream.run()
        session.end()
        assert totals(stored(session.id)) == Totals(2, 2250, 0.625)

    def test_nobody_came(self, world: World) -> None:
        session = Session(world)
        session.end()
        assert totals(stored(session.id)) == Totals(0, 0, 0.0)


def test_attendees_do_not_learn_of_each_others_times(world: World, stream: Stream) -> None:
    session = Session(world)
    hear(*session.visit("ana", 0, 600))
    stream.run()
    reply = call("rsvps", "GET", f"/workshops/{session.id}/attendees", user="ben")
    assert {tuple(item) for item in reply.json["items"]} == {("user", "status")}
    assert record(session.id, "ana") is not None
