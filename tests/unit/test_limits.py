"""Limits without a table: who passes, and how long the others wait."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from atelier.errors import LimitedError, TooManyMessagesError
from atelier.limits import Limit, LimitTimes

START = datetime(2027, 3, 28, 17, tzinfo=UTC)
THREE_IN_FIVE = Limit("talk", most=3, within_s=5, refusal=TooManyMessagesError)


class Person:
    """Somebody who is limited, and the item about them."""

    def __init__(self, limit: Limit = THREE_IN_FIVE) -> None:
        self.limit = limit
        self.item: LimitTimes | None = None

    def tries(self, ms: int) -> int:
        """Asks for one more so many milliseconds after the start; 0 when it passed, else the seconds to wait."""
        try:
            admission = self.limit.admit(self.item, "ana", at=START + timedelta(milliseconds=ms))
        except LimitedError as refusal:
            return refusal.retry_after_s
        self.item = LimitTimes(*admission.key, times_ms=admission.times_ms)
        return 0


def test_the_last_that_passes_is_the_last_allowed() -> None:
    ana = Person()
    assert [ana.tries(ms) for ms in (0, 0, 10, 10, 4000)] == [0, 0, 0, 5, 1]


def test_one_more_passes_when_the_oldest_falls_out_and_not_a_millisecond_earlier() -> None:
    ana = Person()
    assert [ana.tries(ms) for ms in (0, 1000, 2000, 4999, 5000, 5001, 6000)] == [0, 0, 0, 1, 0, 1, 0]


def test_the_seconds_to_wait_are_rounded_up_and_then_enough() -> None:
    ana = Person()
    for ms in (0, 1500, 2600):
        assert ana.tries(ms) == 0
    wait = ana.tries(2700)
    assert wait == 3
    assert ana.tries(2700 + wait * 1000) == 0


def test_whoever_is_refused_is_not_counted() -> None:
    ana = Person()
    assert [ana.tries(ms) for ms in (0, 0, 0)] == [0, 0, 0]
    assert all(ana.tries(ms) for ms in range(0, 5000, 100))
    assert ana.tries(5000) == 0


@given(st.lists(st.integers(0, 20_000), max_size=60))
def test_no_window_holds_too_many_though_clocks_differ(times: list[int]) -> None:
    ana = Person()
    passed = [ms for ms in times if ana.tries(ms) == 0]
    assert all(sum(start <= ms < start + 5000 for ms in passed) <= 3 for start in passed)


def test_the_keys_of_limits_and_of_people_differ() -> None:
    others = Limit("guess", most=3, within_s=5, refusal=TooManyMessagesError)
    keys = {THREE_IN_FIVE.key("ana"), THREE_IN_FIVE.key("ben"), THREE_IN_FIVE.key("wks", "ana"), others.key("ana")}
    assert len(keys) == 4


@given(st.lists(st.integers(0, 3000), max_size=60), st.integers(1, 4), st.integers(1, 4))
def test_no_window_ever_holds_too_many_and_nobody_is_refused_without_need(
    steps: list[int], most: int, within_s: int
) -> None:
    ana = Person(Limit("talk", most=most, within_s=within_s, refusal=TooManyMessagesError))
    now, passed = 0, list[int]()
    for step in steps:
        now += step
        recent = [ms for ms in passed if ms > now - within_s * 1000]
        wait = ana.tries(now)
        assert (wait == 0) == (len(recent) < most)
        if wait == 0:
            passed.append(now)
        else:
            due = recent[-most] + within_s * 1000 - now
            assert (wait - 1) * 1000 < due <= wait * 1000
