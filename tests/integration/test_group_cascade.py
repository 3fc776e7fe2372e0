"""A deleted group: what becomes of its workshops, whatever dies, comes twice or comes in between."""

from typing import Any

import pytest

from atelier.groups import cascade
from atelier.retries import OutOfTimeError, time_to_start
from tests import attendance, workshops
from tests.calling import World, call, id_of
from tests.counting import counted
from tests.faults import Killed, killed_after, killed_before, overtaken
from tests.groups import a_group, ask, members
from tests.messages import Outbox
from tests.rooms import a_workshop
from tests.seats import rsvp
from tests.streaming import Stream
from tests.workshops import audit_of, run, stored, walk


def deleted(group_id: str, **more: Any) -> None:
    assert ask("DELETE", group_id, **more).status == 204


def states(*workshop_ids: str) -> list[tuple[str, str | None]]:
    return [(stored(workshop_id).status, stored(workshop_id).group_id) for workshop_id in workshop_ids]


class TestWhatFollows:
    def test_what_has_not_begun_is_cancelled_and_the_rest_stands(self, world: World, stream: Stream) -> None:
        group_id = a_group(world)
        planned, private, lobby, live, ended, gone = (
            world.workshop(group_id=group_id, is_private=number == 1)["id"] for number in range(6)
        )
        run(lobby, "lobby")
        run(live, "start")
        run(ended, "start", "end")
        workshops.ask("DELETE", f"/{gone}")
        elsewhere = world.workshop(group_id=a_group(world))["id"]
        versions = [int(stored(one).version) for one in (live, ended, gone)]
        deleted(group_id)
        stream.run()
        assert states(planned, private, lobby) == [("cancelled", None)] * 3
        assert states(live, ended, gone) == [("live", None), ("ended", None), ("cancelled", None)]
        assert [int(stored(one).version) for one in (live, ended, gone)] == versions
        assert stored(elsewhere).status == "scheduled"
        assert (members(group_id), walk(group=group_id), walk(group=group_id, past=True)) == (set(), [[]], [[]])
        assert walk(past=True) == [[ended]]
        assert audit_of(lobby)[-1] == (
            "workshop_cancelled",
            {"from": "lobby", "to": "cancelled", "group": group_id},
        )

    def test_attendance_stands(self, world: World, stream: Stream) -> None:
        group_id = a_group(world)
        session = attendance.Session(world, ("ana",), group_id=group_id)
        attendance.put_fact(session.id, "ana", "join", 0)
        stream.run()
        session.end()
        before = attendance.of(session.id, "ana")
        deleted(group_id)
        stream.run()
        assert before is not None
        assert before["present"]
        assert attendance.of(session.id, "ana") == before

    def test_everybody_is_told_but_the_owner_who_deleted(self, world: World, stream: Stream, sent: Outbox) -> None:
        group_id = a_group(world)
        workshop_id = world.workshop(group_id=group_id)["id"]
        rsvp(workshop_id, "ana")
        stream.run()
        deleted(group_id)
        stream.run()
        assert [(task["audience"], task["but"], task["people"]) for task in told(sent)] == [
            ("everybody", id_of("host"), [])
        ]

    def test_the_host_is_told_when_an_administrator_deleted(self, world: World, stream: Stream, sent: Outbox) -> None:
        group_id = a_group(world)
        world.workshop(group_id=group_id)
        deleted(group_id, user="root", groups=("admin",))
        stream.run()
        assert [(task["audience"], task["but"], task["people"]) for task in told(sent)] == [
            ("everybody", id_of("root"), []),
            ("named", None, [id_of("host")]),
        ]


def told(sent: Outbox) -> list[dict[str, Any]]:
    return [task for task in sent.tasks if task.get("type") == "workshop_cancelled"]


