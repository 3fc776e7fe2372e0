"""RSVP to a series while processes die at any write, new workshops are made, and people come and go at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest

from atelier import http, retries
from atelier.series import keeping, places
from tests.calling import Reply, World
from tests.counting import counted
from tests.faults import Killed, killed_after, killed_before, overtaken
from tests.following import (
    carry_out,
    come_to_rest,
    every_other_week,
    everywhere,
    follows,
    leave,
    more,
    rows_of,
    rsvp_to,
    workshops_of,
    wrong_anywhere,
)
from tests.messages import Outbox
from tests.seats import forget_what_was_dry, rsvp
from tests.streaming import Stream

DEATHS = pytest.mark.parametrize(
    ("write", "kill"), [(1, killed_before), *((number, killed_after) for number in range(1, 6))]
)
"""Before the first write and after each: dying before a later one is dying after the one that came before it."""


@pytest.fixture(autouse=True)
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the n-th write is the same one each time; and what happens within a request may take its time."""
    monkeypatch.setattr(places, "AT_ONCE", 1)
    monkeypatch.setattr(http, "START_WITHIN_S", 60.0)
    forget_what_was_dry()


def _is_whole(series_id: str, user: str = "ana") -> bool:
    """Whether somebody has a place in every workshop and follows the series, or neither."""
    has_all = None not in rows_of(series_id, user)
    has_none = rows_of(series_id, user) == everywhere(None, series_id)
    return has_all if follows(series_id, user) else has_none


def _two(**fields: object) -> str:
    """A series of two workshops, the first of them full."""
    series_id = every_other_week(rrule="FREQ=WEEKLY;INTERVAL=2;COUNT=2", max_capacity=1, **fields)
    assert rsvp(workshops_of(series_id)[0], "ben").status == 201
    return series_id


def _died(kill: AbstractContextManager[Any], act: Callable[[str], Reply], series_id: str) -> None:
    with kill, pytest.raises(Killed):
        act(series_id)


@pytest.mark.parametrize(("act", "writes"), [(rsvp_to, 5), (leave, 5)])
def test_these_are_all_the_writes_there_are(world: World, act: Callable[[str], Reply], writes: int) -> None:
    """So a write that is added without a death below is noticed."""
    world.meet("ana")
    series_id = _two()
    if act is leave:
        rsvp_to(series_id)
    with counted() as use:
        assert act(series_id).status < 300
    assert len(use.writes) == writes, use.operations


@DEATHS
def test_an_rsvp_that_dies_is_completed(
    world: World, stream: Stream, sent: Outbox, write: int, kill: Callable[[int], AbstractContextManager[Any]]
) -> None:
    world.meet("ana")
    series_id = _two()
    _died(kill(write), rsvp_to, series_id)
    come_to_rest(stream, sent)
    began = kill is killed_after
    assert rows_of(series_id, "ana") == (["waitlisted", "rsvp"] if began else [None, None])
    assert wrong_anywhere(series_id) == []
    assert rsvp_to(series_id).status == (200 if began else 201)


@DEATHS
def test_a_withdrawal_that_dies_is_completed(
    world: World, stream: Stream, sent: Outbox, write: int, kill: Callable[[int], AbstractContextManager[Any]]
) -> None:
    series_id = _two()
    rsvp_to(series_id)
    come_to_rest(stream, sent)
    _died(kill(write), leave, series_id)
    come_to_rest(stream, sent)
    began = kill is killed_after
    assert rows_of(series_id, "ana") == ([None, None] if began else ["waitlisted", "rsvp"])
    assert follows(series_id, "ana") is not began
    assert wrong_anywhere(series_id) == []
    assert leave(series_id).status == 204


def test_without_the_tasks_something_would_be_missing(world: World, stream: Stream, sent: Outbox) -> None:
    """The control of the two tests above: what they look at does go wrong."""
    world.meet("ana")
    series_id = _two()
    _died(killed_after(1), rsvp_to, series_id)
    stream.run()
    assert not _is_whole(series_id)
    assert carry_out(sent) > 0
    assert _is_whole(series_id)


@pytest.mark.parametrize("write", range(1, 7))
def test_a_task_that_dies_is_done_by_the_next(world: World, stream: Stream, sent: Outbox, write: int) -> None:
    series_id = every_other_week(rrule="FREQ=WEEKLY;INTERVAL=6", max_capacity=2)
    for user in ("ana", "ben", "cleo"):
        rsvp_to(series_id, user)
    come_to_rest(stream, sent)
    [new] = more(series_id)
    stream.run()
    [message] = [message for message in sent if message.task["task"] == "followers"]
    with killed_after(write), pytest.raises(Killed):
        carry_out(sent)
    sent.append(message)
    forget_what_was_dry()
    come_to_rest(stream, sent)
    assert [rows_of(series_id, user)[-1] for user in ("ana", "ben", "cleo")] == ["rsvp", "rsvp", "waitlisted"]
    assert wrong_anywhere(series_id) == []
    assert workshops_of(series_id)[-1] == new


