"""What a ban does to whoever has no place in the workshop, and to their places in others of the same host."""

from typing import Any

import pytest

from atelier.accounts import bans
from functions.projections import app as projections
from tests.calling import Context, World, call, id_of
from tests.faults import Killed, killed_after, killed_before
from tests.invites import invite
from tests.seats import open_workshop, remove, rsvp, settle, status_of
from tests.streaming import Stream, reaches_function
from tests.workshops import ask, audit_of, everything, set_in_table


def banned_by_host() -> list[str]:
    """Whom the host lists as banned."""
    items = call("accounts", "GET", "/me/bans", user="host").json["items"]
    return [item["user"]["id"] for item in items]


def delivered(records: list[dict[str, Any]]) -> None:
    """Hands records to `projections`, which must deal with all of them."""
    there = [record for record in records if reaches_function(record)]
    assert projections.lambda_handler({"Records": there}, Context("projections", "stream")) == {"batchItemFailures": []}


class TestSomebodyWithoutAPlace:
    def test_who_is_invited_is_banned_and_invited_no_more(self, world: World) -> None:
        workshop_id = open_workshop(world, is_private=True)
        world.meet("ana")
        assert invite(workshop_id, "ana").status == 200
        assert ask("GET", f"/{workshop_id}", user="ana").status == 200
        assert [remove(workshop_id, "ana", ban=True).status for _ in range(2)] == [204, 204]
        assert banned_by_host() == [id_of("ana")]
        assert ask("GET", f"/{workshop_id}", user="ana").status == 404
        assert [action for action, _ in audit_of(workshop_id)].count("invite_revoked") == 1
        assert rsvp(open_workshop(world), "ana").code == "banned"

    def test_who_gave_their_place_up_is_banned_too(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        assert call("rsvps", "DELETE", f"/workshops/{workshop_id}/rsvp", user="ana").status == 204
        assert remove(workshop_id, "ana", ban=True).status == 204
        assert rsvp(workshop_id, "ana").code == "banned"

    def test_without_a_ban_there_is_nobody_to_remove(self, world: World) -> None:
        workshop_id = open_workshop(world, is_private=True)
        world.meet("ana")
        invite(workshop_id, "ana")
        before = everything()
        assert remove(workshop_id, "ana").status == 404
        assert everything() == before

    def test_neither_the_host_nor_nobody_is_banned(self, world: World) -> None:
        workshop_id = open_workshop(world)
        before = everything()
        assert remove(workshop_id, "host", ban=True).status == 404
        assert remove(workshop_id, "nobody-yet", ban=True).status == 404
        assert everything() == before

    @pytest.mark.parametrize("dies", [killed_before, killed_after])
    def test_a_process_that_dies_between_ban_and_revocation_is_made_good_by_asking_again(
        self, world: World, dies: Any
    ) -> None:
        workshop_id = open_workshop(world, is_private=True)
        world.meet("ana")
        invite(workshop_id, "ana")
        with dies(1), pytest.raises(Killed):
            remove(workshop_id, "ana", ban=True)
        assert remove(workshop_id, "ana", ban=True).status == 204
        assert banned_by_host() == [id_of("ana")]
        assert ask("GET", f"/{workshop_id}", user="ana").status == 404


class TestPlacesAtTheSameHost:
    def test_go_to_those_who_wait_in_all_that_has_not_begun(self, world: World, stream: Stream) -> None:
        here = open_workshop(world, "ana")
        there, waited_for = (open_workshop(world, "ana", "ben", max_capacity=1) for _ in range(2))
        waiting = open_workshop(world, "ben", "ana", "cleo", max_capacity=1)
        elsewhere = open_workshop(world, "ana", host="otto")
        live = open_workshop(world, "ana")
        set_in_table(live, status="live")
        set_in_table(waited_for, status="lobby")
        stream.run()
        assert remove(here, "ana", ban=True).status == 204
        assert settle(there, stream).queue == []
        for workshop_id in (there, waited_for):
            assert (status_of(workshop_id, "ana"), status_of(workshop_id, "ben")) == (None, "rsvp")
        assert settle(waiting, stream).queue == [id_of("cleo")]
        assert status_of(here, "ana") == "removed"
        assert [status_of(workshop_id, "ana") for workshop_id in (elsewhere, live)] == ["rsvp", "rsvp"]

    def test_are_kept_by_who_is_not_banned(self, world: World, stream: Stream) -> None:
        here, there = (open_workshop(world, "ana") for _ in range(2))
        assert remove(here, "ana").status == 204
        stream.run()
        assert status_of(there, "ana") == "rsvp"

    def test_are_kept_when_the_ban_was_undone_before_anything_followed(self, world: World, stream: Stream) -> None:
        here, there = (open_workshop(world, "ana") for _ in range(2))
        assert remove(here, "ana", ban=True).status == 204
        assert call("accounts", "DELETE", f"/me/bans/{id_of('ana')}", user="host").status == 204
        stream.run()
        assert status_of(there, "ana") == "rsvp"

    def test_can_be_taken_again_once_the_ban_is_undone(self, world: World, stream: Stream) -> None:
        here, there = (open_workshop(world, "ana") for _ in range(2))
        assert remove(here, "ana", ban=True).status == 204
        stream.run()
        assert call("accounts", "DELETE", f"/me/bans/{id_of('ana')}", user="host").status == 204
        assert rsvp(there, "ana").status == 201

    @pytest.mark.parametrize("dies", [killed_before, killed_after])
    def test_are_all_given_up_though_what_follows_dies_in_between(
        self, world: World, stream: Stream, dies: Any
    ) -> None:
        workshops = [open_workshop(world, "ana", "ben", max_capacity=1) for _ in range(2)]
        stream.run()
        bans.ban(id_of("host"), id_of("ana"), actor_id=id_of("host"))
        records = stream.take()
        with dies(2), pytest.raises(Killed):
            delivered(records)
        assert {status_of(one, "ben") for one in workshops} != {"rsvp"}
        delivered(records)
        stream.run()
        assert [(status_of(one, "ana"), status_of(one, "ben")) for one in workshops] == [(None, "rsvp")] * 2
