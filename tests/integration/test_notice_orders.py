"""Whatever the order and however often each comes, a session's notices leave the same behind."""

import itertools
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from atelier import table as layer
from atelier.attendance.items import Attendance, attendance_pk
from atelier.table import Item
from tests import recordings
from tests.calling import id_of
from tests.notices import (
    AUDIENCE_JOINS,
    AUDIENCE_LEAVES,
    BEGAN,
    HOST_JOINS,
    HOST_LEAVES,
    RECORDING,
    TO_HOST,
    Told,
    a_channel,
    came,
    deliver,
    in_some_order,
    participant,
    sent,
    states,
    told,
)
from tests.sizes import size
from tests.streaming import Stream

ANA, BEN = 1_001, 1_002
ORDERS = list(itertools.permutations(range(5)))
BATCH = 10

type Session = Callable[[str], list[Told]]


def in_and_out(channel: str) -> list[Told]:
    """One device joins, loses its connection, joins again, may speak, leaves."""
    return [
        came(AUDIENCE_JOINS, channel, ANA, 0),
        came(AUDIENCE_LEAVES, channel, ANA, 600, reason=10, duration=600),
        came(AUDIENCE_JOINS, channel, ANA, 630),
        came(TO_HOST, channel, ANA, 900),
        came(HOST_LEAVES, channel, ANA, 3600, reason=1, duration=2970),
    ]


def half_and_half(channel: str) -> list[Told]:
    """The host joins and leaves; a recording starts, is uploaded and ends."""
    started, *_, uploaded, exited = (
        told(notice.type, notice.payload, product=RECORDING) for notice in recordings.whole_session(channel)
    )
    host = [came(HOST_JOINS, channel, BEN, 0), came(HOST_LEAVES, channel, BEN, 3600, duration=3600)]
    return [*host, started, uploaded, exited]


def prepare(many: int) -> list[tuple[str, str]]:
    """The rooms of so many workshops, each with a recording that was asked for; ids and channels."""
    rooms = []
    for number in range(many):
        workshop_id = f"wks_{number:04}"
        rooms.append((workshop_id, a_channel(workshop_id, {ANA: ("ana", "main"), BEN: ("ben", "main")})))
        recordings.recording("rec_01", workshop_id, folder="recordings/same").save()
    return rooms


def apply(notices: Sequence[Told]) -> None:
    """Sends notices, each time under another id, in batches as the queue hands them on."""
    for few in itertools.batched(notices, BATCH, strict=False):
        assert deliver([sent(notice) for notice in few]) == []


def with_repetitions(notices: Sequence[Told], dice: random.Random) -> list[Told]:
    """Each notice one to five times, first in the order given and then anywhere after that."""
    order: list[Told] = []
    for notice in reversed(notices):
        for _ in range(dice.choice((0, 0, 0, 0, 1, 4))):
            order.insert(dice.randint(0, len(order)), notice)
        order.insert(0, notice)
    return order


def left_behind(workshop_id: str) -> dict[Any, Any]:
    """All that notices have told of a workshop, and what the stream made of it."""
    recording = recordings.state(recordings.read(workshop_id))
    return {
        **states(workshop_id),
        "recording": {name: v for name, v in recording.items() if name != "pk"},
        "attendance": attendance(workshop_id),
    }


def attendance(workshop_id: str) -> dict[str, Any]:
    """Who was in when, in seconds after the beginning."""
    found = [item for item in Item.query(attendance_pk(workshop_id)) if isinstance(item, Attendance)]
    return {item.user_id: [(came - BEGAN, left and left - BEGAN) for came, left in item.intervals] for item in found}


@pytest.mark.parametrize(
    ("session", "facts", "who", "orders"),
    [(in_and_out, 5, "ana", ORDERS[:: size(3, 1)]), (half_and_half, 2, "ben", ORDERS[:: size(5, 1)])],
)
def test_all_orders_of_five_notices_leave_the_same_behind(
    stream: Stream, session: Session, facts: int, who: str, orders: list[tuple[int, ...]]
) -> None:
    dice = random.Random(5)  # noqa: S311 - not a secret
    (first, channel), *rooms = prepare(len(orders) + 1)
    apply(session(channel))
    stream.run()
    expected = left_behind(first)
    assert sum(key[0] == "PRESENCE" for key in expected) == facts
    assert expected["attendance"] == {id_of(who): [(0, 3600)]}
    later = []
    for order, (workshop_id, channel) in zip(orders, rooms, strict=True):
        notices = session(channel)
        told = with_repetitions([notices[position] for position in order], dice)
        half = dice.randint(0, len(told))
        apply(told[:half])
        later.append((workshop_id, order, told[half:]))
    stream.run()
    for _, _, told in later:
        apply(told)
    stream.run()
    for workshop_id, order, _ in later:
        assert left_behind(workshop_id) == expected, order


@pytest.mark.usefixtures("table")
def test_many_at_once_leave_the_same_behind() -> None:
    dice = random.Random(6)  # noqa: S311 - not a secret
    (first, channel), *rooms = prepare(6)
    apply(in_and_out(channel))
    for workshop_id, channel in rooms:
        bodies = [sent(notice) for notice in in_some_order(in_and_out(channel), dice)]
        with ThreadPoolExecutor(8) as pool:
            assert all(failed == [] for failed in pool.map(lambda body: deliver([body]), bodies))
        assert left_behind(workshop_id) == left_behind(first)


@pytest.mark.usefixtures("table")
def test_without_the_condition_on_the_sequence_the_order_would_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    def regardless(kind: Any, key: Any, actions: Any, _: Any) -> Any:
        return update(kind, key, actions, kind.pk.exists() | kind.pk.does_not_exist())

    update = layer.update_or_see
    monkeypatch.setattr(layer, "update_or_see", regardless)
    states_in_the_end = set()
    for order, (workshop_id, channel) in zip(itertools.permutations((1, 2, 4)), prepare(6), strict=True):
        apply([in_and_out(channel)[position] for position in order])
        state = participant(workshop_id, ANA)
        assert state is not None
        states_in_the_end.add(state.is_in)
    assert states_in_the_end == {True, False}
