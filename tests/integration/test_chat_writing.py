"""Writing in the chat: what is taken, when, and that one message is one however often it is sent."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest

from atelier import table
from atelier.idempotency import Guard, IdempotencyRecord, ReplayedError
from atelier.rooms import chat, schemas
from atelier.rooms.items import ChatMessage, message_key, spoke_key
from atelier.table import Item
from tests.calling import World, id_of
from tests.chatting import after_start, caller, messages, room, write, write_at
from tests.counting import counted
from tests.faults import Fault, Killed, answers_lost, failing_with, killed_after, killed_before
from tests.rooms import a_workshop, remove, suspend
from tests.workshops import ask

type Death = Callable[[int], AbstractContextManager[Fault]]


def test_a_message_is_answered_as_it_stands_in_the_chat(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    reply = write(workshop_id, "Which cone is that?")
    assert reply.status == 201
    assert reply.json.keys() == {"id", "user", "message", "offset_ms", "created_at"}
    assert reply.json["user"]["id"] == id_of("ana")
    assert reply.headers["etag"] == '"1"'
    assert room("GET", workshop_id, "chat").json == {"items": [reply.json], "next_cursor": None}
    path, _, query = reply.headers["location"].partition("?")
    assert path == f"/v1/workshops/{workshop_id}/chat"
    assert query == f"from_offset_ms={reply.json['offset_ms']}"


def test_the_offset_counts_milliseconds_from_the_start_and_is_never_below_it(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    offsets = [
        write_at(workshop_id, after_start(workshop_id, **span)).offset_ms
        for span in ({"milliseconds": -300}, {"seconds": 0}, {"milliseconds": 1}, {"minutes": 90, "milliseconds": 7})
    ]
    assert offsets == [0, 0, 1, 90 * 60_000 + 7]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  padded \n", "padded"),
        ("two\r\nlines", "two\nlines"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("x" * 1000, "x" * 1000),
        ("\U0001f3fa" * 1000, "\U0001f3fa" * 1000),
        ("<b>not ours to escape</b>", "<b>not ours to escape</b>"),
    ],
)
def test_a_text_is_kept_trimmed_and_normal(world: World, sent: str, kept: str) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    assert write(workshop_id, sent).json["message"] == kept
    assert messages(workshop_id) == [kept]


def test_what_is_no_message_is_refused_and_leaves_no_trace(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    for text in ("", "  \n ", "x" * 1001, "bell\a", "null\0", "escape\x1b[31m", "\x85", 7, None, ["x"], "\ud800"):
        reply = room("POST", workshop_id, "chat", body={"message": text})
        assert (reply.status, reply.code) == (422, "validation_failed"), repr(text)
    assert room("POST", workshop_id, "chat", body={"message": "x", "user": "ben"}).status == 422
    assert messages(workshop_id) == []
    assert table.read_one(chat.FLOOD.key(workshop_id, id_of("ana"))) is None


def test_nobody_writes_but_while_the_workshop_is_live(world: World) -> None:
    for status in ("scheduled", "lobby", "ended", "cancelled"):
        workshop_id = a_workshop(world, status, seated=("ana",))
        for user in ("ana", "host", "admin"):
            reply = write(workshop_id, user=user)
            assert (reply.status, reply.code) == (409, "room_not_open"), (status, user)
        assert messages(workshop_id) == []


def test_in_person_there_is_no_room_to_write_in(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",), format="in_person")
    assert (write(workshop_id).status, write(workshop_id).code) == (409, "no_room")
    assert messages(workshop_id) == []


def test_the_same_key_gives_the_same_answer_and_no_second_message(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "ben"))
    first, again = (write(workshop_id, key="k-1") for _ in range(2))
    assert (again.status, again.json) == (201, first.json)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert {name: first.headers[name] for name in ("location", "etag")} == {
        name: again.headers[name] for name in ("location", "etag")
    }
    assert write(workshop_id, "Something else", key="k-1").code == "idempotency_key_reused"
    assert write(workshop_id, user="ben", key="k-1").status == 201
    assert messages(workshop_id) == ["Hello", "Hello"]


def test_without_a_key_the_same_words_are_another_message(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    assert len({write(workshop_id).json["id"] for _ in range(3)}) == 3


def test_a_replay_takes_no_place_in_the_window_and_outlives_the_workshop(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    replies = [write(workshop_id, key="k-1") for _ in range(15)]
    assert {reply.status for reply in replies} == {201}
    ask("POST", f"/{workshop_id}/end")
    assert write(workshop_id, key="k-1").json == replies[0].json


def test_a_key_opens_nothing_to_somebody_who_was_put_out(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "ben"))
    write(workshop_id, key="k-1")
    write(workshop_id, user="ben", key="k-1")
    remove(workshop_id, "ana")
    suspend("ben")
    assert write(workshop_id, key="k-1").code == "removed"
    assert write(workshop_id, user="ben", key="k-1").code == "account_suspended"


@pytest.mark.parametrize("die", [killed_before, killed_after])
def test_a_process_that_dies_leaves_all_or_nothing_and_the_same_key_mends_it(world: World, die: Death) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    key = str(uuid.uuid4())
    with pytest.raises(Killed), die(1):
        write(workshop_id, key=key)
    in_chat, records = messages(workshop_id), records_of("ana")
    assert len(in_chat) == len(records) == (0 if die is killed_before else 1)
    again = write(workshop_id, key=key)
    assert again.status == 201
    assert ("idempotency-replayed" in again.headers) == (die is killed_after)
    assert [item["id"] for item in room("GET", workshop_id, "chat").json["items"]] == [again.json["id"]]


def records_of(user: str) -> list[IdempotencyRecord]:
    """Every answer that is kept for somebody's keys."""
    found = [item for item in Item.scan(consistent_read=True) if isinstance(item, IdempotencyRecord)]
    return [item for item in found if item.pk.startswith(f"IDEMPOTENCY#{id_of(user)}#")]


