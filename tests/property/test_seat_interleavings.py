"""Every order in which the steps of a few people can meet, with and without somebody dying on the way."""

from unittest.mock import patch

import pytest

from atelier.rsvps import repair, seats
from tests.sizes import IS_FULL

from . import seat_programs, seat_steps
from .interleavings import Stream, explore
from .seat_programs import Person, full, leave, resize, rsvp, untouched
from .seat_steps import Block, Row, Table

STEP_BY_STEP, AT_ONCE, LATE = Stream

CASES: dict[str, tuple[Table, list[Person], int, Stream]] = {
    "a cancellation while one waits": (full("A", waiting="W"), [leave("A")], 1, STEP_BY_STEP),
    "a cancellation while one asks": (full("A"), [leave("A"), rsvp("J", 1)], 1, STEP_BY_STEP),
    "two cancellations, two blocks, one waits": (
        full("A", "B", waiting="W"),
        [leave("A"), leave("B")],
        1,
        STEP_BY_STEP,
    ),
    "the one who waits leaves while a seat is freed": (
        full("A", waiting="W"),
        [leave("A"), leave("W")],
        1,
        STEP_BY_STEP,
    ),
    "twins take the last seat of a block nobody made": (untouched(1), [rsvp("J", 1), rsvp("J", 2)], 1, STEP_BY_STEP),
    "twins, of whom one trusts a stale memory": (
        full("A."),
        [rsvp("J", 1), rsvp("J", 2, remembers_dry=True)],
        1,
        STEP_BY_STEP,
    ),
    "a capacity cut while one asks": (full("A."), [resize(1), rsvp("J", 1)], 1, STEP_BY_STEP),
    "a capacity raise while one waits and one asks": (
        full("A", waiting="W"),
        [resize(2), rsvp("J", 1)],
        1,
        STEP_BY_STEP,
    ),
    "a limit lifted while one waits and one asks": (
        full("A", waiting="W"),
        [resize(None), rsvp("J", 1)],
        1,
        STEP_BY_STEP,
    ),
    "a removal while the removed asks again": (
        full("A", waiting="W"),
        [leave("A", removed=True), rsvp("A", 1), rsvp("J", 2)],
        1,
        AT_ONCE,
    ),
    "twins and their own cancellation": (untouched(1), [rsvp("J", 1), rsvp("J", 2), leave("J")], 0, LATE),
    "twins and a cancellation, one trusts a stale memory": (
        full("A"),
        [leave("A"), rsvp("J", 1), rsvp("J", 2, remembers_dry=True)],
        0,
        AT_ONCE,
    ),
    "two cancellations, one waits, one asks": (
        full("A", "B", waiting="W"),
        [leave("A"), leave("B"), rsvp("J", 1)],
        1,
        LATE,
    ),
    "a cancellation, one asks, one passes by": (full("A"), [leave("A"), rsvp("J", 1), rsvp("P", 2)], 1, LATE),
    "a cancellation, one waits, two pass by": (
        full("A", waiting="W"),
        [leave("A"), rsvp("J", 1), rsvp("P", 2)],
        1,
        LATE,
    ),
    "a raise, a cut and one who asks": (full("A.", waiting=""), [resize(1), resize(3), rsvp("J", 1)], 0, LATE),
    "a raise and a removal while one waits": (
        full("A", waiting="W"),
        [resize(2), leave("A", removed=True)],
        1,
        AT_ONCE,
    ),
}


LARGEST = ("twins and a cancellation, one trusts a stale memory", "a capacity raise while one waits and one asks")


@pytest.mark.parametrize("case", [case for case in CASES if IS_FULL or case not in LARGEST])
def test_no_order_of_steps_loses_or_doubles_a_seat(case: str) -> None:
    table, people, deaths, stream = CASES[case]
    verdict = explore(table, people, deaths=deaths, stream=stream)
    assert verdict.bad == {}
    assert verdict.states > 100


def test_without_a_second_look_a_seat_is_left_free_while_somebody_waits() -> None:
    with patch.object(seats, "settle", lambda *_: False):
        verdict = explore(full("A"), [leave("A"), rsvp("J", 1)], stream=LATE)
    assert "a seat is free while somebody waits" in verdict.bad


def test_a_freed_seat_that_everybody_can_see_goes_to_a_passer_by() -> None:
    def opens_at_once(t: Table, row: Row, number: int, *, removed: bool = False) -> seat_steps.Step:
        after, answer, records = seat_steps.leave_seat(t, row, number, removed=removed)
        block = after.block(number)
        assert block is not None
        return after.with_block(number, Block(block.seats_left + block.freed, 0, block.holders)), answer, records

    with patch.dict(seat_programs.STEPS, leave_seat=opens_at_once):
        verdict = explore(full("A", waiting="W"), [leave("A"), rsvp("P", 1)], stream=LATE)
    assert "a passer-by overtook somebody who waited" in verdict.bad


def test_without_repair_a_death_between_two_writes_leaves_a_seat_without_a_row() -> None:
    with patch.object(repair, "heal_holder", lambda *_, **__: None):
        verdict = explore(untouched(1), [rsvp("J", 1)], deaths=1)
    assert "a seat is held by somebody without a row" in verdict.bad


def test_a_taker_who_does_not_look_at_the_row_that_is_there_holds_two_seats() -> None:
    def puts_blindly(t: Table, row: Row) -> seat_steps.Step:
        return t.with_row(row.user_id, row), None, frozenset({("row", row.user_id)})

    with (
        patch.dict(seat_programs.STEPS, put_row=puts_blindly),
        patch.object(repair, "heal_holder", lambda *_, **__: None),
    ):
        verdict = explore(full("A.", "B."), [leave("J"), rsvp("J", 1), rsvp("J", 2)], stream=LATE)
    assert verdict.bad
