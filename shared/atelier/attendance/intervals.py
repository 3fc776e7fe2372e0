"""When a person was in a room, folded from facts in which any may be missing, late, or there twice.

The facts are those of Agora's channel events (Notification Center Service: 102 to 108, 111 and 112) and of comparisons
with its channel management REST API. All times are seconds since 1970 by Agora's clock. The rules, and why they are
these, stand in docs/decisions/0015-attendance.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

BRIDGED_S = 60
BRIDGED_REASONS = frozenset({2, 4, 9, 10, 99})
"""Agora's reasons of leaves that are no departures: timeout, its own load balancing, changes of network."""

TAKEN_OVER = 5
"""Agora's reason of a leave that another connection under the same uid caused."""

TAKEOVER_S = 20
"""A connection that another one replaced is reported gone this much later at most: Agora's timeout is 10 s."""

NEAR_S = 3
"""Two tellings of one instant differ by less: durations and times are whole seconds, of two servers at worst."""

STALE_S = 60
"""The REST API may go on showing somebody who has left for so long."""

LONGEST_S = 7 * 24 * 3600
"""A duration above is none: no room is open for so long."""

type Interval = tuple[int, int | None]
"""Joined and left; None: still in."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one device; see `atelier.rooms.items.PresenceFact` for the fields."""

    what: str
    uid: int
    at: int
    client_seq: int
    reason: int | None = None
    duration_s: int | None = None
    since: int | None = None


def fold(facts: Iterable[Fact]) -> list[Interval]:
    """The intervals of a person over all devices, in order and apart, short reconnects bridged.

    Neither the order of the facts nor how often each is given makes a difference.
    """
    told: dict[int, set[Fact]] = defaultdict(set)
    for fact in facts:
        told[fact.uid].add(fact)
    spans = _united(span for of_device in told.values() for span in _Device(of_device).spans())
    drops = {
        fact.at for of_device in told.values() for fact in of_device if _is_leave(fact) and _is_bridged(fact.reason)
    }
    return [(int(start), None if end == inf else int(end)) for start, end in _bridged(spans, drops)]


def total_seconds(intervals: Iterable[Interval], until: int) -> int:
    """The length of all intervals together; one that is open counts up to `until`."""
    return sum(max(0, (until if left is None else left) - joined) for joined, left in intervals)


def share(intervals: Iterable[Interval], started: int | None, ended: int) -> float:
    """The part of the time from started to ended that lies in the intervals, 0 to 1; 0 when it has not started.

    ended: now, where there is no end yet.
    """
    if started is None or ended <= started:
        return 0.0
    inside = [(max(joined, started), ended if left is None else min(left, ended)) for joined, left in intervals]
    return sum(max(0, left - joined) for joined, left in inside) / (ended - started)


type _Span = tuple[float, float]
type _Step = tuple[int, int, int, Fact]


