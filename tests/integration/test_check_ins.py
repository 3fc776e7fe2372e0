"""Checking in by a code: once, in few round trips, and refused alike whatever is wrong."""

from datetime import timedelta
from typing import Any

import pytest

from atelier import clock
from atelier.attendance.items import Attendance
from atelier.table import Item
from tests.attendance import Session, attendance
from tests.calling import World, call, id_of
from tests.checkins import at, check_in, checked_in, claim, guest, guests_of, of_person, opened, wrong
from tests.checkins import desk as ask_desk
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after, killed_before, overtaken
from tests.notices import hear
from tests.rooms import remove, rsvp, suspend
from tests.streaming import Stream
from tests.workshops import ask, everything

NOW = clock.whole_seconds(clock.now())
KEY = {"Idempotency-Key": "5f0c8d5e-6f0b-4c39-9a53-0d1f3f4c6a11"}


class TestAPerson:
    def test_is_checked_in_once_and_the_first_time_is_kept(self, world: World) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        with at(NOW):
            first = check_in(code)
        with at(NOW + timedelta(minutes=5)):
            again = check_in(code.lower())
        assert (first.status, again.status) == (201, 200)
        assert first.json == again.json
        assert first.json["checked_in_at"] == clock.to_text(NOW)
        assert first.json["workshop"]["id"] == workshop_id
        assert checked_in(workshop_id) == {id_of("ana"): NOW}

    def test_takes_two_writes_and_three_round_trips_at_most(self, world: World) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        with counted() as first:
            assert check_in(code).status == 201
        with counted() as again:
            assert check_in(code).status == 200
        assert first.operations == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
        assert again.operations == ["BatchGetItem", "BatchGetItem"]
        # One item and its entry in one index, and a check of the guesses: what a transaction writes costs twice.
        assert first.write_units <= 6
        assert [item.sk for item in Item.query(f"ATTENDANCE#{workshop_id}")] == [f"USER#{id_of('ana')}"]

    def test_who_was_in_the_room_needs_neither_seat_nor_invitation(self, world: World) -> None:
        workshop_id, code = opened(world, is_private=True, max_capacity=1)
        assert rsvp(workshop_id, "ben").status == 404
        assert check_in(code, "ben").status == 201
        assert ask("GET", f"/{workshop_id}", user="ben").status == 404

    def test_is_checked_in_beside_their_presence_in_either_order(self, world: World, stream: Stream) -> None:
        session = Session(world)
        code = ask_desk(session.id, "POST").json["code_text"]
        hear(*session.visit("ana", 60, 600))
        stream.run()
        assert [check_in(code, user).status for user in ("ana", "ben")] == [201, 201]
        hear(*session.visit("ben", 60, 600))
        stream.run()
        for user in ("ana", "ben"):
            record = of_person(session.id, user)
            assert record is not None
            assert len(record.intervals) == 1
            assert record.checked_in_at is not None
            assert record.checked_in_by == "code"
        shown = {item["user"]["id"]: item for item in attendance(session.id).json["items"] if item["user"]}
        assert shown[id_of("ana")]["total_seconds"] == 540

    def test_finds_their_check_ins_in_their_own_list(self, world: World) -> None:
        workshop_id, code = opened(world)
        check_in(code)
        found = [
            row.person_sort
            for row in Item.by_person.query(f"USER#{id_of('ana')}", Item.person_sort.startswith("CAME#"))
        ]
        assert found == [f"CAME#{workshop_id}"]

    def test_who_was_removed_or_banned_is_told_so(self, world: World) -> None:
        world.meet("ana", "ben")
        workshop_id, code = opened(world)
        for user, ban in (("ana", False), ("ben", True)):
            assert rsvp(workshop_id, user).status == 201
            remove(workshop_id, user, ban=ban)
        other, other_code = opened(world)
        assert (check_in(code, "ana").status, check_in(code, "ana").code) == (403, "removed")
        assert (check_in(other_code, "ben").status, check_in(other_code, "ben").code) == (403, "banned")
        assert check_in(other_code, "ana").status == 201
        assert checked_in(workshop_id) == {}
        assert set(checked_in(other)) == {id_of("ana")}

    def test_who_is_suspended_cannot_check_in_or_claim(self, world: World) -> None:
        world.meet("ana", "admin")
        _, code = opened(world)
        token = guest(code).json["claim_token"]
        suspend("ana")
        assert check_in(code).code == claim(token).code == "account_suspended"

    def test_whoever_is_seen_for_the_first_time_gets_a_profile(self, world: World) -> None:
        workshop_id, code = opened(world)
        assert check_in(code, "new").status == 201
        assert attendance(workshop_id).json["items"][0]["user"]["id"] == id_of("new")

    def test_two_requests_of_one_person_at_once_make_one_check_in(self, world: World) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        faster: list[Any] = []
        with overtaken(1, lambda: faster.append(check_in(code))):
            slower = check_in(code)
        assert (faster[0].status, slower.status) == (201, 200)
        assert faster[0].json == slower.json
        assert len(checked_in(workshop_id)) == 1

    @pytest.mark.parametrize("dies", [killed_before, killed_after])
    def test_a_process_that_dies_leaves_all_or_nothing(self, world: World, dies: Any) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        with pytest.raises(Killed), dies(1):
            check_in(code)
        assert len(checked_in(workshop_id)) == (dies is killed_after)
        assert check_in(code).status == (200 if dies is killed_after else 201)
        assert len(checked_in(workshop_id)) == 1

    def test_an_answer_lost_on_the_way_changes_nothing(self, world: World) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        with answers_lost() as fault:
            assert check_in(code).status == 201
        assert fault.struck == 1
        assert len(checked_in(workshop_id)) == 1


