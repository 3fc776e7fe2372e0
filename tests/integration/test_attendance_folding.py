"""Folding by the stream: what it asks of the table, and what deaths, repeats and late comers do to it (nothing)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest

from atelier import clock
from atelier.attendance import folding
from functions.projections import app
from tests.attendance import Session, instant, put_fact, record
from tests.calling import World, id_of
from tests.counting import counted
from tests.faults import Killed, failing_at_random, killed_after, killed_before
from tests.notices import facts, hear
from tests.seats import row_of, rsvp, withdraw
from tests.streaming import Stream
from tests.workshops import everything

FOLD = ["Query", "UpdateItem", "UpdateItem"]


@pytest.fixture
def session(world: World, stream: Stream) -> Session:
    """A live workshop in which nobody has been yet, of which nothing is left to do."""
    made = Session(world, max_capacity=50)
    stream.run()
    return made


def fold(workshop_id: str, user: str = "ana") -> None:
    folding.fold(workshop_id, id_of(user), at=clock.now())


def state(workshop_id: str, user: str = "ana") -> tuple[Any, ...]:
    """What is kept and shown of a person."""
    kept, row = record(workshop_id, user), row_of(workshop_id, user)
    assert row is not None
    return (kept.intervals if kept else None), int(kept.facts) if kept else 0, row.status, row.joined_at, row.left_at


class TestWhatItTakes:
    def test_a_query_and_two_writes_for_a_person_however_many_facts_a_batch_has(
        self, session: Session, stream: Stream
    ) -> None:
        hear(*session.visit("ana", 0, 60), *session.visit("ana", 90, 600), *session.visit("ana", 90, 300, "screen"))
        with counted() as use:
            stream.run()
        assert use.operations == FOLD
        # The record and the row, each with its place in the person's list.
        assert use.write_units == 2 + 2

    def test_each_person_is_folded_once(self, session: Session, stream: Stream) -> None:
        hear(*session.visit("ana", 0, 60), *session.visit("ben", 90, 600), session.joins("ana", 900))
        with counted() as use:
            stream.run()
        assert use.operations == FOLD * 2

    def test_somebody_without_a_row_takes_no_more(self, session: Session, stream: Stream) -> None:
        put_fact(session.id, "host", "join", 5)
        with counted() as use:
            stream.run()
        assert use.operations == FOLD
        assert row_of(session.id, "host") is None

    def test_the_host_takes_one_write_more(self, session: Session, stream: Stream) -> None:
        row = row_of(session.id, "ana")
        assert row is not None
        row.status = "host"
        row.save()
        stream.run()
        put_fact(session.id, "ana", "join", 5)
        with counted() as use:
            stream.run()
        assert use.operations == [*FOLD, "UpdateItem"]

    def test_what_tells_of_nobody_writes_nothing(self, session: Session, stream: Stream) -> None:
        put_fact(session.id, "ana", "absent", 5)
        with counted() as use:
            stream.run()
        assert use.operations == ["Query"]

    def test_a_row_that_keeps_its_seat_leads_to_no_look_at_seats(self, session: Session, stream: Stream) -> None:
        """Without that, each join and leave would read the block and the row, and count all seats of the workshop."""
        rsvp(session.id, "cleo")
        with counted() as seated:
            stream.run()
        assert len(seated.operations) >= 4
        row = row_of(session.id, "ana")
        assert row is not None
        for status in ("joined", "left", "joined"):
            row.status = status
            row.save()
        with counted() as use:
            assert stream.run() == 3
        assert use.operations == []


class TestRepeatsAndLateComers:
    def test_a_repeated_fold_changes_nothing(self, session: Session, stream: Stream) -> None:
        hear(*session.visit("ana", 0, 60))
        stream.run()
        before = everything()
        fold(session.id)
        assert everything() == before

    def test_an_older_fold_that_comes_late_changes_nothing(self, session: Session) -> None:
        put_fact(session.id, "ana", "join", 10)
        old = folding._facts(session.id, id_of("ana"))  # noqa: SLF001 - the read of a slow process
        put_fact(session.id, "ana", "leave", 50, duration_s=40, reason=1)
        fold(session.id)
        before = everything()
        with patch.object(folding, "_facts", lambda *_: old):
            fold(session.id)
        assert everything() == before

    def test_a_newer_fold_between_the_writes_of_an_older_one_stays(self, session: Session) -> None:
        put_fact(session.id, "ana", "join", 10)
        show = folding._show  # noqa: SLF001
        overtaken: list[Any] = []

        def slowly(*args: Any) -> None:
            if not overtaken:
                overtaken.append(args)
                put_fact(session.id, "ana", "leave", 50, duration_s=40, reason=1)
                fold(session.id)
            show(*args)

        with patch.object(folding, "_show", slowly), counted() as use:
            fold(session.id)
        assert len(use.writes) == 5, "the older one has written its record and tried to write the row"
        assert state(session.id)[1:] == (2, "left", instant(10), instant(50))

    def test_a_row_that_comes_after_its_facts_shows_them_with_the_next_one(
        self, session: Session, stream: Stream
    ) -> None:
        put_fact(session.id, "ben", "join", 10)
        stream.run()
        assert withdraw(session.id, "ben").status == 204
        assert rsvp(session.id, "ben").status == 201
        put_fact(session.id, "ben", "leave", 50, duration_s=40, reason=1)
        stream.run()
        assert state(session.id, "ben")[2:] == ("left", instant(10), instant(50))

    def test_many_at_once_end_with_what_all_facts_tell(self, session: Session) -> None:
        def told(number: int) -> None:
            what, second = ("leave", number * 100 + 50) if number % 2 else ("join", number * 100)
            put_fact(session.id, "ana", what, second, **({"reason": 1} if number % 2 else {}))
            fold(session.id)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(told, range(24)))
        assert state(session.id)[1:] == (24, "left", instant(0), instant(2350))


class TestDeaths:
    @pytest.mark.parametrize("kill", [killed_before, killed_after])
    @pytest.mark.parametrize("write", [1, 2])
    def test_a_death_at_any_write_is_healed_when_the_stream_brings_the_batch_again(
        self, session: Session, stream: Stream, kill: Any, write: int
    ) -> None:
        hear(*session.visit("ana", 0, 60), session.joins("ana", 900))
        with kill(write) as fault, suppress(Killed):
            stream.run()
        assert fault.struck == 1
        stream.run()
        start = int(instant(0).timestamp())
        expected = [[start, start + 60], [start + 900, None]], 3, "joined", instant(0), None
        assert state(session.id) == expected

    def test_a_death_between_the_writes_leaves_the_row_behind(self, session: Session, stream: Stream) -> None:
        """The control: were the batch not brought again, the row would stay wrong."""
        hear(*session.visit("ana", 0, 60))
        with killed_before(2), suppress(Killed):
            stream.run()
        assert state(session.id)[1:3] == (2, "rsvp")

    def test_a_fifth_of_all_requests_failing_makes_no_difference(self, session: Session, stream: Stream) -> None:
        visits = [(number * 300, number * 300 + 100) for number in range(20)]
        for joined, left in visits:
            put_fact(session.id, "ana", "join", joined)
            put_fact(session.id, "ana", "leave", left, duration_s=100, reason=1)
            with failing_at_random(0.2, seed=joined):
                stream.run()
        assert state(session.id)[1:] == (40, "left", instant(0), instant(5800))

    def test_a_person_who_cannot_be_folded_fails_their_workshop_alone(
        self, session: Session, world: World, stream: Stream
    ) -> None:
        other = Session(world)
        stream.run()
        put_fact(session.id, "ana", "join", 10)
        put_fact(other.id, "ana", "join", 10)
        right, answers = folding.fold, []

        def poisoned(workshop_id: str, user_id: str, **more: Any) -> None:
            if workshop_id == session.id:
                raise RuntimeError("poison")
            right(workshop_id, user_id, **more)

        def reporting(event: dict[str, Any], context: Any) -> dict[str, Any]:
            with patch.object(folding, "fold", poisoned):
                answers.append(app.handle(event, context))
            return {"batchItemFailures": []}

        with patch.object(app, "lambda_handler", reporting):
            stream.run()
        assert sum(len(answer["batchItemFailures"]) for answer in answers) == 1
        assert (state(session.id)[1], state(other.id)[1]) == (0, 1)


def test_facts_that_go_are_no_reason_to_fold(session: Session, stream: Stream) -> None:
    put_fact(session.id, "ana", "join", 10)
    stream.run()
    for fact in facts(session.id):
        fact.delete()
    with counted() as use:
        assert stream.run() == 1
    assert use.operations == []