class _Device:
    """The facts of one device, and what follows from each with respect to the others."""

    def __init__(self, facts: Collection[Fact]) -> None:
        self._facts = [_checked(fact) for fact in facts]
        self._joins = [fact.at for fact in self._facts if fact.what == "join"]
        self._leaves = [fact for fact in self._facts if _is_leave(fact)]

    def spans(self) -> Iterator[_Span]:
        """When the device was in, in no order and overlapping; the end of one that is open is infinite."""
        yield from self._certain()
        begun, last = inf, inf
        for at, _, _, fact in sorted(self._steps(), key=_order):
            if fact.what in ("join", "role", "seen"):
                begun, last = (at, at) if begun == inf else (begun, at)
            elif begun == inf or (_is_leave(fact) and self._was_replaced(fact)):
                continue
            else:
                out = max(last, -inf if fact.since is None else fact.since) if fact.what == "absent" else at
                yield begun, min(out, at)
                begun = inf
        if begun != inf:
            yield begun, inf

    def _certain(self) -> Iterator[_Span]:
        """The time in one connection that a single fact tells both ends of, whatever others say."""
        for leave in self._leaves:
            began = self._began(leave)
            before = max((other.at for other in self._leaves if other.at < leave.at), default=began)
            if began < before:
                # It had left in between, so the duration tells of more than the last connection.
                began = min((join for join in self._joins if before <= join <= leave.at), default=before)
            yield began, leave.at
        for fact in self._facts:
            if fact.what == "seen" and fact.since is not None and not self._ends_of(fact, fact.since):
                yield self._near_join(fact.at), max(fact.since, fact.at)

    def _steps(self) -> Iterator[_Step]:
        """The facts in the places of the sequence in which they count; those that tell nothing there are left out.

        Within a second, who is found gone was so before anybody joins, and who is seen has joined after others left.
        """
        for fact in self._facts:
            match fact.what:
                case "seen":
                    yield self._near_join(fact.at), 2, fact.client_seq, fact
                    if fact.since is not None and not self._is_stale(fact, fact.since):
                        yield fact.since, 2, fact.client_seq, fact
                case "destroyed" | "absent":
                    yield fact.at, 0, fact.client_seq, fact
                case "role" if any(
                    leave.client_seq > fact.client_seq and leave.at <= fact.at for leave in self._leaves
                ):
                    continue
                case _:
                    yield fact.at, 1, fact.client_seq, fact

    def _began(self, leave: Fact) -> int:
        """When the connection began that a leave ended; where nothing tells it, when it ended."""
        return self._near_join(leave.at - leave.duration_s) if leave.duration_s is not None else leave.at

    def _near_join(self, at: int) -> int:
        """The join that was told for about this instant, if no leave lies between; else the instant."""
        near = [
            join
            for join in self._joins
            if abs(join - at) < NEAR_S and not any(min(join, at) <= leave.at < max(join, at) for leave in self._leaves)
        ]
        return min(near, key=lambda join: (abs(join - at), join)) if near else at

    def _was_replaced(self, leave: Fact) -> bool:
        """Whether a leave ended an older connection than the one that is open: the newer one had joined before it.

        A page that is loaded again does so: the same uid joins, and the old connection is found dead afterwards.
        """
        newest = max((join for join in self._joins if join <= leave.at), default=-inf)
        is_older = leave.duration_s is not None and leave.at - leave.duration_s <= newest - NEAR_S
        return is_older and (leave.reason == TAKEN_OVER or leave.at - newest <= TAKEOVER_S)

    def _ends_of(self, seen: Fact, until: int) -> list[int]:
        """When the connection that was seen is told to have ended, up to an instant."""
        return [
            leave.at
            for leave in self._leaves
            if seen.at < leave.at <= until
            and (leave.duration_s is None or leave.at - leave.duration_s > seen.at - NEAR_S)
        ]

    def _is_stale(self, seen: Fact, compared_at: int) -> bool:
        """Whether the connection that a comparison saw had ended just before it: then the REST API was late."""
        return any(compared_at - end <= STALE_S for end in self._ends_of(seen, compared_at))


def _checked(fact: Fact) -> Fact:
    return fact if (fact.duration_s or 0) <= LONGEST_S else replace(fact, duration_s=None)


def _is_leave(fact: Fact) -> bool:
    return fact.what == "leave"


def _is_bridged(reason: int | None) -> bool:
    return reason in BRIDGED_REASONS


def _order(step: _Step) -> tuple[object, ...]:
    at, rank, client_seq, fact = step
    told = (fact.reason, fact.duration_s, fact.since)
    return at, rank, client_seq, fact.what, *(-1 if value is None else value for value in told)


def _united(spans: Iterable[_Span]) -> list[_Span]:
    united: list[_Span] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    return united


def _bridged(spans: Sequence[_Span], drops: Collection[int]) -> Iterator[_Span]:
    """The spans without the short gaps that begin where a connection was dropped."""
    open_from: float | None = None
    for number, (start, end) in enumerate(spans):
        begun = start if open_from is None else open_from
        following = spans[number + 1][0] if number + 1 < len(spans) else inf
        if end in drops and following - end <= BRIDGED_S:
            open_from = begun
        else:
            open_from = None
            yield begun, end