class TestACodeThatIsNotValid:
    @pytest.fixture
    def codes(self, world: World) -> dict[str, str]:
        """A code for each thing that can be wrong."""
        world.meet("ana")
        _, fixed = opened(world)
        _, rotating = opened(world, rotates_every_s=30)
        shut, shut_code = opened(world)
        assert ask_desk(shut, "PATCH", body={"state": "CLOSED"}).status == 200
        gone, gone_code = opened(world)
        assert ask("DELETE", f"/{gone}").status == 204
        return {
            "wrong": wrong(fixed),
            "half right": rotating[:4] + wrong(rotating[4:]),
            "too short": fixed[:5],
            "no code": "!?",
            "empty": "",
            "closed": shut_code,
            "cancelled": gone_code,
        }

    def test_is_answered_alike_in_the_same_round_trips(self, codes: dict[str, str]) -> None:
        for ask_for, steps in ((check_in, 3), (guest, 4)):
            told = {}
            for name, code in codes.items():
                with counted() as use:
                    reply = ask_for(code)
                problem = {key: value for key, value in reply.json.items() if key != "request_id"}
                told[name] = (reply.status, str(problem), use.round_trips, len(use.writes))
            assert {answer[0] for answer in told.values()} == {404}
            assert len(set(told.values())) == 1, told
            assert told["wrong"][2] == steps

    def test_leaves_nobody_checked_in(self, codes: dict[str, str]) -> None:
        for code in codes.values():
            check_in(code)
            guest(code)
        assert not [key for key in everything() if key[0].startswith("ATTENDANCE#")]

    @pytest.mark.usefixtures("table")
    def test_is_422_only_when_it_is_no_text(self) -> None:
        for body in ({}, {"code": 123456}, {"code": "A" * 101}, {"code": None}):
            assert call("checkins", "POST", "/check-ins", body=body).status == 422