def test_a_task_without_time_leaves_it_to_the_next(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week()
    rsvp_to(series_id)
    come_to_rest(stream, sent)
    more(series_id)
    stream.run()
    [message, *_] = [message for message in sent if message.task["task"] == "followers"]
    sent.clear()
    with retries.time_to_start(keeping.ENOUGH_TIME_S - 1):
        keeping.seat_followers(message.task)
    assert [one.task for one in sent] == [message.task]


@pytest.mark.parametrize("write", [1, 2, 5])
def test_a_workshop_made_during_an_rsvp_is_not_missed(world: World, stream: Stream, sent: Outbox, write: int) -> None:
    world.meet("ana")
    series_id = every_other_week(max_capacity=5)

    def another() -> None:
        more(series_id)
        come_to_rest(stream, sent)

    with overtaken(write, another):
        assert rsvp_to(series_id).status == 201
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == everywhere("rsvp", series_id)
    assert wrong_anywhere(series_id) == []


@pytest.mark.parametrize("write", [1, 2, 5])
def test_a_workshop_made_during_a_withdrawal_leaves_no_seat(
    world: World, stream: Stream, sent: Outbox, write: int
) -> None:
    series_id = every_other_week(max_capacity=5)
    rsvp_to(series_id)
    come_to_rest(stream, sent)

    def another() -> None:
        more(series_id)
        come_to_rest(stream, sent)

    with overtaken(write, another):
        assert leave(series_id).status == 204
    come_to_rest(stream, sent)
    assert not follows(series_id, "ana")
    assert _is_whole(series_id)
    assert wrong_anywhere(series_id) == []


@pytest.mark.parametrize("write", range(1, 4))
def test_who_leaves_while_a_new_workshop_is_filled_has_no_seat_in_it(
    world: World, stream: Stream, sent: Outbox, write: int
) -> None:
    series_id = every_other_week(max_capacity=5)
    rsvp_to(series_id, "ben")
    rsvp_to(series_id, "ana")
    come_to_rest(stream, sent)
    more(series_id)
    stream.run()
    with overtaken(write, lambda: leave(series_id, "ana")) as fault:
        carry_out(sent)
    assert fault.struck
    come_to_rest(stream, sent)
    assert not follows(series_id, "ana")
    assert rows_of(series_id, "ana") == everywhere(None, series_id)
    assert rows_of(series_id, "ben") == everywhere("rsvp", series_id)
    assert wrong_anywhere(series_id) == []


@pytest.mark.parametrize("write", [1, 2, 4])
@pytest.mark.parametrize(("first", "then"), [(rsvp_to, leave), (leave, rsvp_to)])
def test_coming_and_going_at_once_ends_in_one_or_the_other(
    world: World,
    stream: Stream,
    sent: Outbox,
    write: int,
    first: Callable[[str], Reply],
    then: Callable[[str], Reply],
) -> None:
    world.meet("ana")
    series_id = _two()
    if first is leave:
        rsvp_to(series_id)
    with overtaken(write, lambda: then(series_id)):
        assert first(series_id).status < 300
    come_to_rest(stream, sent)
    assert _is_whole(series_id), (follows(series_id, "ana"), rows_of(series_id, "ana"))
    assert wrong_anywhere(series_id) == []


def test_a_crowd_that_comes_and_goes_at_once_leaves_order_behind(
    world: World, stream: Stream, sent: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "AT_ONCE", 3)
    people = [f"guest-{number}" for number in range(10)]
    world.meet(*people)
    series_id = every_other_week(max_capacity=3)

    def come_and_maybe_go(user: str) -> int:
        come = rsvp_to(series_id, user).status
        return leave(series_id, user).status if user in people[::2] else come

    with ThreadPoolExecutor(5) as crowd:
        done = [crowd.submit(come_and_maybe_go, user) for user in people]
        more(series_id)
    assert {each.result() for each in done} == {201, 204}
    come_to_rest(stream, sent)
    assert [follows(series_id, user) for user in people] == [False, True] * 5
    assert all(_is_whole(series_id, user) for user in people)
    assert wrong_anywhere(series_id) == []
