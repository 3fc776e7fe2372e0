"""The fold of facts into intervals: what each kind of fact tells, in every odd order and after every loss."""

from itertools import permutations

import pytest

from atelier.attendance.intervals import Fact, Interval, fold, share, total_seconds

MAIN, SCREEN = 7, 8


def join(at: int, seq: int = 0, uid: int = MAIN) -> Fact:
    return Fact("join", uid, at, seq or at * 1000)


def leave(at: int, duration: int | None = None, *, reason: int = 1, seq: int = 0, uid: int = MAIN) -> Fact:
    return Fact("leave", uid, at, seq or at * 1000 + 500, reason, duration)


def role(at: int, seq: int = 0) -> Fact:
    return Fact("role", MAIN, at, seq or at * 1000)


def destroyed(at: int, seq: int = 0) -> Fact:
    return Fact("destroyed", MAIN, at, seq or at)


def seen(joined: int, at: int | None = None) -> Fact:
    return Fact("seen", MAIN, joined, joined * 1000, since=at)


def absent(at: int, since: int) -> Fact:
    return Fact("absent", MAIN, at, at * 1000, since=since)


def folded(*facts: Fact) -> list[Interval]:
    """The fold, which must be the same for every order of the facts."""
    [result] = {tuple(fold(order)) for order in permutations(facts)}
    return list(result)


