"""Random visits to a room, told as Agora tells them, folded: what comes out is when the person was in.

The truth is a list of connections per device. Nothing here looks at how the fold works.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from atelier.attendance.intervals import BRIDGED_REASONS, BRIDGED_S, Fact, Interval, fold, total_seconds

NOW = 100_000
COMPARED_EVERY_S, NOT_JUDGED_BEFORE_S = 300, 120
DEPARTURES = (0, 1, 3, 12)
DROPS = tuple(sorted(BRIDGED_REASONS))


@dataclass(frozen=True)
class Connection:
    """One stay of a device; left is None while it lasts. Roles are changed at these times."""

    uid: int
    joined: int
    left: int | None
    reason: int
    roles: tuple[int, ...] = ()

    def told(self) -> list[Fact]:
        """The notices of it, with numbers as Agora gives them."""
        facts = [Fact("join", self.uid, self.joined, self.joined * 1000)]
        facts += [Fact("role", self.uid, at, at * 1000 + 1) for at in self.roles]
        if self.left is not None:
            facts.append(self.leave(self.left))
        return facts

    def leave(self, left: int) -> Fact:
        return Fact("leave", self.uid, left, left * 1000 + 2, self.reason, left - self.joined)

    def covers(self, at: int) -> bool:
        return self.joined <= at and (self.left is None or at < self.left)


@st.composite
def visits(draw: st.DrawFn, uid: int, *, reasons: tuple[int, ...] = DEPARTURES + DROPS) -> list[Connection]:
    """The connections of one device, one after the other; the last one may still last."""
    at, stays = 1000, list[Connection]()
    for _ in range(draw(st.integers(0, 6))):
        at += draw(st.one_of(st.integers(1, 90), st.integers(91, 2000)))
        joined, length = at, draw(st.one_of(st.integers(0, 3), st.integers(4, 4000)))
        at += length
        roles = draw(st.lists(st.integers(joined, at), max_size=2))
        stays.append(Connection(uid, joined, at, draw(st.sampled_from(reasons)), tuple(sorted(roles))))
    if draw(st.booleans()) and stays:
        last = stays.pop()
        stays.append(Connection(uid, last.joined, None, 1, last.roles))
    return stays


def devices(**how: tuple[int, ...]) -> st.SearchStrategy[list[list[Connection]]]:
    """A person with a main device and a second one."""
    return st.tuples(visits(7, **how), visits(8, **how)).map(list)


def seconds_in(intervals: Iterable[Interval]) -> set[int]:
    """Every second of the intervals up to now."""
    return {at for joined, left in intervals for at in range(joined, NOW if left is None else left)}


def truth(stays: Iterable[Connection]) -> set[int]:
    """Every second in which the person was in."""
    return seconds_in((stay.joined, stay.left) for stay in stays)


def with_short_drops_bridged(stays: list[Connection]) -> set[int]:
    """The truth, and the short gaps that begin with a drop and no device in."""
    seconds = truth(stays)
    for stay in stays:
        if stay.left is None or stay.reason not in BRIDGED_REASONS or any(other.covers(stay.left) for other in stays):
            continue
        back = min((other.joined for other in stays if other.joined > stay.left), default=NOW)
        if back - stay.left <= BRIDGED_S:
            seconds |= set(range(stay.left, back))
    return seconds


def told(stays: Iterable[Connection]) -> list[Fact]:
    return [fact for stay in stays for fact in stay.told()]


@given(devices(), st.data())
def test_neither_order_nor_repeats_make_a_difference(person: list[list[Connection]], data: st.DataObject) -> None:
    facts = [fact for stays in person for fact in told(stays)]
    facts += data.draw(st.lists(_strays(), max_size=4))
    kept = data.draw(st.lists(st.sampled_from(facts), unique=True)) if facts else []
    repeated = [fact for fact in kept for _ in range(data.draw(st.integers(1, 5)))]
    assert fold(data.draw(st.permutations(repeated))) == fold(kept)


def _strays() -> st.SearchStrategy[Fact]:
    """Facts that fit nothing."""
    instants = st.integers(1000, 8000)
    return st.builds(
        Fact,
        st.sampled_from(["join", "leave", "role", "destroyed", "seen", "absent"]),
        st.sampled_from([7, 8]),
        instants,
        st.integers(0, 9_000_000),
        st.one_of(st.none(), st.sampled_from(DEPARTURES + DROPS + (5,))),
        st.one_of(st.none(), st.integers(0, 3000)),
        st.one_of(st.none(), instants),
    )


@given(st.lists(_strays(), max_size=12))
def test_whatever_is_told_makes_intervals_in_order_and_apart(facts: list[Fact]) -> None:
    intervals = fold(facts)
    for (joined, left), (following, _) in pairwise(intervals):
        assert left is not None
        assert joined <= left < following
    if intervals and intervals[-1][1] is not None:
        assert intervals[-1][0] <= intervals[-1][1]


@given(devices())
def test_when_nothing_is_lost_the_fold_is_the_truth_to_the_second(person: list[list[Connection]]) -> None:
    stays = [stay for device in person for stay in device]
    intervals = fold(told(stays))
    expected = with_short_drops_bridged(stays)
    assert seconds_in(intervals) == expected
    assert total_seconds(intervals, NOW) == len(expected)
    assert any(left is None for _, left in intervals) == any(stay.left is None for stay in stays)


@given(visits(7, reasons=DEPARTURES), st.data())
def test_whatever_is_lost_a_told_leave_shows_its_stay_and_the_time_after_it(
    stays: list[Connection], data: st.DataObject
) -> None:
    facts = told(stays)
    kept = [fact for fact in facts if data.draw(st.booleans())]
    seconds = seconds_in(fold(kept))
    for stay, following in pairwise([*stays, Connection(7, NOW, None, 1)]):
        if stay.left is not None and stay.leave(stay.left) in kept:
            assert set(range(stay.joined, stay.left)) <= seconds
            assert not set(range(stay.left, following.joined)) & seconds
    # Nobody was in before the first thing that any fact tells.
    first = min((fact.at - (fact.duration_s or 0) for fact in kept), default=NOW)
    assert not seconds or min(seconds) >= first


@given(visits(7, reasons=DEPARTURES), st.data())
def test_after_one_comparison_who_is_in_is_in_and_who_is_not_is_not(
    stays: list[Connection], data: st.DataObject
) -> None:
    kept = [fact for fact in told(stays) if data.draw(st.booleans())]
    compared, _ = _compared(stays, kept, [NOW - 1])
    intervals = fold(kept + compared)
    assert any(left is None for _, left in intervals) == any(stay.left is None for stay in stays)


@given(visits(7, reasons=DEPARTURES), st.data())
def test_with_comparisons_no_time_is_counted_in_which_one_missed_the_person(
    stays: list[Connection], data: st.DataObject
) -> None:
    kept = [fact for fact in told(stays) if data.draw(st.booleans())]
    looks = list(range(1000, 35_000, COMPARED_EVERY_S))
    compared, judged = _compared(stays, kept, looks)
    wrong = seconds_in(fold(kept + compared)) - truth(stays)
    assert not wrong & {at for at in judged if not any(stay.covers(at) for stay in stays)}
    # What is counted wrongly is a gap between two stays which no comparison, or one too early to tell, fell into.
    for at in wrong:
        [gap] = [
            (before.left, after.joined)
            for before, after in pairwise(stays)
            if before.left is not None and before.left <= at < after.joined
        ]
        assert gap[1] - gap[0] <= COMPARED_EVERY_S + NOT_JUDGED_BEFORE_S


def _compared(stays: list[Connection], kept: list[Fact], looks: list[int]) -> tuple[list[Fact], list[int]]:
    """What comparisons with Agora add to facts that came in time, and which of them told of the device.

    They know it by what it told last, and leave it alone for a while after that.
    """
    found: list[Fact] = []
    judged = []
    last_found_in = 0
    for at in looks:
        known = sorted((fact for fact in [*kept, *found] if fact.at <= at), key=lambda fact: (fact.at, fact.client_seq))
        if any(fact.at > at - NOT_JUDGED_BEFORE_S for fact in known):
            continue
        judged.append(at)
        is_thought_in = bool(known) and known[-1].what not in ("leave", "absent")
        there = next((stay for stay in stays if stay.covers(at)), None)
        if there is not None:
            if not is_thought_in:
                found.append(Fact("seen", 7, there.joined, at * 1000, since=at))
            last_found_in = at
        elif is_thought_in:
            found.append(Fact("absent", 7, at, at * 1000, since=last_found_in))
    return found, judged


@given(st.integers(1, 10), st.integers(30, 3000), st.integers(30, 3000), st.sampled_from([2, 5]))
def test_a_page_loaded_again_keeps_its_person_in(overlap: int, first: int, second: int, reason: int) -> None:
    old = Connection(7, 1000, 1000 + first + overlap, reason)
    new = Connection(7, 1000 + first, None, 1)
    assert fold(told([old, new])) == [(1000, None)]
    gone = Connection(7, new.joined, new.joined + overlap + second, 1)
    assert fold(told([old, gone])) == [(1000, gone.left)]
