"""Invite links: who makes them, whom they let in, and never more people than they are for."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from atelier import clock, table
from atelier.accounts.caller import Caller
from atelier.errors import InviteNotValidError
from atelier.invites import grounds, links
from atelier.invites.items import InviteLink, link_key
from tests.accounts import decide
from tests.calling import Reply, World, call, id_of
from tests.deliveries import Clock, told
from tests.faults import Killed, failing_at_random, killed_after, killed_before, overtaken
from tests.invites import (
    accept,
    confirm,
    invite,
    invite_addresses,
    invite_of,
    let_follow,
    link,
    listed,
    mine,
    private,
    results,
    revoke,
    sees,
    uses,
)
from tests.messages import Outbox
from tests.rooms import rights, rsvp
from tests.seats import remove
from tests.streaming import Stream
from tests.workshops import in_, set_in_table, stored

THREADS = 8


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Everybody has been seen before."""
    world.meet("host", "ana", "ben", "cleo")


def make(workshop_id: str, by: str = "host", key: str | None = None, **body: object) -> Reply:
    headers = {"Idempotency-Key": key} if key else None
    return call("rsvps", "POST", f"/workshops/{workshop_id}/invite-links", user=by, body=body, headers=headers)


def take_back(workshop_id: str, link_id: str, by: str = "host") -> Reply:
    return call("rsvps", "DELETE", f"/workshops/{workshop_id}/invite-links/{link_id}", user=by)


class TestMaking:
    def test_a_link_says_until_when_and_for_how_many_it_is(self, world: World) -> None:
        workshop_id, end = private(world), in_(days=3)
        made = link(workshop_id, expires_at=end, max_uses=7)
        assert (made["expires_at"], made["max_uses"], made["uses"]) == (end, 7, 0)
        assert made["id"].startswith("lnk_")
        assert len(made["token"]) == 52

    def test_left_out_it_ends_with_the_workshop(self, world: World) -> None:
        workshop_id = private(world, duration_minutes=90)
        made = link(workshop_id)
        assert made["expires_at"] == clock.to_text(stored(workshop_id).scheduled_at + timedelta(minutes=90))
        assert made["max_uses"] == 1000

    def test_the_token_is_stored_nowhere_and_yet_answered_again(self, world: World) -> None:
        workshop_id = private(world)
        first = make(workshop_id, key="a key", max_uses=2)
        again = make(workshop_id, key="a key", max_uses=2)
        assert (first.status, again.status) == (201, 201)
        assert again.json == first.json
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["location"] == first.headers["location"]
        everything = json.dumps([item.serialize() for item in table.Item.scan()], default=str)
        assert first.json["token"] not in everything
        assert first.json["token"][26:] not in everything
        assert accept(first.json["token"]).status == 200
        assert make(workshop_id, key="a key", max_uses=3).code == "idempotency_key_reused"
        assert make(workshop_id, key="another", max_uses=2).json["token"] != first.json["token"]

    @pytest.mark.parametrize("killed", [killed_before, killed_after])
    def test_a_request_that_dies_and_comes_again_makes_one_link(self, world: World, killed: Any) -> None:
        workshop_id = private(world)
        with killed(1), pytest.raises(Killed):
            make(workshop_id, key="a key")
        made = make(workshop_id, key="a key")
        assert len([item for item in table.Item.scan() if isinstance(item, InviteLink)]) == 1
        assert accept(made.json["token"]).status == 200

    @pytest.mark.parametrize(
        "body",
        [
            {"max_uses": 0},
            {"max_uses": 1001},
            {"max_uses": "2"},
            {"expires_at": "2020-01-01T00:00:00Z"},
            {"expires_at": "2099-01-01T00:00:00Z"},
            {"expires_at": "2099-01-01T00:00:00"},
            {"uses": 1},
        ],
    )
    def test_bounds_are_held(self, world: World, body: dict[str, Any]) -> None:
        refused = make(private(world), **body)
        assert (refused.status, refused.code) == (422, "validation_failed")

    def test_only_those_who_lead_make_and_take_back(self, world: World) -> None:
        workshop_id = private(world, "ben", "cleo")
        rights(workshop_id, "ben", is_co_host=True)
        assert [make(workshop_id, by=user).status for user in ("ana", "cleo", "ben")] == [404, 403, 201]
        made = link(workshop_id)
        assert [take_back(workshop_id, made["id"], by=user).status for user in ("ana", "cleo", "ben")] == [
            404,
            403,
            204,
        ]

    def test_there_is_none_for_what_is_over(self, world: World) -> None:
        workshop_id = private(world)
        set_in_table(workshop_id, status="ended")
        assert make(workshop_id).code == "workshop_over"