class TestCrashes:
    @pytest.mark.parametrize("write", [1, 2, 3])
    @pytest.mark.parametrize(("dying", "done"), [(killed_before, -1), (killed_after, 0)])
    def test_killed_at_any_write_it_is_finished_the_next_time(
        self, world: World, stream: Stream, sent: Outbox, write: int, dying: Any, done: int
    ) -> None:
        group_id = a_group(world)
        planned = [world.workshop(group_id=group_id)["id"] for _ in range(2)]
        begun = world.workshop(group_id=group_id)["id"]
        run(begun, "start")
        deleted(group_id)
        with pytest.raises(Killed), dying(write):
            cascade.clear(group_id, id_of("host"))
        assert len(members(group_id)) == 3 - write - done
        stream.run()
        assert states(*planned, begun) == [("cancelled", None)] * 2 + [("live", None)]
        assert members(group_id) == set()
        assert [len(audit_of(one)) for one in planned] == [1, 1]
        assert len(told(sent)) == 2

    def test_without_time_it_stops_and_goes_on_later(self, world: World) -> None:
        group_id = a_group(world)
        planned = [world.workshop(group_id=group_id)["id"] for _ in range(3)]
        deleted(group_id)
        with pytest.raises(OutOfTimeError), time_to_start(0):
            cascade.clear(group_id, id_of("host"))
        assert len(members(group_id)) == 3
        assert cascade.clear(group_id, id_of("host")) == 3
        assert cascade.clear(group_id, id_of("host")) == 0
        assert states(*planned) == [("cancelled", None)] * 3

    def test_the_deletion_itself_is_all_or_nothing(self, world: World, stream: Stream) -> None:
        group_id = a_group(world)
        workshop_id = world.workshop(group_id=group_id)["id"]
        with pytest.raises(Killed), killed_before(1):
            ask("DELETE", group_id)
        stream.run()
        assert (ask("GET", group_id).status, stored(workshop_id).status) == (200, "scheduled")
        with pytest.raises(Killed), killed_after(1):
            ask("DELETE", group_id)
        stream.run()
        assert (ask("GET", group_id).status, stored(workshop_id).status) == (404, "cancelled")


class TestMeanwhile:
    def test_one_that_begins_at_that_moment_goes_on(self, world: World, stream: Stream) -> None:
        group_id = a_group(world)
        workshop_id = world.workshop(group_id=group_id)["id"]
        deleted(group_id)
        with overtaken(1, lambda: run(workshop_id, "start")) as fault:
            cascade.clear(group_id, id_of("host"))
        assert fault.struck == 1
        assert states(workshop_id) == [("live", None)]
        stream.run()
        assert states(workshop_id) == [("live", None)]

    def test_one_that_moves_to_another_group_at_that_moment_is_spared(self, world: World) -> None:
        group_id, other = a_group(world), a_group(world)
        workshop_id = world.workshop(group_id=group_id)["id"]
        deleted(group_id)
        move = lambda: workshops.ask("PATCH", f"/{workshop_id}", body={"group_id": other})  # noqa: E731
        with overtaken(1, move) as fault:
            cascade.clear(group_id, id_of("host"))
        assert fault.struck == 1
        assert (states(workshop_id), members(other)) == ([("scheduled", other)], {workshop_id})

    def test_one_made_just_before_is_found_though_no_index_shows_it(
        self, world: World, stream: Stream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The index is what may be late: here it never comes."""
        group_id = a_group(world)
        monkeypatch.setattr("atelier.workshops.items.group_list_key", lambda *_, **__: None)
        workshop_id = world.workshop(group_id=group_id)["id"]
        assert walk(group=group_id) == [[]]
        deleted(group_id)
        stream.run()
        assert states(workshop_id) == [("cancelled", None)]

    def test_two_at_once_cancel_once(self, world: World) -> None:
        group_id = a_group(world)
        workshop_id = world.workshop(group_id=group_id)["id"]
        deleted(group_id)
        with overtaken(1, lambda: cascade.clear(group_id, id_of("host"))):
            cascade.clear(group_id, id_of("host"))
        assert (states(workshop_id), len(audit_of(workshop_id))) == ([("cancelled", None)], 1)
        assert stored(workshop_id).version == 2


def test_hundreds_cost_a_read_for_fifty_and_a_transaction_each(world: World) -> None:
    group_id = a_group(world)
    for _ in range(120):
        world.workshop(group_id=group_id)
    deleted(group_id)
    with counted() as use:
        assert cascade.clear(group_id, id_of("host")) == 120
    assert use.reads == ["Query", "Query", *["BatchGetItem"] * 3]
    assert use.writes == ["TransactWriteItems"] * 120


def test_a_live_workshop_of_a_deleted_group_still_ends(world: World, stream: Stream) -> None:
    group_id = a_group(world)
    workshop_id = a_workshop(world, "live", ("ana",), group_id=group_id)
    deleted(group_id)
    stream.run()
    assert call("workshops", "POST", f"/workshops/{workshop_id}/end", user="host").status == 200
