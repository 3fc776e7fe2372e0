"""Notes: one each, for oneself alone, and never lost to an edit from another device."""

from collections.abc import Callable
from datetime import datetime

import pytest

from atelier import clock, table
from atelier.edits import Expected
from atelier.errors import StaleVersionError
from atelier.rooms import notes
from atelier.rooms.items import Note, note_key
from tests.calling import Reply, World, id_of
from tests.chatting import after_start, caller, room
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after, killed_before
from tests.rooms import a_workshop, rsvp
from tests.workshops import ask


def put(workshop_id: str, content: object, user: str = "ana", *, match: str | None = None) -> Reply:
    """Writes somebody's note."""
    headers = {"If-Match": match} if match else None
    return room("PUT", workshop_id, "note", user, body={"content": content}, headers=headers)


def read(workshop_id: str, user: str = "ana") -> Reply:
    """Somebody's note."""
    reply = room("GET", workshop_id, "note", user)
    assert reply.status == 200, reply.text
    return reply


def test_before_it_is_written_a_note_is_empty(world: World) -> None:
    reply = read(a_workshop(world))
    assert reply.json == {"content": "", "updated_at": None}
    assert reply.headers["etag"] == '"0"'


def test_a_note_is_kept_and_replaced(world: World) -> None:
    workshop_id = a_workshop(world)
    first = put(workshop_id, "Cone 6\n\t- slow cooling")
    assert (first.status, first.headers["etag"]) == (200, '"1"')
    assert first.json["content"] == "Cone 6\n\t- slow cooling"
    assert clock.from_text(first.json["updated_at"]) <= clock.now()
    second = put(workshop_id, "")
    assert (second.status, second.headers["etag"], second.json["content"]) == (200, '"2"', "")
    now = read(workshop_id)
    assert (now.json, now.headers["etag"]) == (second.json, '"2"')


def test_a_note_may_be_long_and_not_longer(world: World) -> None:
    workshop_id = a_workshop(world)
    longest = "\U0001f3fa" * 20_000
    assert put(workshop_id, longest).status == 200
    assert read(workshop_id).json["content"] == longest
    for content in ("x" * 20_001, "bell\a", 7, None):
        assert put(workshop_id, content).code == "validation_failed"
    assert read(workshop_id).headers["etag"] == '"1"'


def test_everybody_has_a_note_of_their_own_administrators_too(world: World) -> None:
    workshop_id, other = a_workshop(world, seated=("ana",)), a_workshop(world)
    for user in ("ana", "host", "admin"):
        assert put(workshop_id, f"Of {user}", user).status == 200
    assert [read(workshop_id, user).json["content"] for user in ("ana", "host", "admin", "cleo")] == [
        "Of ana",
        "Of host",
        "Of admin",
        "",
    ]
    assert read(other).json["content"] == ""


def test_a_note_is_there_before_during_and_after_and_when_it_was_cancelled(world: World) -> None:
    for status in ("scheduled", "lobby", "live", "ended", "cancelled"):
        workshop_id = a_workshop(world, status, seated=("ana",))
        assert put(workshop_id, status).status == 200
        assert read(workshop_id).json["content"] == status
    assert put(a_workshop(world, format="in_person"), "Bring clay").status == 200


def test_whoever_edits_an_old_version_is_told_so(world: World) -> None:
    workshop_id = a_workshop(world)
    assert put(workshop_id, "First", match='"1"').code == "stale_version"
    assert put(workshop_id, "First", match='"0"').status == 200
    assert put(workshop_id, "Second", match='"0"').status == 412
    assert put(workshop_id, "Second", match='"1"').status == 200
    assert put(workshop_id, "Third", match='"7", "2"').status == 200
    assert put(workshop_id, "Fourth", match="*").status == 200
    assert put(workshop_id, "Fifth", match="4").code == "bad_if_match"
    assert read(workshop_id).json["content"] == "Fourth"