class TestAccepting:
    def test_whoever_comes_by_it_is_invited(self, world: World, stream: Stream, sent: Outbox) -> None:
        workshop_id = private(world)
        made = link(workshop_id)
        reply = accept(made["token"])
        assert (reply.status, reply.json) == (200, {"workshop_id": workshop_id})
        assert (sees(workshop_id), mine(), sees(workshop_id, "ben")) == (True, [workshop_id], False)
        (item,) = listed(workshop_id)
        assert (item["user"]["id"], item["link_id"]) == (id_of("ana"), made["id"])
        let_follow(stream, sent)
        assert told("ana") == [], "they invited themselves"
        assert rsvp(workshop_id, "ana").status == 201

    def test_coming_again_is_no_further_use(self, world: World) -> None:
        workshop_id = private(world)
        made = link(workshop_id, max_uses=1)
        assert [accept(made["token"]).status for _ in range(3)] == [200, 200, 200]
        assert uses(made["id"]) == 1
        assert accept(made["token"], "ben").code == "invite_not_valid"

    def test_who_could_come_in_anyway_uses_nothing(self, world: World) -> None:
        workshop_id = private(world, "ben")
        invite(workshop_id, "ana")
        made = link(workshop_id, max_uses=1)
        assert [accept(made["token"], user).status for user in ("ana", "ben", "host")] == [200, 200, 200]
        assert uses(made["id"]) == 0

    def test_what_does_not_lead_anywhere_is_refused_alike(self, world: World) -> None:
        workshop_id, over = private(world), private(world)
        used, ended, back, past = link(workshop_id, max_uses=1), link(workshop_id), link(workshop_id), link(over)
        accept(used["token"], "ben")
        InviteLink(*link_key(ended["id"])).update([InviteLink.ends_at.set(clock.now() - timedelta(seconds=1))])
        assert take_back(workshop_id, back["id"]).status == 204
        set_in_table(over, status="cancelled")
        wrong = [made["token"] for made in (used, ended, back, past)]
        wrong += [link(workshop_id)["token"][:-1] + "u", "x", used["token"] + "0", "lnk_#", "ä" * 60]
        replies = [accept(token) for token in wrong]
        assert {(reply.status, reply.code, reply.json["detail"]) for reply in replies} == {
            (404, "invite_not_valid", InviteNotValidError.title)
        }
        assert mine() == []

    def test_a_link_ends_to_the_second(self, world: World) -> None:
        made = link(private(world), expires_at=in_(hours=1))
        end = clock.from_text(made["expires_at"])
        with pytest.raises(InviteNotValidError):
            links.accept(made["token"], Caller(id_of("ana")), at=Clock(end))
        assert links.accept(made["token"], Caller(id_of("ana")), at=Clock(end - timedelta(seconds=1)))

    def test_nobody_comes_in_who_is_suspended_removed_or_banned(self, world: World) -> None:
        workshop_id = private(world, "ben")
        remove(workshop_id, "ben")
        other = world.workshop()["id"]
        rsvp(other, "cleo")
        remove(other, "cleo", ban=True)
        decide("ana", {"status": "suspended"})
        token = link(workshop_id)["token"]
        assert accept(token, "ana").code == "account_suspended"
        assert accept(token, "ben").code == "removed"
        assert accept(token, "cleo").code == "banned"

    def test_a_banned_guest_is_banned_though_they_were_invited_before(self, world: World) -> None:
        other, workshop_id = world.workshop()["id"], private(world)
        token = link(workshop_id)["token"]
        assert accept(token).status == 200
        rsvp(other, "ana")
        remove(other, "ana", ban=True)
        assert accept(token).code == "banned"

    def test_taking_a_link_back_leaves_those_who_came_by_it(self, world: World) -> None:
        workshop_id = private(world)
        made = link(workshop_id)
        accept(made["token"])
        assert [take_back(workshop_id, made["id"]).status for _ in range(2)] == [204, 204]
        assert sees(workshop_id)

    def test_a_link_is_taken_back_from_its_own_workshop_only(self, world: World) -> None:
        made = link(private(world))
        assert take_back(private(world), made["id"]).status == 204
        assert accept(made["token"]).status == 200

    def test_who_was_revoked_comes_in_by_no_older_link(self, world: World) -> None:
        workshop_id = private(world)
        made = link(workshop_id)
        accept(made["token"])
        assert revoke(workshop_id, "ana").status == 204
        assert accept(made["token"]).code == "invite_not_valid"
        assert not sees(workshop_id)
        invite(workshop_id, "ana")
        assert accept(made["token"]).status == 200

    def test_it_is_two_reads_and_a_transaction(self, world: World, requests_made: Any) -> None:
        token = link(private(world))["token"]
        with requests_made() as use:
            accept(token)
        assert use.operations == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
        with requests_made() as use:
            accept(token)
        assert use.operations == ["BatchGetItem", "BatchGetItem"]

    @pytest.mark.parametrize("killed", [killed_before, killed_after])
    def test_who_died_on_the_way_comes_again_and_counts_once(self, world: World, killed: Any) -> None:
        workshop_id = private(world)
        made = link(workshop_id, max_uses=1)
        with killed(1), pytest.raises(Killed):
            accept(made["token"])
        assert accept(made["token"]).status == 200
        assert uses(made["id"]) == 1

    def test_who_is_revoked_meanwhile_or_comes_twice_at_once_counts_once(self, world: World) -> None:
        workshop_id = private(world)
        made = link(workshop_id)
        with overtaken(1, lambda: accept(made["token"])):
            assert accept(made["token"]).status == 200
        assert uses(made["id"]) == 1
        assert invite_of(workshop_id, "ana") is not None

    def test_a_link_that_is_taken_back_meanwhile_lets_nobody_in(self, world: World) -> None:
        workshop_id = private(world)
        made = link(workshop_id)
        with overtaken(1, lambda: take_back(workshop_id, made["id"])):
            assert accept(made["token"]).code == "invite_not_valid"
        assert not sees(workshop_id)