def test_an_answer_that_is_lost_on_the_way_is_given_again(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    with answers_lost(times=float("inf"), on={"TransactWriteItems"}) as fault:
        lost = write(workshop_id, key="k-1")
    assert fault.struck > 0
    assert (lost.status, lost.code) == (503, "table_unavailable")
    again = write(workshop_id, key="k-1")
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    assert messages(workshop_id) == ["Hello"]


def test_a_twin_with_the_same_key_is_answered_what_the_faster_one_was(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    at = after_start(workshop_id, seconds=10)
    guard = Guard(id_of("ana"), "k-1", "fingerprint")
    faster: list[schemas.Message] = []

    def say(clock: Callable[[], datetime]) -> schemas.Message:
        return chat.post(workshop_id, caller("ana"), "Hello", guard, locate=lambda _: "/", at=clock)

    def with_a_twin_between() -> datetime:
        if not faster:
            faster.append(say(at))
        return at()

    with pytest.raises(ReplayedError) as replayed:
        say(with_a_twin_between)
    assert replayed.value.record.body == faster[0].model_dump_json()
    assert messages(workshop_id) == ["Hello"]


def test_throttling_passes(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    with failing_with("ThrottlingException", 3):
        assert write(workshop_id).status == 201
    assert messages(workshop_id) == ["Hello"]


def test_a_message_costs_two_round_trips(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    for key, operations in (
        (None, ["BatchGetItem", "TransactWriteItems"]),
        ("k-1", ["BatchGetItem", "TransactWriteItems"]),
        ("k-1", ["BatchGetItem"]),
    ):
        with counted() as use:
            assert write(workshop_id, key=key).status == 201
        assert use.operations == operations


def test_the_first_message_of_a_person_alone_marks_that_they_wrote(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    with counted() as first:
        write(workshop_id)
    with counted() as then:
        write(workshop_id)
    assert table.read_one(spoke_key(id_of("ana"), workshop_id)) is not None
    assert (first.write_units, then.write_units) == (6, 4)
    assert (first.round_trips, then.round_trips) == (2, 2)


def test_a_message_stands_where_a_replay_looks_for_it(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    sent = write_at(workshop_id, after_start(workshop_id, seconds=61))
    stored = table.read_one(message_key(workshop_id, 61_000, sent.id))
    assert isinstance(stored, ChatMessage)
    assert (stored.pk, stored.sk) == (f"CHAT#{workshop_id}", f"000000061000#{sent.id}")
    assert stored.expires_at is None
