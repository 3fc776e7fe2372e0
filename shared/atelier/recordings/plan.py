"""What is to be done about a workshop's recordings, from what is stored and the time alone.

A recording that should run is asked for, then looked at until it records, and given up when it does not. One recorder
at most may be in the room: while any recording goes on that must not, or whose fate is unknown, no other one is begun.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from atelier.recordings.items import Recording
from atelier.workshops.items import Workshop

GOING = ("starting", "recording")

ANSWERED_WITHIN = timedelta(seconds=30)
"""After a start without an answer: a notice, or the same start again, has told the sid by then, or nothing will."""

ADOPTED_WITHIN = timedelta(seconds=10)
"""The same for a recording that should not run any more."""

RECORDS_WITHIN = timedelta(seconds=90)
"""After this long, a start has failed and a move to another server is over ("Integration best practices")."""

LONGEST = timedelta(hours=23)
"""The recorder's token lives a minute less than 24 hours and cannot be renewed."""

OVER_AFTER = timedelta(hours=24)
"""Whatever was started is over by then: nobody stays in a channel longer than their token allows."""

UPLOADED_WITHIN = timedelta(hours=24)

MOST_ATTEMPTS, ATTEMPTS_WITHIN = 5, timedelta(minutes=30)
REFUSED = "refused"
PAUSE_AFTER_REFUSAL = timedelta(minutes=5)

_SOONEST_LOOK_S, LONGEST_WAIT_S = 60, 900


class What(Enum):
    """What is done in one step."""

    BEGIN = auto()
    START = auto()
    ASK_AGAIN = auto()
    CHECK = auto()
    STOP = auto()
    BAR = auto()
    DISCARD = auto()
    CLOSE = auto()
    STOP_AGAIN = auto()
    COLLECT = auto()
    WAIT = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with a recording (BEGIN and some WAITs have none). wait_s: seconds until the next look at it."""

    what: What
    recording: Recording | None = None
    wait_s: float = 0


def should_run(workshop: Workshop) -> bool:
    """Whether the workshop is to be recorded now."""
    return workshop.status == "live" and bool(workshop.records) and workshop.format != "in_person"


def steps(workshop: Workshop, recordings: Sequence[Recording], now: datetime) -> Iterator[Step]:
    """What to do now. At most one recording is kept going; another one is begun only when none is."""
    going = sorted((item for item in recordings if item.status in GOING), key=_worth)
    kept = going.pop() if going and should_run(workshop) else None
    yield from (_end(item, now) for item in going)
    yield from (_collect(item, now) for item in recordings if item.status == "processing")
    if kept is not None:
        yield _keep(kept, now)
    elif should_run(workshop):
        yield from _begin(recordings, now)


def ended_at(recording: Recording) -> datetime:
    """When a recording ended, as far as is known."""
    if recording.stop_asked_at is not None:
        return recording.stop_asked_at
    if recording.ended_ms is not None:
        return datetime.fromtimestamp(recording.ended_ms / 1000, recording.created_at.tzinfo)
    return recording.created_at


def _is_verified(recording: Recording) -> bool:
    verified_at: datetime | None = recording.verified_at
    return verified_at is not None


def _worth(recording: Recording) -> tuple[bool, bool, str]:
    return recording.status == "recording", recording.start_asked_at is not None, recording.id


def _end(recording: Recording, now: datetime) -> Step:
    """Ends what should not run."""
    if recording.start_asked_at is None:
        return Step(What.DISCARD, recording)
    age = now - recording.start_asked_at
    if age >= OVER_AFTER:
        return Step(What.CLOSE, recording)
    if recording.sid is not None:
        return Step(What.STOP, recording)
    if age < ADOPTED_WITHIN:
        return Step(What.WAIT, recording, (ADOPTED_WITHIN - age).total_seconds())
    return Step(What.BAR, recording)


def _keep(recording: Recording, now: datetime) -> Step:
    """Brings on what should run."""
    if recording.start_asked_at is None:
        return Step(What.START, recording)
    age = now - recording.start_asked_at
    if recording.sid is None:
        return Step(What.ASK_AGAIN, recording) if age < ANSWERED_WITHIN else Step(What.BAR, recording)
    return Step(What.CHECK if age < LONGEST else What.STOP, recording)


def _begin(recordings: Sequence[Recording], now: datetime) -> Iterator[Step]:
    """Begins a recording, unless too many came to nothing lately: then upkeep's next look may find that they have not.

    A refusal of Agora's is for people to mend, so the next attempt has time.
    """
    failures = [item for item in recordings if not _is_verified(item) and now - item.created_at < ATTEMPTS_WITHIN]
    if len(failures) >= MOST_ATTEMPTS:
        return
    refused_at = max((item.updated_at for item in failures if item.reason == REFUSED), default=None)
    if refused_at is not None and now - refused_at < PAUSE_AFTER_REFUSAL:
        yield Step(What.WAIT, None, (PAUSE_AFTER_REFUSAL - (now - refused_at)).total_seconds())
    else:
        yield Step(What.BEGIN)


def _collect(recording: Recording, now: datetime) -> Step:
    """Looks for the files of what is over, first after a minute, then ever less often.

    Event 31 brings them sooner, and this is for when it was lost. For the first minutes a task of which Agora has not
    said that it is over is stopped once more: while it moves to another server nobody can stop it.
    """
    passed = now - ended_at(recording)
    if passed.total_seconds() < _SOONEST_LOOK_S:
        return Step(What.WAIT, recording, _SOONEST_LOOK_S - passed.total_seconds())
    wait_s = min(max(passed.total_seconds() / 2, _SOONEST_LOOK_S), LONGEST_WAIT_S)
    sid: str | None = recording.sid
    may_still_run = sid is not None and not recording.exited
    if may_still_run and passed < 2 * RECORDS_WITHIN:
        return Step(What.STOP_AGAIN, recording, wait_s)
    return Step(What.COLLECT, recording, wait_s)


def delay_of_check(since: datetime, now: datetime) -> float:
    """Seconds until a task that is not to be found is looked for again: after 5, 10, 15, 15 ... and at the end."""
    passed = (now - since).total_seconds()
    pause = next((pause for until, pause in ((5, 5), (15, 10)) if passed < until), 15)
    return max(1.0, min(pause, RECORDS_WITHIN.total_seconds() - passed))


def delay_of_asking(asked_at: datetime, now: datetime) -> float:
    """Seconds until a start without an answer is asked for again: after 3, 6, 10, and at the end."""
    passed = (now - asked_at).total_seconds()
    pause = next((pause for until, pause in ((3, 3), (9, 6)) if passed < until), 10)
    return max(1.0, min(pause, ANSWERED_WITHIN.total_seconds() - passed))


def growing_delay(tries: int) -> float:
    """Seconds until a look that failed is repeated: 5, 10, 20, 40, and 60 from then on."""
    return float(min(5 * 2 ** min(tries, 4), 60))


def whole(seconds: float) -> int:
    """The seconds as a queue takes them, never too early."""
    return int(-(-seconds // 1))