def rush(world: World, count: int, max_uses: int) -> tuple[Counter[int], int, int]:
    """So many people come at once, each twice; how they were answered, how many are invited, and the uses counted."""
    crowd = [f"guest-{number}" for number in range(count)]
    world.meet(*crowd)
    workshop_id = private(world)
    made = link(workshop_id, max_uses=max_uses)
    asking = [user for user in crowd for _ in range(2)]
    with ThreadPoolExecutor(THREADS) as pool:
        replies = list(pool.map(lambda user: accept(made["token"], user), asking))
    invited = sum(invite_of(workshop_id, user) is not None for user in crowd)
    return Counter(reply.status for reply in replies), invited, uses(made["id"])


def test_as_many_come_in_as_a_link_is_for_and_no_more(world: World) -> None:
    for _ in range(3):
        answers, invited, counted = rush(world, count=12, max_uses=5)
        assert (invited, counted) == (5, 5)
        assert answers == {200: 10, 404: 14}


def test_without_the_count_in_the_transaction_more_would_come_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(transaction: Any, *args: Any, **kwargs: Any) -> None:
        transaction._update_items.clear()  # noqa: SLF001 - forgets the use that was to be counted with it
        give(transaction, *args, **kwargs)

    give = grounds.give
    monkeypatch.setattr(grounds, "give", careless)
    _, invited, _ = rush(world, count=12, max_uses=5)
    assert invited > 5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_table_that_fails_now_and_then_loses_no_use_and_counts_none_twice(
    world: World, stream: Stream, sent: Outbox, seed: int
) -> None:
    crowd = [f"guest-{number}" for number in range(6)]
    world.meet(*crowd)
    confirm("ana", "ana@example.com")
    workshop_id = private(world)
    made = link(workshop_id, max_uses=4)
    with failing_at_random(0.25, seed) as fault:
        came = [accept(made["token"], user).status for user in crowd]
        named = results(invite(workshop_id, *crowd))
        addressed = results(invite_addresses(workshop_id, "ana@example.com"))
    assert fault.struck > 0
    assert came == [200, 200, 200, 200, 404, 404]
    assert named == ["already_invited"] * 4 + ["created"] * 2
    assert addressed == ["created"]
    assert uses(made["id"]) == 4
    let_follow(stream, sent)
    assert [kind for kind, _ in told("guest-4")] == [kind for kind, _ in told("ana")] == ["workshop_invite"]
