"""What invitations may ask of the table: requests, and units written; docs/data-model.md tells the same."""

from collections.abc import Callable
from typing import Any

from atelier import clock
from tests.calling import World
from tests.deliveries import deliver
from tests.invites import accept, confirm, invite, invite_addresses, link, listed, private, revoke
from tests.messages import Outbox
from tests.streaming import Stream
from tests.workshops import ask, in_

READ, GET, QUERY, WRITE, TRANSACT = "BatchGetItem", "GetItem", "Query", "UpdateItem", "TransactWriteItems"


def test_units_of_every_operation_are_held(world: World, stream: Stream, sent: Outbox, requests_made: Any) -> None:
    world.meet("host", "ana", "ben", "cleo", "dora")
    confirm("ben", "ben@example.com")
    workshop_id = private(world)
    token = link(workshop_id)["token"]
    costs: dict[str, tuple[list[str], float]] = {}

    def note(name: str, act: Callable[[], object], *, follow: bool = False) -> None:
        if follow:
            act()
            act = stream.run
        with requests_made() as use:
            act()
        costs[name] = (use.operations, use.write_units)
        stream.run()

    stream.run()
    note("a person", lambda: invite(workshop_id, "ana"))
    note("an address nobody has", lambda: invite_addresses(workshop_id, "cleo@example.com"))
    note("an address somebody has", lambda: invite_addresses(workshop_id, "ben@example.com"))
    note("a claim", lambda: confirm("cleo", "cleo@example.com"), follow=True)
    note("the list", lambda: listed(workshop_id))
    note("a revocation", lambda: revoke(workshop_id, "ana"))
    (first, *_) = [item["id"] for item in listed(workshop_id) if item["email"]]
    note("a claimed address revoked", lambda: revoke(workshop_id, first))
    note("a link", lambda: link(workshop_id))
    note("coming by it", lambda: accept(token, "dora"))
    note("coming again", lambda: accept(token, "dora"))
    assert costs == {
        "a person": ([READ, TRANSACT], 3),
        "an address nobody has": ([READ, READ, TRANSACT], 4),
        "an address somebody has": ([READ, READ, TRANSACT], 7),
        "a claim": ([QUERY, READ, TRANSACT, READ], 9),
        "the list": ([READ, QUERY, READ], 0),
        "a revocation": ([READ, TRANSACT], 5),
        "a claimed address revoked": ([READ, GET, TRANSACT], 7),
        "a link": ([READ, TRANSACT], 4),
        "coming by it": ([READ, READ, TRANSACT], 5),
        "coming again": ([READ, READ], 0),
    }


def test_moving_invitations_is_a_query_a_read_and_a_write_each(
    world: World, stream: Stream, sent: Outbox, requests_made: Any
) -> None:
    crowd = [f"guest-{number}" for number in range(5)]
    world.meet(*crowd)
    workshop_id = private(world)
    invite(workshop_id, *crowd)
    stream.run()
    sent.clear()
    assert ask("PATCH", f"/{workshop_id}", body={"scheduled_at": in_(days=3)}).status == 200
    stream.run()
    with requests_made() as use:
        deliver(sent, clock.now())
    looks_for_people = [GET, QUERY, QUERY]
    assert use.operations == [*looks_for_people, QUERY, READ, *[WRITE] * 5]
    assert use.write_units == 15
