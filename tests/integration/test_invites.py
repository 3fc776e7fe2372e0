"""Inviting people by their ids: who may, what each is told and sees, and what a revocation takes back."""

from datetime import timedelta
from typing import Any

import pytest

from atelier import clock, table
from atelier.rsvps.items import Invite, invite_key
from atelier.workshops import walking
from tests.accounts import decide
from tests.calling import World, call, id_of
from tests.faults import overtaken
from tests.invites import invite, invite_of, listed, mine, private, results, revoke, sees
from tests.privacy import erase
from tests.rooms import rights, rsvp
from tests.seats import attendees, remove, withdraw
from tests.workshops import set_in_table


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Everybody has been seen before."""
    world.meet("host", "ana", "ben", "cleo", "cora")


class TestInviting:
    def test_who_is_invited_sees_a_private_workshop_and_may_rsvp(self, world: World) -> None:
        workshop_id = private(world)
        assert (sees(workshop_id), rsvp(workshop_id, "ana").status) == (False, 404)
        reply = invite(workshop_id, "ana")
        assert reply.json == {"items": [{"user_id": id_of("ana"), "email": None, "result": "created"}]}
        assert sees(workshop_id)
        assert not sees(workshop_id, "ben")
        assert rsvp(workshop_id, "ana").status == 201

    def test_who_is_invited_may_do_what_those_do_who_may_see_it(self, world: World) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana")
        path = f"/workshops/{workshop_id}"
        assert call("rooms", "PUT", f"{path}/note", body={"content": "Bring clay"}).status == 200
        assert call("rooms", "GET", f"{path}/chat").status == 200
        assert call("recordings", "GET", f"{path}/recordings").status == 200
        assert call("calendars", "GET", f"{path}/calendar.ics").status == 200
        assert attendees(workshop_id, "ana").status == 403

    def test_asking_again_and_doubles_change_nothing(self, world: World) -> None:
        workshop_id = private(world, "ben")
        answered = invite(workshop_id, "ana", "ana", "ben", "host")
        assert results(answered) == ["created", "already_invited", "already_invited"]
        before = invite_of(workshop_id, "ana")
        assert results(invite(workshop_id, "ana")) == ["already_invited"]
        after = invite_of(workshop_id, "ana")
        assert before is not None
        assert after is not None
        assert before.serialize() == after.serialize()

    def test_nobody_unknown_removed_or_banned_is_invited(self, world: World) -> None:
        other = world.workshop()["id"]
        assert rsvp(other, "cleo").status == 201
        assert remove(other, "cleo", ban=True).status == 204
        workshop_id = private(world, "ben")
        assert remove(workshop_id, "ben").status == 204
        answered = invite(workshop_id, "ben", "cleo", "nobody", "ana")
        assert results(answered) == ["barred", "barred", "unknown_user", "created"]
        assert not sees(workshop_id, "ben")
        assert not sees(workshop_id, "cleo")

    def test_who_had_themselves_erased_is_unknown(self, world: World) -> None:
        workshop_id = private(world)
        assert erase().status == 204
        answered = invite(workshop_id, "ana", "ben")
        assert results(answered) == ["unknown_user", "created"]
        assert table.read_one(invite_key(workshop_id, id_of("ana"))) is None

    def test_who_is_removed_is_not_invited_any_more(self, world: World) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana")
        rsvp(workshop_id, "ana")
        assert remove(workshop_id, "ana").status == 204
        assert not sees(workshop_id)
        assert mine() == []
        assert rsvp(workshop_id, "ana").code == "removed"

    def test_fifty_people_are_one_read_and_two_transactions(self, world: World, requests_made: Any) -> None:
        crowd = [f"guest-{number}" for number in range(50)]
        world.meet(*crowd)
        workshop_id = private(world)
        with requests_made() as use:
            answered = invite(workshop_id, *crowd)
        assert results(answered) == ["created"] * 50
        assert use.reads == ["BatchGetItem", "BatchGetItem"]
        assert use.writes == ["TransactWriteItems"] * 2

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"user_ids": []},
            {"emails": []},
            {"user_ids": ["usr_1"], "emails": ["ana@example.com"]},
            {"user_ids": [f"usr_{number}" for number in range(51)]},
            {"emails": ["not an address"]},
            {"user_ids": "usr_1"},
            {"people": ["usr_1"]},
        ],
    )
    def test_what_names_nobody_or_too_many_is_refused(self, world: World, body: object) -> None:
        workshop_id = private(world)
        assert call("rsvps", "POST", f"/workshops/{workshop_id}/invites", user="host", body=body).status == 422

    def test_only_the_host_co_hosts_and_administrators_invite(self, world: World) -> None:
        workshop_id = private(world, "cora", "ben")
        rights(workshop_id, "cora", is_co_host=True)
        assert invite(workshop_id, "ana", by="cleo").status == 404
        assert invite(workshop_id, "ana", by="ben").code == "not_allowed"
        assert results(invite(workshop_id, "ana", by="cora")) == ["created"]
        assert listed(workshop_id, "cora")[0]["invited_by"]["id"] == id_of("cora")
        body = {"user_ids": [id_of("cleo")]}
        path = f"/workshops/{workshop_id}/invites"
        assert call("rsvps", "POST", path, user="root", groups=("admin",), body=body).status == 200
        assert invite(workshop_id, "cora", by="ana").code == "not_allowed"

    def test_a_suspended_host_invites_nobody(self, world: World) -> None:
        workshop_id = private(world)
        decide("host", {"status": "suspended"})
        assert invite(workshop_id, "ana").code == "account_suspended"

    @pytest.mark.parametrize("status", ["ended", "cancelled"])
    def test_nobody_is_invited_to_what_is_over(self, world: World, status: str) -> None:
        workshop_id = private(world)
        set_in_table(workshop_id, status=status)
        assert invite(workshop_id, "ana").code == "workshop_over"


class TestRevoking:
    def test_who_is_revoked_does_not_see_it_any_more(self, world: World) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana")
        assert revoke(workshop_id, "ana").status == 204
        assert (sees(workshop_id), mine(), listed(workshop_id)) == (False, [], [])
        assert revoke(workshop_id, "ana").status == 204
        assert revoke(workshop_id, "cleo").status == 204

    def test_who_has_a_seat_keeps_it(self, world: World) -> None:
        workshop_id = private(world, max_capacity=1)
        invite(workshop_id, "ana", "ben")
        assert rsvp(workshop_id, "ana").json["status"] == "rsvp"
        assert rsvp(workshop_id, "ben").json["status"] == "waitlisted"
        for user in ("ana", "ben"):
            assert revoke(workshop_id, user).status == 204
            assert (sees(workshop_id, user), mine(user)) == (True, [workshop_id])
        assert withdraw(workshop_id, "ana").status == 204
        assert not sees(workshop_id, "ana")
        assert sees(workshop_id, "ben")

    def test_who_is_invited_again_sees_it_again(self, world: World) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana")
        revoke(workshop_id, "ana")
        assert results(invite(workshop_id, "ana")) == ["created"]
        assert (sees(workshop_id), mine(), len(listed(workshop_id))) == (True, [workshop_id], 1)

    def test_only_those_who_lead_revoke(self, world: World) -> None:
        workshop_id = private(world, "ben")
        invite(workshop_id, "ana")
        assert revoke(workshop_id, "ana", by="cleo").status == 404
        assert revoke(workshop_id, "ana", by="ana").code == "not_allowed"
        assert revoke(workshop_id, "ana", by="ben").code == "not_allowed"
        assert sees(workshop_id)

    def test_of_two_who_invite_at_once_one_finds_it_done(self, world: World) -> None:
        workshop_id = private(world)
        theirs = []
        with overtaken(1, lambda: theirs.append(results(invite(workshop_id, "ana")))):
            ours = results(invite(workshop_id, "ana", "ben"))
        assert (theirs, ours) == ([["created"]], ["already_invited", "created"])


class TestListing:
    def test_the_list_says_who_when_and_by_whom(self, world: World) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana")
        rsvp(workshop_id, "ana")
        (item,) = listed(workshop_id)
        assert (item["id"], item["user"]["id"], item["email"]) == (id_of("ana"), id_of("ana"), None)
        assert (item["invited_by"]["id"], item["rsvp_status"], item["link_id"]) == (id_of("host"), "rsvp", None)
        assert clock.now() - clock.from_text(item["created_at"]) < timedelta(minutes=1)

    def test_pages_are_full_though_some_were_revoked(self, world: World) -> None:
        crowd = [f"guest-{number}" for number in range(9)]
        world.meet(*crowd)
        workshop_id = private(world)
        invite(workshop_id, *crowd)
        for user in crowd[:3]:
            revoke(workshop_id, user)
        seen: list[str] = []
        sizes: list[int] = []
        cursor: dict[str, Any] = {}
        while True:
            reply = call("rsvps", "GET", f"/workshops/{workshop_id}/invites", user="host", query={"limit": 4, **cursor})
            seen += [item["id"] for item in reply.json["items"]]
            sizes.append(len(reply.json["items"]))
            if reply.json["next_cursor"] is None:
                break
            cursor = {"cursor": reply.json["next_cursor"]}
        assert (sorted(seen), sizes) == (sorted(map(id_of, crowd[3:])), [4, 2])

    def test_many_that_were_revoked_take_few_requests_and_the_list_goes_on(
        self, world: World, requests_made: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(walking, "ROWS_AT_ONCE", 4)
        monkeypatch.setattr(walking, "MOST_READS", 2)
        crowd = sorted((f"guest-{number}" for number in range(12)), key=id_of)
        world.meet(*crowd)
        workshop_id = private(world)
        invite(workshop_id, *crowd)
        for user in crowd[:11]:
            revoke(workshop_id, user)
        path, query = f"/workshops/{workshop_id}/invites", {"limit": 2}
        with requests_made() as use:
            first = call("rsvps", "GET", path, user="host", query=query).json
        assert (first["items"], use.operations) == ([], ["BatchGetItem", "Query", "Query"])
        rest = call("rsvps", "GET", path, user="host", query={**query, "cursor": first["next_cursor"]}).json
        assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == ([id_of(crowd[11])], None)

    def test_only_those_who_lead_see_it(self, world: World) -> None:
        workshop_id = private(world, "ben")
        invite(workshop_id, "ana")
        path = f"/workshops/{workshop_id}/invites"
        assert [call("rsvps", "GET", path, user=user).status for user in ("cleo", "ana", "ben")] == [404, 403, 403]

    def test_a_page_is_a_read_a_query_and_a_read(self, world: World, requests_made: Any) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana", "ben", "cleo")
        with requests_made() as use:
            listed(workshop_id)
        assert use.operations == ["BatchGetItem", "Query", "BatchGetItem"]


def test_without_the_ground_nobody_revoked_would_be_kept_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop_id = private(world)
    invite(workshop_id, "ana")
    revoke(workshop_id, "ana")
    assert table.read_one(invite_key(workshop_id, id_of("ana"))) is not None
    monkeypatch.setattr(Invite, "stands", True)
    assert sees(workshop_id)