CASES: dict[str, tuple[list[Fact], list[Interval]]] = {
    "in and out": ([join(100), leave(800, 700)], [(100, 800)]),
    "still in": ([join(100)], [(100, None)]),
    "out and in again": ([join(100), leave(300, 200), join(500), leave(800, 300)], [(100, 300), (500, 800)]),
    "the join was lost": ([leave(800, 700)], [(100, 800)]),
    "the join was lost, and the leave does not say how long": ([leave(800)], [(800, 800)]),
    "the join was lost, and the role was changed": ([role(300)], [(300, None)]),
    "the join was lost, the role changed, then the leave": ([role(300), leave(800, 700)], [(100, 800)]),
    "the leave was lost and a join follows": ([join(100), join(500)], [(100, None)]),
    "the leave was lost, the next one came": ([join(100), join(500), leave(800, 300)], [(100, 800)]),
    "a join told again under another number": ([join(100, 5), join(100, 9), leave(800, 700)], [(100, 800)]),
    "a leave told again under another number": (
        [join(100), leave(800, 700, seq=5), leave(800, 700, seq=9), leave(800, seq=10)],
        [(100, 800)],
    ),
    "the number of a repeated join is above the leave's": (
        [join(100, 5), leave(800, 700, seq=6), join(100, 7)],
        [(100, 800)],
    ),
    "durations rounded down do not lengthen": ([join(100), leave(800, 699)], [(100, 800)]),
    "durations rounded up do not lengthen": ([join(100), leave(800, 701)], [(100, 800)]),
    "in and out within a second": ([join(100, 1), leave(100, 0, seq=2)], [(100, 100)]),
    "out and in within a second": ([join(100), leave(500, 400, seq=8), join(500, 9)], [(100, None)]),
    "out and in within a second, by clocks that differ": (
        [join(100), leave(500, 400, seq=9), join(500, 8)],
        [(100, None)],
    ),
    "out and in within a second, and the leave does not say how long": (
        [join(100), leave(500, seq=8), join(500, 9)],
        [(100, None)],
    ),
    "a channel destroyed": ([join(100), destroyed(800)], [(100, 800)]),
    "a channel destroyed before its last leave": ([join(100), destroyed(790), leave(800, 700)], [(100, 800)]),
    "a channel destroyed after its last leave": ([join(100), leave(800, 700), destroyed(801)], [(100, 800)]),
    "a channel destroyed and entered again at once": ([join(100), destroyed(800), join(800)], [(100, None)]),
    "a channel destroyed and entered again, by clocks that differ": (
        [join(100), destroyed(800, 10**9), join(800)],
        [(100, None)],
    ),
    "a channel destroyed, and nothing else known": ([destroyed(800)], []),
    "found in": ([seen(100, 400)], [(100, None)]),
    "found in, then the join arrives": ([seen(100, 400), join(100)], [(100, None)]),
    "found in, and the join tells a second less": ([seen(101, 400), join(100)], [(100, None)]),
    "found in, and the join tells a second more": ([seen(100, 400), join(101)], [(101, None)]),
    "found in after its leave was told: the comparison was late": (
        [join(100), seen(100, 805), leave(800, 700)],
        [(100, 800)],
    ),
    "found in again though a comparison had missed it": (
        [join(100), absent(400, 300), seen(100, 700)],
        [(100, None)],
    ),
    "found in long after a leave, without another join": (
        [join(100), leave(300, 200), seen(100, 700)],
        [(100, 300), (700, None)],
    ),
    "found in a new connection before the old one's leave": (
        [join(100), leave(501, 401, reason=5), seen(495, 700)],
        [(100, None)],
    ),
    "found in a new connection that began as the old one ended": (
        [join(100), leave(500, 400), seen(500)],
        [(100, None)],
    ),
    "found in, by a comparison of which no time is known": ([seen(100), leave(800, 700)], [(100, 800)]),
    "not found": ([join(100), absent(400, 300)], [(100, 300)]),
    "not found, and joined since the last comparison": ([join(350), absent(400, 300)], [(350, 350)]),
    "not found, and a role changed since": ([join(100), role(350), absent(400, 300)], [(100, 350)]),
    "not found, then the leave arrives": ([join(100), absent(400, 300), leave(350, 250)], [(100, 350)]),
    "not found though a later leave spans it": ([join(100), absent(400, 300), leave(800, 700)], [(100, 800)]),
    "not found, and nothing else known": ([absent(400, 300)], []),
    "not found between two visits": (
        [join(100), absent(400, 300), join(500), leave(800, 300)],
        [(100, 300), (500, 800)],
    ),
    "a page loaded again: the old connection is found dead after the new one": (
        [join(100), join(495), leave(501, 401, reason=2)],
        [(100, None)],
    ),
    "taken over by another browser, told much later": (
        [join(100), join(400), leave(600, 500, reason=5)],
        [(100, None)],
    ),
    "taken over, and out": (
        [join(100), join(495), leave(501, 401, reason=5), leave(900, 405)],
        [(100, 900)],
    ),
    "a join in the middle of what one leave tells": ([join(300), leave(800, 700)], [(100, 800)]),
    "a duration does not reach back over a leave": ([leave(500, 100), leave(800, 700)], [(400, 800)]),
    "a duration does not reach back over a leave and the time until the next join": (
        [join(100), leave(290, 190), join(300), leave(800, 700)],
        [(100, 290), (300, 800)],
    ),
    "a duration that cannot be": ([leave(800, 10**12)], [(800, 800)]),
    "a role told before a leave does not bring back": (
        [join(100, 1), leave(800, 700, seq=3), role(801, 2)],
        [(100, 800)],
    ),
    "two devices": (
        [join(100), leave(500, 400), join(400, uid=SCREEN), leave(900, 500, uid=SCREEN)],
        [(100, 900)],
    ),
    "two devices apart": (
        [join(100), leave(300, 200), join(400, uid=SCREEN), leave(900, 500, uid=SCREEN)],
        [(100, 300), (400, 900)],
    ),
    "one of two devices still in": (
        [join(100), leave(500, 400), join(400, uid=SCREEN)],
        [(100, None)],
    ),
    "the last second of one device is the first of the other": (
        [join(100), leave(500, 400), join(500, uid=SCREEN), leave(600, 100, uid=SCREEN)],
        [(100, 600)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_told(case: str) -> None:
    facts, intervals = CASES[case]
    assert folded(*facts) == intervals


@pytest.mark.parametrize("reason", [2, 4, 9, 10, 99])
def test_a_dropped_connection_that_is_back_within_a_minute_was_never_away(reason: int) -> None:
    facts = [join(100), leave(300, 200, reason=reason), leave(800, 440, reason=1)]
    assert folded(*facts, join(360)) == [(100, 800)]
    assert folded(*facts, join(361)) == [(100, 300), (361, 800)]


@pytest.mark.parametrize("reason", [0, 1, 3, 5, 12, 999])
def test_who_left_and_came_back_was_away(reason: int) -> None:
    assert folded(join(100), leave(300, 200, reason=reason), join(301)) == [(100, 300), (301, None)]


def test_several_drops_in_a_row_are_bridged_and_the_last_one_is_an_end() -> None:
    facts = [join(100), leave(200, 100, reason=10), join(210), leave(300, 90, reason=2), join(330)]
    assert folded(*facts, leave(400, 70, reason=99)) == [(100, 400)]


def test_a_drop_of_one_device_while_the_other_is_in_is_none_at_all() -> None:
    facts = [join(100), leave(300, 200, reason=10), join(200, uid=SCREEN), leave(350, 150, uid=SCREEN)]
    assert folded(*facts, join(400)) == [(100, 350), (400, None)]


class TestShare:
    def test_three_reconnects_over_an_hour_count_to_the_second(self) -> None:
        start = 1_795_255_200
        visits = [(-120, 611), (733, 1499), (1620, 2899), (3001, 3777)]
        facts = [
            fact
            for joined, left in visits
            for fact in (join(start + joined), leave(start + left, left - joined, reason=1))
        ]
        intervals = fold(facts)
        assert intervals == [(start + joined, start + left) for joined, left in visits]
        assert total_seconds(intervals, start + 9999) == 731 + 766 + 1279 + 776
        assert share(intervals, start, start + 3600) == (611 + 766 + 1279 + 599) / 3600

    def test_an_open_interval_counts_up_to_the_end_and_no_further(self) -> None:
        assert total_seconds([(100, 200), (300, None)], 350) == 150
        assert share([(100, 200), (300, None)], 100, 350) == 0.6

    def test_who_came_after_the_end_was_there_for_no_time(self) -> None:
        assert total_seconds([(500, None)], 400) == 0
        assert share([(500, None)], 100, 400) == 0

    def test_time_before_the_start_and_after_the_end_does_not_stand_in_for_absence(self) -> None:
        assert share([(0, 150), (250, 900)], 100, 300) == 0.5
        assert total_seconds([(0, 150), (250, 900)], 300) == 800

    def test_nothing_is_shared_of_what_has_not_begun_or_took_no_time(self) -> None:
        assert share([(0, 150)], None, 300) == 0
        assert share([(0, 150)], 100, 100) == 0
