"""Long sessions of several devices: what is known in the end follows from what was told, not from when."""

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atelier.rooms.items import presence_key
from tests.calling import id_of
from tests.counting import Use
from tests.notices import (
    AUDIENCE_JOINS,
    AUDIENCE_LEAVES,
    HOST_JOINS,
    HOST_LEAVES,
    TO_AUDIENCE,
    TO_HOST,
    USER_JOINS,
    USER_LEAVES,
    Told,
    a_channel,
    came,
    deliver,
    facts,
    participant,
    sent,
)

DEVICES = {1: ("ana", "main"), 2: ("ana", "screen"), 3: ("ben", "main"), 4: ("host", "main")}
WHAT = {
    HOST_JOINS: "join",
    HOST_LEAVES: "leave",
    AUDIENCE_JOINS: "join",
    AUDIENCE_LEAVES: "leave",
    USER_JOINS: "join",
    USER_LEAVES: "leave",
    TO_HOST: "role",
    TO_AUDIENCE: "role",
}

_numbers = itertools.count(1)

type Event = tuple[int, int, int]
"""What happened: the type, the device, the second; no two events of a device have the same second."""

events = st.lists(
    st.tuples(st.sampled_from(sorted(WHAT)), st.sampled_from(sorted(DEVICES)), st.integers(0, 5000)),
    min_size=1,
    max_size=25,
    unique_by=lambda event: event[1:],
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """A session, and how it is told: some of it not at all, each of the rest once or more, in any order."""
    session = draw(events)
    heard = [event for event in session if draw(st.integers(0, 9))]
    told = [event for event in heard for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3))))]
    return heard, draw(st.permutations(told))


@pytest.mark.usefixtures("table")
@given(session=deliveries())
def test_facts_and_states_follow_from_what_was_told_and_not_from_its_order(
    session: tuple[list[Event], list[Event]], requests_made: Callable[[], AbstractContextManager[Use]]
) -> None:
    heard, order = session
    workshop_id = f"wks_{next(_numbers)}"
    channel = a_channel(workshop_id, DEVICES)
    with requests_made() as use:
        assert deliver([sent(_notice(channel, event)) for event in order]) == []
    assert use.round_trips <= 3 * len(order)

    notices = [_notice(channel, event) for event in heard]
    assert {fact.key for fact in facts(workshop_id)} == {_key(workshop_id, notice) for notice in notices}
    for uid in DEVICES:
        latest = max((event for event in heard if event[1] == uid), key=lambda event: event[2], default=None)
        state = participant(workshop_id, uid)
        if latest is None:
            assert state is None
        else:
            assert state is not None
            assert state.is_in is (WHAT[latest[0]] != "leave")
            assert state.client_seq == _notice(channel, latest)["payload"]["clientSeq"]


def _notice(channel: str, event: Event) -> Told:
    kind, uid, second = event
    return came(kind, channel, uid, second)


def _key(workshop_id: str, notice: dict[str, Any]) -> tuple[str, str]:
    payload = notice["payload"]
    user, _ = DEVICES[payload["uid"]]
    return presence_key(workshop_id, id_of(user), payload["uid"], payload["clientSeq"], WHAT[notice["eventType"]])
