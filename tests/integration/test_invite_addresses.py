"""Inviting addresses: claimed by whoever confirms them, before or after, once; and nobody learns whose they are."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from atelier import clock, table
from atelier.accounts import addresses
from atelier.invites import claiming
from atelier.invites.items import KEPT_FOR, AddressInvite, AwaitedAddress, address_invite_id, awaited_key
from functions.projections import app as projections
from tests.accounts import edit, profile_of
from tests.calling import Context, World, call, id_of
from tests.deliveries import Letters, deliver, mailing_from, told
from tests.faults import Killed, killed_after, killed_before, overtaken
from tests.invites import (
    confirm,
    invite,
    invite_addresses,
    invite_of,
    kinds,
    let_follow,
    listed,
    mine,
    private,
    results,
    revoke,
    sees,
)
from tests.messages import Outbox
from tests.rooms import rsvp
from tests.seats import remove
from tests.streaming import Stream
from tests.workshops import ask, in_, set_in_table, stored

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESS = "Ana@Example.com"


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Everybody has been seen before."""
    world.meet("host", "ana", "ben")


class TestClaiming:
    def test_an_address_that_somebody_has_confirmed_is_their_invitation_at_once(self, world: World) -> None:
        confirm("ana", ADDRESS)
        workshop_id = private(world)
        assert results(invite_addresses(workshop_id, "ana@example.COM")) == ["created"]
        assert (sees(workshop_id), mine()) == (True, [workshop_id])
        assert kinds() == ["AddressInvite", "Invite"]

    def test_one_that_is_confirmed_later_is_claimed_then(self, world: World, stream: Stream, sent: Outbox) -> None:
        first, second = private(world), private(world, starts_in=timedelta(days=2))
        for workshop_id in (first, second):
            assert results(invite_addresses(workshop_id, ADDRESS)) == ["created"]
        let_follow(stream, sent)
        assert not sees(first)
        confirm("ana", "ana@example.com")
        let_follow(stream, sent)
        assert mine() == [first, second]
        assert kinds() == ["AddressInvite"] * 2 + ["Invite"] * 2
        assert [kind for kind, _ in told("ana")] == ["workshop_invite"] * 2

    def test_one_that_is_confirmed_by_the_code_that_was_mailed_there_is_claimed(
        self, world: World, stream: Stream
    ) -> None:
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        assert edit({"email": ADDRESS}).status == 200
        stream.run()
        assert not sees(workshop_id)
        body = {"code": profile_of("ana").email_code}
        assert call("accounts", "POST", "/me/email/verify", body=body).status == 200
        stream.run()
        assert sees(workshop_id)

    def test_one_that_is_confirmed_as_it_is_invited_is_claimed_whoever_is_faster(
        self, world: World, stream: Stream
    ) -> None:
        for number, faster in enumerate((True, False)):
            user, address = f"guest-{number}", f"guest{number}@example.com"
            world.meet(user)
            workshop_id = private(world)
            if faster:
                with overtaken(1, partial(confirm, user, address)):
                    invite_addresses(workshop_id, address)
            else:
                invite_addresses(workshop_id, address)
                confirm(user, address)
            stream.run()
            assert sees(workshop_id, user)

    def test_without_a_look_from_both_sides_one_of_them_would_be_missed(
        self, world: World, stream: Stream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(claiming, "of_invited", lambda *_, **__: False)
        workshop_id = private(world)

        def confirm_meanwhile() -> None:
            confirm("ana", ADDRESS)
            stream.run()

        with overtaken(1, confirm_meanwhile):
            invite_addresses(workshop_id, ADDRESS)
        stream.run()
        assert not sees(workshop_id)

    def test_records_that_come_twice_and_late_claim_nothing_twice(
        self, world: World, stream: Stream, sent: Outbox
    ) -> None:
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        confirm("ana", ADDRESS)
        records = stream.take()
        for _ in range(2):
            deliver_again(records)
            let_follow(stream, sent)
        before = invite_of(workshop_id, "ana")
        assert revoke(workshop_id, address_invite_id(workshop_id, "ana@example.com")).status == 204
        deliver_again(records)
        let_follow(stream, sent)
        assert before is not None
        assert not sees(workshop_id)
        assert [kind for kind, _ in told("ana")] == ["workshop_invite"]

    def test_a_late_record_claims_nothing_for_who_has_the_address_no_more(self, world: World, stream: Stream) -> None:
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        confirm("ana", ADDRESS)
        assert edit({"email": None}).status == 200
        stream.run()
        assert not sees(workshop_id)
        confirm("ben", ADDRESS)
        stream.run()
        assert (sees(workshop_id, "ana"), sees(workshop_id, "ben")) == (False, True)

    def test_of_two_who_have_an_address_one_after_the_other_the_first_has_the_invitation(
        self, world: World, stream: Stream
    ) -> None:
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        confirm("ana", ADDRESS)
        stream.run()
        edit({"email": None})
        confirm("ben", ADDRESS)
        stream.run()
        assert (sees(workshop_id, "ana"), sees(workshop_id, "ben")) == (True, False)

    @pytest.mark.parametrize("why", ["removed", "banned", "host", "over"])
    def test_an_address_lets_nobody_in_who_may_not(self, world: World, stream: Stream, why: str) -> None:
        workshop_id = private(world, *(["ana"] if why == "removed" else []))
        if why == "removed":
            remove(workshop_id, "ana")
        elif why == "banned":
            other = world.workshop()["id"]
            rsvp(other, "ana")
            remove(other, "ana", ban=True)
        who = "host" if why == "host" else "ana"
        assert results(invite_addresses(workshop_id, ADDRESS)) == ["created"]
        if why == "over":
            set_in_table(workshop_id, status="cancelled")
        confirm(who, ADDRESS)
        stream.run()
        assert invite_of(workshop_id, who) is None
        if why != "over":
            assert results(invite_addresses(workshop_id, ADDRESS, "also.ana@example.com")) == [
                "already_invited",
                "created",
            ]


def deliver_again(records: list[dict[str, Any]]) -> None:
    """Lets records come to `projections` again, as Lambda may."""
    reaching = [
        record for record in records if record["dynamodb"]["Keys"]["pk"]["S"].startswith(("EMAIL#", "WORKSHOP#"))
    ]
    answer = projections.lambda_handler({"Records": reaching}, Context("projections", "again"))
    assert answer == {"batchItemFailures": []}


class TestPrivacy:
    def test_nothing_tells_whether_anybody_has_an_address(self, world: World, requests_made: Any) -> None:
        confirm("ana", ADDRESS)
        workshop_id = private(world)
        asked = []
        for address in (ADDRESS, "nobody@example.com"):
            with requests_made() as use:
                answered = invite_addresses(workshop_id, address)
            asked.append((results(answered), use.operations))
        assert asked[0] == asked[1]
        shown = [{**item, "id": None, "email": None, "created_at": None} for item in listed(workshop_id)]
        assert shown[0] == shown[1]
        assert {item["email"] for item in listed(workshop_id)} == {ADDRESS, "nobody@example.com"}

    def test_naming_the_person_as_well_does_not_tell_either(self, world: World) -> None:
        confirm("ana", ADDRESS)
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        assert results(invite(workshop_id, "ana", "ben")) == ["created", "created"]
        assert revoke(workshop_id, "ana").status == 204
        assert sees(workshop_id), "the address is invited still"
        assert [item["email"] for item in listed(workshop_id)] == [ADDRESS, None]

    def test_revoking_somebody_who_was_not_named_does_not_tell_and_does_nothing(self, world: World) -> None:
        confirm("ana", ADDRESS)
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        assert revoke(workshop_id, "ana").status == revoke(workshop_id, "ben").status == 204
        assert sees(workshop_id)

    def test_who_took_a_place_is_shown_with_their_address_and_revoked_as_themselves(self, world: World) -> None:
        confirm("ana", ADDRESS)
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        assert listed(workshop_id)[0]["user"] is None
        rsvp(workshop_id, "ana")
        (item,) = listed(workshop_id)
        assert (item["user"]["id"], item["email"], item["rsvp_status"]) == (id_of("ana"), ADDRESS, "rsvp")
        assert revoke(workshop_id, "ana").status == 204
        assert listed(workshop_id) == []

    def test_no_mail_goes_to_an_address_that_nobody_has_confirmed(
        self, world: World, stream: Stream, sent: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        letters = Letters()
        workshop_id = private(world)
        confirm("ben", "ben@example.com")
        stream.run()
        sent.clear()
        with mailing_from(monkeypatch):
            invite_addresses(workshop_id, ADDRESS, "ben@example.com")
            stream.run()
            deliver(sent, clock.now(), letters)
        assert letters.recipients == ["ben@example.com"]

    def test_no_key_and_no_log_line_has_an_address_in_it(
        self, world: World, stream: Stream, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        keys = [item.key for item in table.Item.scan()]
        assert not [key for key in keys if "ana@example.com" in "".join(key).casefold()]
        monkeypatch.setattr(claiming, "of_confirmed", lambda *_, **__: 1 / 0)
        confirm("ana", ADDRESS)
        with pytest.raises(AssertionError, match="batchItemFailures"):
            stream.run()
        assert "ana@example.com" not in capsys.readouterr().out.casefold()


class TestRevoking:
    @pytest.mark.parametrize("is_claimed", [True, False])
    def test_a_revoked_address_invites_nobody(self, world: World, stream: Stream, is_claimed: bool) -> None:
        workshop_id = private(world)
        if is_claimed:
            confirm("ana", ADDRESS)
        invite_addresses(workshop_id, ADDRESS)
        (item,) = listed(workshop_id)
        assert sees(workshop_id) == is_claimed
        for _ in range(2):
            assert revoke(workshop_id, item["id"]).status == 204
        confirm("ana", ADDRESS)
        stream.run()
        assert (sees(workshop_id), listed(workshop_id)) == (False, [])
        assert results(invite_addresses(workshop_id, ADDRESS)) == ["created"]
        assert sees(workshop_id)

    def test_revoking_as_it_is_claimed_leaves_nobody_in(self, world: World, stream: Stream) -> None:
        for number in range(2):
            user, address = f"guest-{number}", f"guest{number}@example.com"
            world.meet(user)
            workshop_id = private(world)
            invite_addresses(workshop_id, address)
            (item,) = listed(workshop_id)
            confirm(user, address)
            acts: list[Callable[[], object]] = [stream.run, partial(revoke, workshop_id, item["id"])]
            act, meanwhile = acts if number else acts[::-1]
            with overtaken(1, meanwhile, on=["TransactWriteItems"]) as fault:
                act()
            assert fault.struck == 1
            stream.run()
            assert (sees(workshop_id, user), listed(workshop_id)) == (False, [])
            assert not [kind for kind in kinds() if kind == "AwaitedAddress"]


class TestDying:
    @pytest.mark.parametrize("is_confirmed", [True, False])
    @pytest.mark.parametrize("killed", [killed_before, killed_after])
    def test_a_request_that_dies_and_comes_again_invites_everybody_once(
        self, world: World, killed: Any, is_confirmed: bool
    ) -> None:
        many = [f"guest{number}@example.com" for number in range(40)] + [ADDRESS]
        if is_confirmed:
            confirm("ana", ADDRESS)
        for write in (1, 2):
            workshop_id = private(world)
            with killed(write) as fault, pytest.raises(Killed):
                invite_addresses(workshop_id, *many)
            assert fault.struck == 1
            assert set(results(invite_addresses(workshop_id, *many))) <= {"created", "already_invited"}
            assert sorted(item["email"] for item in listed(workshop_id, limit=100)) == sorted(many)
            assert sees(workshop_id) == is_confirmed

    @pytest.mark.parametrize("killed", [killed_before, killed_after])
    def test_a_claim_that_dies_goes_on_where_it_was(
        self, world: World, stream: Stream, sent: Outbox, killed: Any
    ) -> None:
        workshops = [private(world) for _ in range(3)]
        for workshop_id in workshops:
            invite_addresses(workshop_id, ADDRESS)
        let_follow(stream, sent)
        confirm("ana", ADDRESS)
        with killed(2), pytest.raises(Killed):
            stream.run()
        assert len(mine()) in (1, 2)
        let_follow(stream, sent)
        assert sorted(mine()) == sorted(workshops)
        assert "AwaitedAddress" not in kinds()
        assert [kind for kind, _ in told("ana")] == ["workshop_invite"] * 3

    @pytest.mark.parametrize("killed", [killed_before, killed_after])
    def test_a_revocation_that_dies_and_comes_again_is_done(self, world: World, killed: Any) -> None:
        confirm("ana", ADDRESS)
        workshop_id = private(world)
        invite_addresses(workshop_id, ADDRESS)
        (item,) = listed(workshop_id)
        with killed(1), pytest.raises(Killed):
            revoke(workshop_id, item["id"])
        assert revoke(workshop_id, item["id"]).status == 204
        assert (sees(workshop_id), listed(workshop_id)) == (False, [])


def test_an_address_is_forgotten_some_time_after_the_workshop_wherever_that_moves(
    world: World, stream: Stream, sent: Outbox
) -> None:
    confirm("ben", "ben@example.com")
    workshop_id = private(world)
    invite_addresses(workshop_id, ADDRESS, "ben@example.com")
    assert ask("PATCH", f"/{workshop_id}", body={"scheduled_at": in_(days=90)}).status == 200
    let_follow(stream, sent)
    expected = int((stored(workshop_id).scheduled_at + KEPT_FOR).timestamp())
    kept = [item for item in table.Item.scan() if isinstance(item, AddressInvite | AwaitedAddress)]
    assert [item.expires_at for item in kept] == [expected] * 3
    awaited = table.read_one(awaited_key(workshop_id, addresses.folded(ADDRESS)))
    assert isinstance(awaited, AwaitedAddress)


def test_doubles_and_other_spellings_of_an_address_are_answered_once(world: World) -> None:
    workshop_id = private(world)
    answered = invite_addresses(workshop_id, ADDRESS, "ana@example.com", "ben@example.com")
    assert [item["email"] for item in answered.json["items"]] == [ADDRESS, "ben@example.com"]
    assert results(invite_addresses(workshop_id, "ANA@example.com")) == ["already_invited"]
    assert {item["email"] for item in listed(workshop_id)} == {ADDRESS, "ben@example.com"}
