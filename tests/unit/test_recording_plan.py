"""When the recorder looks again."""

from datetime import UTC, datetime, timedelta

import pytest

from atelier.recordings import plan

AT = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)


def looks(delay: str, until: int) -> list[int]:
    """The seconds at which something is looked at, when each look follows the one before as told."""
    seconds = 0.0
    found = [0]
    while seconds < until:
        seconds += getattr(plan, delay)(AT, AT + timedelta(seconds=seconds))
        found.append(round(seconds))
    return found


def test_a_task_that_is_not_to_be_found_is_looked_for_after_5_10_and_15_seconds_up_to_90() -> None:
    assert looks("delay_of_check", 90) == [0, 5, 15, 30, 45, 60, 75, 90]


def test_a_start_without_an_answer_is_repeated_after_3_6_and_10_seconds_up_to_30() -> None:
    assert looks("delay_of_asking", 30) == [0, 3, 9, 19, 29, 30]


def test_looks_that_fail_follow_ever_later_once_a_minute_at_last() -> None:
    assert [plan.growing_delay(tries) for tries in (0, 1, 2, 3, 4, 5, 100)] == [5, 10, 20, 40, 60, 60, 60]


@pytest.mark.parametrize(("seconds", "told"), [(0, 0), (0.2, 1), (5, 5), (5.001, 6)])
def test_a_queue_is_never_told_too_early(seconds: float, told: int) -> None:
    assert plan.whole(seconds) == told