def test_the_same_words_again_change_nothing(world: World) -> None:
    workshop_id = a_workshop(world)
    first = put(workshop_id, "Cone 6")
    with counted() as use:
        again = put(workshop_id, "Cone 6")
    assert use.operations == ["BatchGetItem"]
    assert (again.json, again.headers["etag"]) == (first.json, '"1"')


def test_a_note_costs_one_round_trip_to_read_and_two_to_write(world: World) -> None:
    workshop_id = a_workshop(world)
    read(workshop_id)
    asked = []
    for content in ("First", "Second"):
        with counted() as use:
            put(workshop_id, content)
        asked.append(use.operations)
        with counted() as use:
            read(workshop_id)
        asked.append(use.operations)
    assert asked == [["BatchGetItem", "UpdateItem"], ["BatchGetItem"]] * 2


def test_of_two_devices_that_saw_the_same_version_one_is_told(world: World) -> None:
    workshop_id = a_workshop(world)
    for version, text in enumerate(("First", "Second")):
        seen = Expected(frozenset({str(version)}))
        moment = after_start(workshop_id, seconds=version)

        def with_a_rival_between(
            text: str = text, seen: Expected = seen, moment: Callable[[], datetime] = moment
        ) -> datetime:
            notes.write(workshop_id, caller("ana"), f"{text} of the rival", seen)
            return moment()

        with pytest.raises(StaleVersionError):
            notes.write(workshop_id, caller("ana"), text, seen, at=with_a_rival_between)
        assert read(workshop_id).json["content"] == f"{text} of the rival"


def test_who_does_not_ask_for_a_version_writes_last(world: World) -> None:
    workshop_id = a_workshop(world)
    rivals = ["Rival"]
    moment = after_start(workshop_id, seconds=1)

    def with_a_rival_between() -> datetime:
        while rivals:
            notes.write(workshop_id, caller("ana"), rivals.pop())
        return moment()

    note = notes.write(workshop_id, caller("ana"), "Mine", at=with_a_rival_between)
    assert (note.text, int(note.version)) == ("Mine", 2)
    assert read(workshop_id).json["content"] == "Mine"


def test_a_process_that_dies_and_an_answer_that_is_lost_leave_one_version(world: World) -> None:
    workshop_id = a_workshop(world)
    with pytest.raises(Killed), killed_before(1):
        put(workshop_id, "First", user="host")
    assert read(workshop_id, "host").headers["etag"] == '"0"'
    with pytest.raises(Killed), killed_after(1):
        put(workshop_id, "First", user="host")
    assert put(workshop_id, "First", user="host").headers["etag"] == '"1"'
    for text, version in (("Second", 2), ("Third", 3)):
        with answers_lost() as fault:
            reply = put(workshop_id, text, user="host")
        assert (fault.struck, reply.status, reply.headers["etag"]) == (1, 200, f'"{version}"')
        assert read(workshop_id, "host").json["content"] == text


def test_when_it_was_written_first_is_kept(world: World) -> None:
    workshop_id = a_workshop(world)
    first, second = after_start(workshop_id, seconds=1), after_start(workshop_id, seconds=60)
    notes.write(workshop_id, caller("ana"), "First", at=first)
    notes.write(workshop_id, caller("ana"), "Second", at=second)
    stored = table.read_one(note_key(id_of("ana"), workshop_id))
    assert isinstance(stored, Note)
    assert (stored.created_at, stored.updated_at) == (first(), second())


def test_whoever_no_longer_sees_a_private_workshop_no_longer_sees_their_note_of_it(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",), status="scheduled")
    put(workshop_id, "Mine")
    assert ask("PATCH", f"/{workshop_id}", body={"is_private": True}).status == 200
    assert read(workshop_id).json["content"] == "Mine"
    rsvp(workshop_id, "ana", "DELETE")
    assert [room("GET", workshop_id, "note").status, put(workshop_id, "Still mine").status] == [404, 404]
