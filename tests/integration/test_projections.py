"""What follows from changes: counts, lists, healing; and what a batch reports that cannot be worked through."""

from typing import Any, cast
from unittest.mock import patch

import pytest

from atelier import clock, table
from atelier.categories.items import Category, category_key
from atelier.ids import member
from atelier.projections import following
from atelier.rsvps import requests, seats
from atelier.rsvps.items import Attendee, WaitlistEntry, attendee_key, waiting_as, waitlist_pk
from atelier.workshops.items import Workshop, workshop_key
from functions.projections import app
from tests.calling import Context, World, call
from tests.deliveries import deliver
from tests.faults import failing_with
from tests.messages import Outbox
from tests.streaming import Stream
from tests.workshops import ask, in_


@pytest.fixture
def stream(dynamodb: str, table: str) -> Stream:
    """The stream of the test's table, from its beginning."""
    return Stream(dynamodb, table)


def _workshop(workshop_id: str) -> Workshop:
    return cast("Workshop", table.read_one(workshop_key(workshop_id)))


def _row(workshop_id: str, user_id: str) -> Attendee | None:
    return cast("Attendee | None", table.read_one(attendee_key(workshop_id, user_id)))


def _rsvp(workshop_id: str, *users: str) -> None:
    for user in users:
        assert call("rsvps", "POST", f"/workshops/{workshop_id}/rsvp", user=user).status == 201


def test_counts_follow_people_who_come_wait_and_go(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=2)["id"]
    _rsvp(workshop_id, "ana", "ben", "cleo")
    stream.run()
    workshop = _workshop(workshop_id)
    assert (workshop.attendee_count, workshop.waitlist_count) == (2, 1)
    call("rsvps", "DELETE", f"/workshops/{workshop_id}/rsvp", user="cleo")
    call("rsvps", "DELETE", f"/workshops/{workshop_id}/rsvp", user="ana")
    stream.run()
    workshop = _workshop(workshop_id)
    assert (workshop.attendee_count, workshop.waitlist_count) == (1, 0)


def test_an_unlimited_workshop_counts_its_rows(world: World, stream: Stream) -> None:
    workshop_id = world.workshop()["id"]
    _rsvp(workshop_id, "ana", "ben", "cleo")
    call("rsvps", "DELETE", f"/workshops/{workshop_id}/rsvp", user="ben")
    stream.run()
    assert _workshop(workshop_id).attendee_count == 2


def test_counts_move_neither_version_nor_etag(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=2)["id"]
    _rsvp(workshop_id, "ana")
    stream.run()
    assert _workshop(workshop_id).version == 1
    assert ask("GET", f"/{workshop_id}").headers["etag"] == '"1"'


def test_a_batch_delivered_twice_changes_nothing_more(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=1)["id"]
    _rsvp(workshop_id, "ana", "ben")
    handed: list[dict[str, Any]] = []

    def both(event: dict[str, Any], context: Any) -> dict[str, Any]:
        handed.append(event)
        app.handle(event, context)
        return app.handle(event, context)

    with patch.object(app, "lambda_handler", both):
        stream.run()
    assert handed
    workshop = _workshop(workshop_id)
    assert (workshop.attendee_count, workshop.waitlist_count) == (1, 1)


def test_a_seat_without_a_row_gets_its_row(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=1)["id"]
    world.meet("ana")
    assert requests.take_seat(workshop_id, 0, 1, world.id("ana")) is requests.Taking.TAKEN
    stream.run()
    row = _row(workshop_id, world.id("ana"))
    assert row is not None
    assert (row.status, row.seat_block) == ("rsvp", 0)
    assert call("rsvps", "POST", f"/workshops/{workshop_id}/rsvp", user="ana").status == 200


def test_a_row_without_a_seat_goes(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=1)["id"]
    ghost = seats.new_row(_workshop(workshop_id), world.id("ana"), at=clock.now())
    ghost.block = 0
    ghost.save()
    stream.run()
    assert _row(workshop_id, world.id("ana")) is None


def test_a_seat_beside_a_place_on_the_waitlist_ends_the_waiting(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=2)["id"]
    ana = world.id("ana")
    requests.take_seat(workshop_id, 0, 2, ana)
    row = seats.new_row(_workshop(workshop_id), ana, at=clock.now())
    row.status, row.waiting_as = "waitlisted", waiting_as(clock.now(), 1, ana)
    requests.join(row, WaitlistEntry(waitlist_pk(workshop_id), row.waiting_as, user_id=ana))
    stream.run()
    healed = _row(workshop_id, ana)
    assert healed is not None
    assert (healed.status, healed.seat_block) == ("rsvp", 0)
    assert requests.first_waiting(workshop_id) is None


def test_a_second_seat_of_the_same_person_is_given_back(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=60)["id"]
    _rsvp(workshop_id, "ana")
    row = _row(workshop_id, world.id("ana"))
    assert row is not None
    other = 1 - (row.seat_block or 0)
    requests.take_seat(workshop_id, other, 12 if other else 48, world.id("ana"))
    stream.run()
    blocks = requests.read_blocks(workshop_id, range(2))
    held = [number for number, block in blocks.items() if member(world.id("ana")) in (block.holders or ())]
    assert held == [row.seat_block]
    assert _workshop(workshop_id).attendee_count == 1


