"""The flood limit of the chat: ten messages in any five seconds, exactly, however many are sent at once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from pynamodb.transactions import TransactWrite

from atelier import table
from atelier.errors import RequestInProgressError, TooManyMessagesError
from atelier.limits import KEPT_FOR_S, Admission, LimitTimes
from atelier.rooms import chat
from atelier.rooms.items import ChatMessage, message_key
from atelier.table import Item
from tests.calling import World, id_of
from tests.chatting import after_start, messages, write, write_at
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after, killed_before
from tests.rooms import a_workshop

MOST = 10


def kept(workshop_id: str) -> list[ChatMessage]:
    """Every message of a chat, as it stands in the table."""
    pk, _ = message_key(workshop_id, 0, "")
    return [item for item in Item.query(pk, consistent_read=True) if isinstance(item, ChatMessage)]


def times_of(workshop_id: str, user: str = "ana") -> LimitTimes:
    """What is kept of somebody's last messages."""
    item = table.read_one(chat.FLOOD.key(workshop_id, id_of(user)))
    assert isinstance(item, LimitTimes)
    return item


def flood(workshop_id: str, at: Callable[[], datetime], people: int = 8, each: int = 5) -> Counter[str]:
    """Many devices of one person write at once; how often they were answered what."""
    barrier = Barrier(people)

    def one() -> Counter[str]:
        barrier.wait()
        told: Counter[str] = Counter()
        for _ in range(each):
            try:
                write_at(workshop_id, at)
                told["accepted"] += 1
            except (TooManyMessagesError, RequestInProgressError) as refusal:
                told[refusal.code] += 1
        return told

    with ThreadPoolExecutor(people) as pool:
        return sum((future.result() for future in [pool.submit(one) for _ in range(people)]), Counter[str]())


def test_of_forty_messages_at_once_exactly_ten_are_kept(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    told = flood(workshop_id, after_start(workshop_id, seconds=30))
    assert told["accepted"] == MOST
    assert sum(told.values()) == 40
    assert len(kept(workshop_id)) == MOST


def test_without_the_condition_more_would_get_through(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_anyway(admission: Admission, transaction: TransactWrite) -> None:
        transaction.save(LimitTimes(*admission.key, times_ms=admission.times_ms))

    monkeypatch.setattr(Admission, "write", write_anyway)
    workshop_id = a_workshop(world, seated=("ana",))
    at = after_start(workshop_id, seconds=30)
    for _ in range(MOST - 1):
        write_at(workshop_id, at)
    write_at(workshop_id, rival_between(workshop_id, at))
    assert len(kept(workshop_id)) == MOST + 1


def test_a_message_that_comes_between_reading_and_writing_counts(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    at = after_start(workshop_id, seconds=30)
    for _ in range(MOST - 1):
        write_at(workshop_id, at)
    with pytest.raises(TooManyMessagesError):
        write_at(workshop_id, rival_between(workshop_id, at))
    assert len(kept(workshop_id)) == MOST


def rival_between(workshop_id: str, at: Callable[[], datetime]) -> Callable[[], datetime]:
    """A clock that is looked at between reading and writing, and lets another message through the first time."""
    rivals = [lambda: write_at(workshop_id, at, text="Rival")]

    def clock() -> datetime:
        while rivals:
            rivals.pop()()
        return at()

    return clock


def test_one_too_many_is_told_when_to_try_again(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    refused = [reply for reply in (write(workshop_id, f"{n}") for n in range(MOST + 2)) if reply.status != 201]
    assert [(reply.status, reply.code) for reply in refused] == [(429, "too_many_messages")] * 2
    assert all(1 <= int(reply.headers["retry-after"]) <= 5 for reply in refused)
    assert messages(workshop_id) == [f"{n}" for n in range(MOST)]


def test_the_window_slides(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    for n in range(MOST):
        write_at(workshop_id, after_start(workshop_id, milliseconds=100 * n))
    with pytest.raises(TooManyMessagesError) as refusal:
        write_at(workshop_id, after_start(workshop_id, milliseconds=4999))
    assert refusal.value.retry_after_s == 1
    write_at(workshop_id, after_start(workshop_id, milliseconds=5000))
    with pytest.raises(TooManyMessagesError):
        write_at(workshop_id, after_start(workshop_id, milliseconds=5099))
    write_at(workshop_id, after_start(workshop_id, milliseconds=5100))


def test_each_person_and_each_workshop_has_a_window_of_its_own(world: World) -> None:
    first, second = (a_workshop(world, seated=("ana", "ben")) for _ in range(2))
    at = after_start(first, seconds=30)
    for _ in range(MOST):
        write_at(first, at)
    write_at(first, at, "ben")
    write_at(second, at)
    with pytest.raises(TooManyMessagesError):
        write_at(first, at)


def test_a_refusal_costs_one_read_and_no_write(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    at = after_start(workshop_id, seconds=30)
    for _ in range(MOST):
        write_at(workshop_id, at)
    with counted() as use, pytest.raises(TooManyMessagesError):
        write_at(workshop_id, at)
    assert use.operations == ["BatchGetItem"]


def test_the_window_is_forgotten_when_it_no_longer_matters(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    at = after_start(workshop_id, seconds=30)
    write_at(workshop_id, at)
    assert times_of(workshop_id).expires_at == int(at().timestamp()) + chat.FLOOD.within_s + KEPT_FOR_S


def test_a_window_that_is_deleted_while_somebody_writes_does_no_harm(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    write_at(workshop_id, after_start(workshop_id, seconds=30))
    later = after_start(workshop_id, minutes=10)
    deleted: list[Item] = []

    def clock() -> datetime:
        if not deleted:
            deleted.append(times_of(workshop_id))
            deleted[0].delete()
        return later()

    write_at(workshop_id, clock)
    assert len(kept(workshop_id)) == 2
    assert len(times_of(workshop_id).times_ms) == 1


def test_a_message_and_its_place_in_the_window_are_written_together_or_not_at_all(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    at = after_start(workshop_id, seconds=30)
    with pytest.raises(Killed), killed_before(1):
        write_at(workshop_id, at)
    assert table.read_one(chat.FLOOD.key(workshop_id, id_of("ana"))) is None
    assert kept(workshop_id) == []
    with pytest.raises(Killed), killed_after(1):
        write_at(workshop_id, at)
    assert len(times_of(workshop_id).times_ms) == len(kept(workshop_id)) == 1


def test_a_lost_answer_counts_once(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    with answers_lost() as fault:
        reply = write(workshop_id)
    assert (reply.status, fault.struck) == (201, 1)
    assert len(times_of(workshop_id).times_ms) == len(kept(workshop_id)) == 1
