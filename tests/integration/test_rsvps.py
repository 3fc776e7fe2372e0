"""RSVP and its withdrawal: who may, what they get, and what they are told."""

import pytest

from atelier.rsvps.dry import dry_blocks
from tests.calling import World, call, id_of
from tests.seats import forget_what_was_dry, look, open_workshop, remove, row_of, rsvp, settle, status_of, withdraw
from tests.streaming import Stream
from tests.workshops import everything, set_in_table

UNKNOWN = "wks_00000000000000000000000000"


def suspend(user: str) -> None:
    """An administrator suspends somebody."""
    path = f"/users/{id_of(user)}"
    reply = call("accounts", "PATCH", path, user="admin", body={"status": "suspended"}, groups=("admin",))
    assert reply.status == 200, reply.text


class TestTakingASeat:
    def test_the_first_to_ask_gets_a_seat_and_is_told_all_about_it(self, world: World) -> None:
        workshop_id = open_workshop(world, max_capacity=2)
        reply = rsvp(workshop_id)
        assert reply.status == 201
        told = reply.json
        assert told["user"]["id"] == id_of("ana")
        assert set(told) == {
            "user", "status", "position", "is_co_host", "can_speak", "rsvp_at", "joined_at", "left_at",
        }  # fmt: skip
        assert (told["status"], told["position"], told["is_co_host"], told["can_speak"]) == ("rsvp", None, False, False)
        assert (told["joined_at"], told["left_at"]) == (None, None)

    def test_asking_again_is_200_and_the_same(self, world: World) -> None:
        workshop_id = open_workshop(world, max_capacity=1)
        for user in ("ana", "ben"):
            first = rsvp(workshop_id, user)
            before = everything()
            again = rsvp(workshop_id, user)
            assert (first.status, again.status) == (201, 200)
            assert (again.text, again.headers["etag"]) == (first.text, first.headers["etag"])
            assert everything() == before

    def test_behind_the_last_seat_people_wait_in_the_order_they_came(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=1)
        for place, user in enumerate(("ben", "cleo", "dan"), 1):
            reply = rsvp(workshop_id, user)
            assert (reply.status, reply.json["status"], reply.json["position"]) == (201, "waitlisted", place)
        assert settle(workshop_id, stream).queue == [id_of(user) for user in ("ben", "cleo", "dan")]

    def test_behind_the_last_seat_without_a_waitlist_it_is_full(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=1, waitlist_enabled=False)
        for _ in range(2):
            reply = rsvp(workshop_id, "ben")
            assert (reply.status, reply.code) == (409, "workshop_full")
        assert row_of(workshop_id, "ben") is None

    def test_an_unlimited_workshop_has_a_seat_for_everybody_and_no_blocks(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, *(f"guest-{n}" for n in range(60)))
        seats = settle(workshop_id, stream)
        assert (len(seats.seated), seats.blocks, seats.workshop.attendee_count) == (60, {}, 60)
        detail = call("workshops", "GET", f"/workshops/{workshop_id}").json
        assert (detail["attendee_count"], detail["seats_left"]) == (60, None)

    def test_a_workshop_of_several_blocks_is_sold_to_the_last_seat(self, world: World, stream: Stream) -> None:
        people = [f"guest-{n}" for n in range(101)]
        workshop_id = open_workshop(world, *people, max_capacity=100)
        seats = settle(workshop_id, stream)
        assert [len(block.holders) for block in seats.blocks.values()] == [48, 48, 4]
        assert seats.queue == [id_of("guest-100")]

    def test_a_seat_shows_in_the_persons_own_list(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        mine = call("workshops", "GET", "/workshops", query={"my": True}).json["items"]
        assert [(item["id"], item["my"]["rsvp"]["status"]) for item in mine] == [(workshop_id, "rsvp")]
        withdraw(workshop_id)
        assert call("workshops", "GET", "/workshops", query={"my": True}).json["items"] == []


@pytest.mark.usefixtures("table")
class TestWhoMayNot:
    def test_the_host_needs_no_seat(self, world: World) -> None:
        workshop_id = open_workshop(world)
        reply = rsvp(workshop_id, "host")
        assert (reply.status, reply.code) == (409, "own_workshop")
        assert withdraw(workshop_id, "host").status == 204

    @pytest.mark.parametrize("status", ["ended", "cancelled"])
    def test_what_is_over_takes_nobody(self, world: World, status: str) -> None:
        workshop_id = open_workshop(world)
        set_in_table(workshop_id, status=status)
        reply = rsvp(workshop_id)
        assert (reply.status, reply.code) == (409, "workshop_over")
        assert row_of(workshop_id, "ana") is None

    @pytest.mark.parametrize("status", ["lobby", "live"])
    def test_an_open_room_still_takes_people(self, world: World, status: str) -> None:
        workshop_id = open_workshop(world)
        set_in_table(workshop_id, status=status)
        assert rsvp(workshop_id).status == 201

    def test_a_removed_person_does_not_come_back(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        assert remove(workshop_id, "ana").status == 204
        for _ in range(2):
            reply = rsvp(workshop_id)
            assert (reply.status, reply.code) == (403, "removed")
        assert withdraw(workshop_id).status == 204
        assert rsvp(workshop_id).code == "removed"

    def test_a_banned_person_takes_no_seat_in_any_workshop_of_that_host(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        assert remove(workshop_id, "ana", ban=True).status == 204
        other, anothers = open_workshop(world), world.workshop("another")["id"]
        assert (rsvp(other).status, rsvp(other).code) == (403, "banned")
        assert rsvp(anothers).status == 201

    def test_a_ban_that_was_undone_bars_no_more_from_others_but_the_removal_stays(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        remove(workshop_id, "ana", ban=True)
        other = open_workshop(world)
        assert call("accounts", "DELETE", f"/me/bans/{id_of('ana')}", user="host").status == 204
        assert rsvp(other).status == 201
        assert rsvp(workshop_id).code == "removed"

    def test_a_private_workshop_is_unknown_to_strangers(self, world: World) -> None:
        workshop_id = open_workshop(world, is_private=True)
        for reply in (rsvp(workshop_id), withdraw(workshop_id), rsvp(UNKNOWN), withdraw(UNKNOWN)):
            assert (reply.status, reply.code) == (404, "not_found")
        assert row_of(workshop_id, "ana") is None

    def test_somebody_with_a_place_still_knows_a_workshop_that_became_private(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
        set_in_table(workshop_id, is_private=True)
        assert [rsvp(workshop_id, user).status for user in ("ana", "ben")] == [200, 200]
        assert [withdraw(workshop_id, user).status for user in ("ana", "ben")] == [204, 204]
        assert rsvp(workshop_id).code == "not_found"

    @pytest.mark.parametrize(("is_private", "code"), [(False, "account_suspended"), (True, "not_found")])
    def test_a_suspended_person_takes_none_and_learns_no_more_than_a_stranger(
        self, world: World, is_private: bool, code: str
    ) -> None:
        workshop_id = open_workshop(world, is_private=is_private)
        world.meet("ana", "admin")
        suspend("ana")
        assert [rsvp(workshop_id).code, withdraw(workshop_id).code] == [code, code]
        assert row_of(workshop_id, "ana") is None

    @pytest.mark.parametrize("workshop_id", ["wks_1", "usr_aaaaaaaaaaaaaaaa", "wks_%2e%2e", "x"])
    def test_an_id_that_cannot_be_is_not_found(self, workshop_id: str) -> None:
        assert rsvp(workshop_id).status == 404

    def test_nobody_is_asked_to_sign_in_by_a_seat(self, world: World) -> None:
        workshop_id = open_workshop(world)
        reply = call("rsvps", "POST", f"/workshops/{workshop_id}/rsvp", user=None)
        assert (reply.status, reply.code) == (401, "not_signed_in")


class TestWithdrawing:
    def test_the_seat_is_free_again_and_asking_twice_is_the_same(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=1)
        assert [withdraw(workshop_id).status for _ in range(3)] == [204, 204, 204]
        assert row_of(workshop_id, "ana") is None
        seats = settle(workshop_id, stream)
        assert (seats.free, seats.held, seats.workshop.attendee_count) == (1, [], 0)

    def test_somebody_who_never_asked_may_withdraw_and_nothing_happens(self, world: World) -> None:
        workshop_id = open_workshop(world, "ben", max_capacity=1)
        world.meet("ana")
        before = everything()
        assert withdraw(workshop_id).status == 204
        assert everything() == before

    def test_after_the_end_nobody_withdraws(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        set_in_table(workshop_id, status="ended")
        reply = withdraw(workshop_id)
        assert (reply.status, reply.code) == (409, "workshop_over")
        assert status_of(workshop_id, "ana") == "rsvp"

    def test_who_withdrew_before_the_end_may_ask_again_after_it(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        assert withdraw(workshop_id).status == 204
        set_in_table(workshop_id, status="ended")
        before = everything()
        assert withdraw(workshop_id).status == 204
        assert everything() == before

    @pytest.mark.parametrize("waitlist_enabled", [True, False])
    @pytest.mark.parametrize("is_new_process", [True, False])
    @pytest.mark.parametrize("capacity", [1, 60])
    def test_a_seat_given_up_is_there_for_the_next_at_once(
        self, world: World, waitlist_enabled: bool, is_new_process: bool, capacity: int
    ) -> None:
        people = ["ana", *(f"guest-{n}" for n in range(capacity - 1))]
        workshop_id = open_workshop(world, *people, max_capacity=capacity, waitlist_enabled=waitlist_enabled)
        if not waitlist_enabled:
            assert rsvp(workshop_id, "late").code == "workshop_full"
        if is_new_process:
            forget_what_was_dry()
        assert withdraw(workshop_id).status == 204
        reply = rsvp(workshop_id)
        assert (reply.status, reply.json["status"]) == (201, "rsvp")

    def test_a_process_that_remembers_every_block_as_dry_still_sees_a_seat_given_up_elsewhere(
        self, world: World
    ) -> None:
        workshop_id = open_workshop(world, "ana", max_capacity=1, waitlist_enabled=False)
        assert rsvp(workshop_id, "ben").code == "workshop_full"
        remembered = dict(dry_blocks._seen[workshop_id])  # noqa: SLF001
        assert withdraw(workshop_id).status == 204
        dry_blocks._seen[workshop_id] = remembered  # noqa: SLF001 - as in a process that did not see it
        assert rsvp(workshop_id, "ben").json["status"] == "rsvp"

    def test_rsvp_and_withdrawal_over_and_over_leave_the_seats_as_they_were(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, max_capacity=2)
        for _ in range(5):
            assert rsvp(workshop_id).json["status"] == "rsvp"
            assert withdraw(workshop_id).status == 204
        assert settle(workshop_id, stream).free == 2
        assert look(workshop_id).rows == []