class TestAGuest:
    def test_gives_a_name_and_gets_a_token_of_which_only_the_hash_is_kept(self, world: World) -> None:
        workshop_id, code = opened(world)
        with counted() as use:
            reply = guest(code, "Gerda", email="gerda@example.com")
        assert reply.status == 201
        assert use.operations == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
        [stored] = guests_of(workshop_id)
        assert (stored.guest_name, stored.email) == ("Gerda", "gerda@example.com")
        assert reply.json["guest_name"] == "Gerda"
        assert len(reply.json["claim_token"]) >= 22
        assert reply.json["claim_token"] not in str(everything())

    def test_names_are_no_keys(self, world: World) -> None:
        workshop_id, code = opened(world)
        assert [guest(code).status for _ in range(3)] == [201] * 3
        assert len(guests_of(workshop_id)) == 3

    def test_who_sends_a_request_again_with_its_key_is_one_guest_with_two_tokens(self, world: World) -> None:
        workshop_id, code = opened(world)
        first, again = (guest(code, headers=KEY) for _ in range(2))
        assert (first.status, again.status) == (201, 201)
        assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
        assert len(guests_of(workshop_id)) == 1
        assert first.json["claim_token"] != again.json["claim_token"]
        assert guest(code, "Eva", headers=KEY).code == "idempotency_key_reused"

    def test_a_key_is_nobody_elses_behind_another_address(self, world: World) -> None:
        workshop_id, code = opened(world)
        assert guest(code, headers=KEY).status == 201
        other = guest(code, headers=KEY, address="198.51.100.9")
        assert (other.status, "idempotency-replayed" in other.headers) == (201, False)
        assert guest(code, "Eva", headers=KEY, address="198.51.100.10").status == 201
        assert len(guests_of(workshop_id)) == 3

    def test_a_key_that_two_people_may_think_of_is_none(self, world: World) -> None:
        workshop_id, code = opened(world)
        replies = [guest(code, name, headers={"Idempotency-Key": "1" * 15}) for name in ("Max", "Eva", "Max")]
        assert [reply.status for reply in replies] == [201] * 3
        assert len(guests_of(workshop_id)) == 3

    @pytest.mark.parametrize(
        "more", [{"email": "nobody"}, {"display_name": " "}, {"display_name": None}, {"role": "x"}]
    )
    @pytest.mark.usefixtures("table")
    def test_who_tells_nonsense_is_refused(self, more: dict[str, Any]) -> None:
        body = {"code": "ABC234", "display_name": "Gerda", **more}
        assert call("checkins", "POST", "/public/check-ins", user=None, body=body).status == 422

    def test_who_claims_it_is_checked_in_since_then(self, world: World) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        with at(NOW):
            token = guest(code, email="ana@example.com").json["claim_token"]
        first, again = claim(token), claim(token)
        assert (first.status, again.status) == (201, 200)
        assert first.json == again.json
        assert (first.json["checked_in_at"], first.json["checked_in_by"]) == (clock.to_text(NOW), "claim")
        assert checked_in(workshop_id) == {id_of("ana"): NOW}
        [merged] = guests_of(workshop_id)
        assert merged.merged_into == id_of("ana")
        assert "gerda" not in str(merged.serialize()).lower()
        assert "ana@example.com" not in str(merged.serialize())

    @pytest.mark.parametrize("guest_first", [True, False])
    def test_of_two_times_the_earlier_stays(self, world: World, guest_first: bool) -> None:
        workshop_id, code = opened(world)
        with at(NOW + timedelta(minutes=0 if guest_first else 10)):
            token = guest(code).json["claim_token"]
        with at(NOW + timedelta(minutes=10 if guest_first else 0)):
            check_in(code)
        reply = claim(token)
        assert (reply.status, reply.json["checked_in_at"]) == (200, clock.to_text(NOW))
        assert reply.json["checked_in_by"] == ("claim" if guest_first else "code")
        assert checked_in(workshop_id) == {id_of("ana"): NOW}

    def test_two_guests_can_turn_out_to_be_one_person(self, world: World) -> None:
        workshop_id, code = opened(world)
        tokens = [guest(code).json["claim_token"] for _ in range(2)]
        assert [claim(token).status for token in tokens] == [201, 200]
        assert len(checked_in(workshop_id)) == 1
        assert {one.merged_into for one in guests_of(workshop_id)} == {id_of("ana")}

    def test_of_two_people_who_claim_at_once_one_gets_it(self, world: World) -> None:
        world.meet("ana", "ben")
        workshop_id, code = opened(world)
        token = guest(code).json["claim_token"]
        faster: list[Any] = []
        with overtaken(1, lambda: faster.append(claim(token, "ben"))):
            slower = claim(token, "ana")
        assert (faster[0].status, slower.status, slower.code) == (201, 404, "not_found")
        assert set(checked_in(workshop_id)) == {id_of("ben")}

    def test_a_claim_and_a_check_in_at_once_make_one(self, world: World) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        with at(NOW):
            token = guest(code).json["claim_token"]
        with overtaken(1, lambda: check_in(code)):
            assert claim(token).status == 200
        assert checked_in(workshop_id) == {id_of("ana"): NOW}

    @pytest.mark.parametrize("dies", [killed_before, killed_after])
    def test_a_claim_that_dies_is_finished_by_the_next(self, world: World, dies: Any) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        token = guest(code).json["claim_token"]
        with pytest.raises(Killed), dies(1):
            claim(token)
        assert claim(token).status in (200, 201)
        assert len(checked_in(workshop_id)) == 1

    def test_a_token_is_good_for_90_days(self, world: World) -> None:
        _, code = opened(world)
        with at(NOW):
            token = guest(code).json["claim_token"]
        with at(NOW + timedelta(days=90)):
            assert claim(token).status == 404
        with at(NOW + timedelta(days=89)):
            assert claim(token).status == 201

    @pytest.mark.usefixtures("table")
    def test_a_token_that_was_never_given_is_not_found(self) -> None:
        assert [claim(token).status for token in ("x" * 27, "é", "#")] == [404] * 3
        assert claim("").status == 422

    def test_who_was_removed_cannot_come_in_by_a_claim(self, world: World) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        assert rsvp(workshop_id, "ana").status == 201
        remove(workshop_id, "ana")
        assert claim(guest(code).json["claim_token"]).code == "removed"


def test_nothing_that_is_stored_of_a_check_in_tells_more_than_it_needs(world: World) -> None:
    _, code = opened(world)
    check_in(code)
    [record] = [item for item in Item.scan() if isinstance(item, Attendance)]
    told = {name for name in record.get_attributes() if getattr(record, name) is not None}
    assert told == {"pk", "sk", "kind", "updated_at", "checked_in_at", "checked_in_by", "person_key", "person_sort"}