def test_a_freed_seat_that_nobody_handed_on_goes_to_the_first_who_waits(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=1)["id"]
    _rsvp(workshop_id, "ana", "ben", "cleo")
    row = _row(workshop_id, world.id("ana"))
    assert row is not None
    assert requests.leave_seat(row, 0) is requests.Leaving.LEFT
    stream.run()
    ben, cleo = _row(workshop_id, world.id("ben")), _row(workshop_id, world.id("cleo"))
    assert ben is not None
    assert cleo is not None
    assert (ben.status, cleo.status) == ("rsvp", "waitlisted")


def test_a_new_time_moves_the_workshop_in_everybodys_list(world: World, stream: Stream, sent: Outbox) -> None:
    workshop_id = world.workshop(max_capacity=1)["id"]
    _rsvp(workshop_id, "ana", "ben")
    later = in_(days=9)
    assert ask("PATCH", f"/{workshop_id}", body={"scheduled_at": later}).status == 200
    stream.run()
    deliver(sent, clock.now())
    for user in ("ana", "ben"):
        row = _row(workshop_id, world.id(user))
        assert row is not None
        assert row.person_sort == f"ATTENDING#{later}#{workshop_id}"


def test_a_category_counts_its_public_workshops(world: World, stream: Stream) -> None:
    category_id = world.category()["id"]
    kept = world.workshop(category_id=category_id)["id"]
    world.workshop(category_id=category_id, is_private=True)
    cancelled = world.workshop(category_id=category_id)["id"]
    stream.run()
    assert cast("Category", table.read_one(category_key(category_id))).workshop_count == 2
    assert ask("DELETE", f"/{cancelled}").status == 204
    stream.run()
    assert cast("Category", table.read_one(category_key(category_id))).workshop_count == 1
    assert ask("PATCH", f"/{kept}", body={"category_id": None}).status == 200
    stream.run()
    assert cast("Category", table.read_one(category_key(category_id))).workshop_count == 0


def test_a_deleted_category_leaves_its_workshops(world: World, stream: Stream) -> None:
    category_id = world.category()["id"]
    workshop_id = world.workshop(category_id=category_id)["id"]
    deleted = call("categories", "DELETE", f"/categories/{category_id}", user="admin", groups=("admin",))
    assert deleted.status == 204
    stream.run()
    workshop = _workshop(workshop_id)
    assert workshop.category_id is None
    assert workshop.category_key is None


def test_what_fails_is_reported_and_the_rest_is_done(world: World, stream: Stream) -> None:
    bad, good = world.workshop(max_capacity=5)["id"], world.workshop(max_capacity=5)["id"]
    _rsvp(bad, "ana")
    _rsvp(good, "ana")
    follow, answers = following.follow, []

    def poisoned(subject: str, happened: Any) -> None:
        if subject == bad:
            raise RuntimeError("poison")
        follow(subject, happened)

    def reporting(event: dict[str, Any], context: Any) -> dict[str, Any]:
        with patch.object(following, "follow", poisoned):
            answers.append((event["Records"], app.handle(event, context)))
        return {"batchItemFailures": []}

    with patch.object(app, "lambda_handler", reporting):
        stream.run()
    assert _workshop(good).attendee_count == 1
    assert _workshop(bad).attendee_count == 0
    records, answer = answers[0]
    first_bad = next(
        record["dynamodb"]["SequenceNumber"] for record in records if bad in record["dynamodb"]["Keys"]["pk"]["S"]
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": first_bad}]}


def test_a_table_that_fails_makes_a_reported_failure(world: World, stream: Stream) -> None:
    workshop_id = world.workshop(max_capacity=5)["id"]
    _rsvp(workshop_id, "ana")
    seen: list[dict[str, Any]] = []

    def failing(event: dict[str, Any], _: Any) -> dict[str, Any]:
        with failing_with("ThrottlingException", float("inf")):
            seen.append(app.handle(event, _ShortContext("projections", "stream")))
        return {"batchItemFailures": []}

    with patch.object(app, "lambda_handler", failing):
        stream.run()
    assert seen[0]["batchItemFailures"]


class _ShortContext(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 5300


def test_nothing_to_do_costs_next_to_nothing(world: World, stream: Stream, requests_made: Any) -> None:
    workshop_id = world.workshop(max_capacity=5)["id"]
    _rsvp(workshop_id, "ana")
    with requests_made() as use:
        stream.run()
    # Workshop, then block and row; workshop again, its block, who waits; the counts. When Ana wants to be reminded;
    # whether the host and Ana have feeds.
    reads = ["GetItem", "BatchGetItem", "GetItem", "BatchGetItem", "Query"]
    assert use.operations == [*reads, "UpdateItem", "BatchGetItem", "BatchGetItem"]
