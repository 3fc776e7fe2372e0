"""Erasing a person: what goes, what stays, and what becomes of it whatever dies on the way."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from atelier import clock, table
from atelier.accounts.items import Profile, profile_key
from atelier.privacy import clearing, erasing
from atelier.privacy.items import erasure_key
from atelier.retries import OutOfTimeError, time_to_start
from atelier.table import Item
from tests import chatting, guided, seats, workshops
from tests.attendance import attendance, put_fact
from tests.calendars import feed_of
from tests.calling import World, call, id_of
from tests.faults import Killed, killed_after, killed_before
from tests.following import leave
from tests.privacy import ADDRESS, CANARY, Traces, erase, everywhere, export, found
from tests.rooms import a_workshop, suspend
from tests.series import DAY, begun, made_by
from tests.series import ask as ask_series
from tests.streaming import Stream


def profile_of(user: str) -> Profile | None:
    item = table.read_one(profile_key(id_of(user)))
    return item if isinstance(item, Profile) else None


def judge(traces: Traces) -> None:
    """All that has to be true once an erasure is through."""
    assert [item.key for item in found(CANARY)] == []
    assert table.read_one(erasure_key(id_of("ana"))) is None
    own = {item.sk for item in Item.query(f"USER#{id_of('ana')}", consistent_read=True)}
    assert own == {"#PROFILE"}
    assert list(Item.query(f"INBOX#{id_of('ana')}", consistent_read=True)) == []
    assert seats.status_of(traces.to_come, "ana") is None
    assert seats.status_of(traces.to_come, "ben") == "rsvp"
    assert seats.status_of(traces.past, "ana") is not None
    assert chatting.messages(traces.past, "ben") == ["said by another"]
    assert feed_of(traces.feed).status == 404
    assert guided.stored(traces.alone) is None
    assert (guided.role_of(traces.shared, "ana"), guided.role_of(traces.shared, "cleo")) == (None, "owner")
    assert guided.owners(traces.shared) == (1, 1)
    cleo = profile_of("cleo")
    assert cleo is not None
    assert not cleo.barred_by


class TestWhatGoes:
    def test_everything_of_ones_own_is_gone_and_attendance_stays_without_a_person(
        self, world: World, stream: Stream
    ) -> None:
        traces = everywhere(world, stream)
        assert len(found(CANARY)) >= 8
        before = attendance(traces.past, {"limit": 100}).json["items"]
        assert erase().status == 204
        stream.run()
        judge(traces)
        after = attendance(traces.past, {"limit": 100}).json["items"]
        assert [one | {"user": None} for one in after] == [one | {"user": None} for one in before]
        assert [one["user"] is None for one in after].count(True) == 1
        summary = call("workshops", "GET", f"/workshops/{traces.past}/summary", user="host").json["attendance"]
        assert summary["rsvp_count"] == 2

    def test_at_once_nobody_can_tell_who_it_was(self, world: World, stream: Stream) -> None:
        traces = everywhere(world, stream)
        assert erase().status == 204
        assert call("accounts", "GET", f"/users/{id_of('ana')}", user="ben").status == 404
        assert ADDRESS not in str([item.serialize() for item in Item.scan() if item.pk.startswith("EMAIL#")])
        listed = call("rsvps", "GET", f"/workshops/{traces.past}/attendees", user="host").json["items"]
        assert "Former member" in [one["user"]["display_name"] for one in listed]
        body = {"username": f"ana_{CANARY}"}
        assert call("accounts", "PATCH", "/me", user="dora", body=body).status == 200

    def test_who_signs_in_the_same_way_is_refused(self, world: World, stream: Stream) -> None:
        traces = everywhere(world, stream)
        erase()
        stream.run()
        for api, method, path, body in (
            ("accounts", "GET", "/me", None),
            ("accounts", "PATCH", "/me", {"bio": "x"}),
            ("accounts", "GET", "/me/export", None),
            ("workshops", "POST", "/workshops", workshops.wanted()),
            ("rsvps", "POST", f"/workshops/{traces.to_come}/rsvp", None),
        ):
            reply = call(api, method, path, user="ana", body=body)
            assert (reply.status, reply.code) == (403, "account_erased"), path
        note = call("rooms", "GET", f"/workshops/{traces.past}/note", user="ana")
        assert note.status == 403

    def test_a_second_time_and_before_the_first_sight_there_is_nothing_to_do(self, world: World) -> None:
        world.meet("ana")
        assert [erase().status, erase().status, erase("stranger").status] == [204, 204, 204]
        assert profile_of("stranger") is None

    def test_twins_at_once_erase_once(self, world: World) -> None:
        world.meet("ana")
        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(lambda _: erase().status, range(4))) == {204}
        entries = Item.query(f"AUDIT#{id_of('ana')}", consistent_read=True)
        assert len(list(entries)) == 1

    def test_administrators_cannot_wake_the_erased(self, world: World) -> None:
        world.meet("ana")
        erase()
        body = {"status": "active"}
        reply = call("accounts", "PATCH", f"/users/{id_of('ana')}", user="root", groups=("admin",), body=body)
        assert reply.status == 404


class TestWhoMay:
    @pytest.mark.parametrize("status", ["scheduled", "lobby", "live"])
    def test_not_while_hosting_what_is_not_over(self, world: World, status: str) -> None:
        workshop_id = a_workshop(world, status)
        reply = erase("host")
        assert (reply.status, reply.code) == (409, "hosting")
        assert call("accounts", "GET", "/me", user="host").status == 200
        assert workshops.ask("DELETE", f"/{workshop_id}").status == 204
        assert erase("host").status == 204

    def test_not_while_a_series_goes_on(self, world: World, stream: Stream) -> None:
        world.meet("host")
        series_id = begun(rrule="FREQ=YEARLY;INTERVAL=5", start_date="2031-01-06")
        assert erase("host").code == "hosting"
        assert ask_series("DELETE", f"/{series_id}").status == 204
        stream.run()
        assert erase("host").status == 204

    def test_a_series_that_was_ended_from_its_first_workshop_on_is_none_any_more(
        self, world: World, stream: Stream
    ) -> None:
        world.meet("host")
        first = made_by(begun(clock.now(), rrule="FREQ=WEEKLY"))[0].id
        assert erase("host").code == "hosting"
        assert (
            call("workshops", "DELETE", f"/workshops/{first}", user="host", query={"scope": "following"}).status == 204
        )
        stream.run()
        assert erase("host").status == 204

    def test_nor_is_one_whose_rule_has_come_to_its_end(self, world: World) -> None:
        world.meet("host")
        for workshop in made_by(begun(clock.now() - 30 * DAY, rrule="FREQ=DAILY;COUNT=2")):
            workshops.set_in_table(workshop.id, status="ended")
        assert erase("host").status == 204

    def test_not_while_suspended(self, world: World) -> None:
        world.meet("ana")
        suspend("ana")
        assert erase().code == "account_suspended"

    def test_a_workshop_made_at_that_moment_is_cancelled(self, world: World, stream: Stream) -> None:
        world.meet("host")
        workshop_id = world.workshop()["id"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(erasing, "_hosts", lambda _: False)
            assert erase("host").status == 204
        stream.run()
        assert workshops.stored(workshop_id).status == "cancelled"


class TestCrashes:
    @pytest.mark.parametrize("dying", [killed_before, killed_after])
    @pytest.mark.usefixtures("table")
    def test_the_first_step_is_all_or_nothing(self, dying: Any) -> None:
        call("accounts", "PATCH", "/me", user="ana", body={"username": "ana"})
        with pytest.raises(Killed), dying(1):
            erase()
        is_done = table.read_one(erasure_key(id_of("ana"))) is not None
        profile = profile_of("ana")
        assert profile is not None
        assert is_done is (profile.status == "erased") is (dying is killed_after)
        assert erase().status == 204

    def test_killed_again_and_again_it_is_finished_in_the_end(self, world: World, stream: Stream) -> None:
        traces = everywhere(world, stream)
        erase()
        deaths = 0
        for _ in range(60):
            try:
                with killed_before(3):
                    clearing.clear(id_of("ana"))
                break
            except Killed:
                deaths += 1
        assert deaths > 4
        stream.run()
        judge(traces)

    def test_killed_on_the_way_out_of_a_live_room_no_message_is_left(self, world: World, stream: Stream) -> None:
        live = a_workshop(world, "live", ("ana", "ben"))
        assert chatting.write(live, f"said {CANARY}").status == 201
        stream.run()
        erase()
        for _ in range(20):
            try:
                with killed_after(1):
                    clearing.clear(id_of("ana"))
                break
            except Killed:
                continue
        stream.run()
        assert (found(CANARY), seats.status_of(live, "ana")) == ([], None)

    def test_a_message_goes_though_its_writer_withdrew_long_ago(self, world: World, stream: Stream) -> None:
        live = a_workshop(world, "live", ("ana", "ben"))
        assert chatting.write(live, f"said {CANARY}").status == 201
        put_fact(live, "ana", "join", 0)
        stream.run()
        assert seats.withdraw(live, "ana").status == 204
        erase()
        stream.run()
        assert found(CANARY) == []

    @pytest.mark.parametrize("going", ["withdrawn", "removed"])
    def test_what_was_said_before_going_is_told_and_taken_back(self, world: World, stream: Stream, going: str) -> None:
        live = a_workshop(world, "live", ("ana", "ben"))
        assert [chatting.write(live, f"{CANARY} {number}").status for number in range(2)] == [201, 201]
        gone = seats.withdraw(live, "ana") if going == "withdrawn" else seats.remove(live, "ana")
        assert gone.status == 204
        stream.run()
        held = export()
        assert [one["message"] for one in held["chat_messages"]] == [f"{CANARY} 0", f"{CANARY} 1"]
        rows = [one["rsvp_status"] for one in held["attendance"]]
        assert rows == ([] if going == "withdrawn" else ["removed"])
        erase()
        stream.run()
        assert found(CANARY) == []
        assert {item.sk for item in Item.query(f"USER#{id_of('ana')}", consistent_read=True)} == {"#PROFILE"}

    def test_without_time_it_stops_and_goes_on_later(self, world: World, stream: Stream) -> None:
        traces = everywhere(world, stream)
        erase()
        with pytest.raises(OutOfTimeError), time_to_start(0):
            clearing.clear(id_of("ana"))
        assert found(CANARY)
        stream.run()
        judge(traces)


def test_a_follower_who_is_erased_gets_no_more_places(world: World, stream: Stream) -> None:
    traces = everywhere(world, stream)
    erase()
    stream.run()
    rows = [item for item in Item.scan() if item.sk == f"FOLLOWER#{id_of('ana')}"]
    assert rows == []
    assert leave(traces.series).code == "account_erased"
