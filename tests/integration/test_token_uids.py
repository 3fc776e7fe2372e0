"""The number a person has in a room and the seat taken on the way; what they cost, and what faults do to them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, cast

import pytest

from atelier import clock, table
from atelier.agora.names import RECORDER_UIDS, UIDS
from atelier.agora.secrets import SecretStore
from atelier.agora.tokens import Credentials
from atelier.edits import CollisionError
from atelier.errors import AgoraUnavailableError, RequestInProgressError
from atelier.rooms import uids
from atelier.rooms.items import ChannelUid, uid_key
from functions.tokens import app
from tests.calling import World, call, id_of
from tests.counting import counted
from tests.faults import Killed, answers_lost, dead_table, failing_with, killed_after, killed_before
from tests.rooms import CREDENTIALS, a_workshop, claims, remove, row_of, rsvp, token
from tests.workshops import stored


@pytest.fixture(autouse=True)
def agora(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credentials, from a parameter store of our own."""
    monkeypatch.setenv("AGORA_PARAMETER_PATH", "/studio/agora")
    monkeypatch.setattr(app, "credentials", SecretStore(lambda: CREDENTIALS))


class TestASeatOnTheWay:
    def test_somebody_without_an_rsvp_takes_a_seat(self, world: World) -> None:
        workshop_id = a_workshop(world, max_capacity=1)
        assert token(workshop_id).status == 200
        row = row_of(workshop_id, "ana")
        assert row is not None
        assert (row.status, row.block) == ("rsvp", 0)
        assert rsvp(workshop_id).status == 200

    def test_when_it_is_full_they_wait_and_are_told_so(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ben",), max_capacity=1)
        for _ in range(2):
            reply = token(workshop_id)
            assert (reply.status, reply.code) == (409, "workshop_full")
        row = row_of(workshop_id, "ana")
        assert row is not None
        assert row.status == "waitlisted"
        assert claims(workshop_id) == {}
        rsvp(workshop_id, "ben", "DELETE")
        assert token(workshop_id).status == 200

    def test_when_it_is_full_without_a_waitlist_they_leave_no_trace(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ben",), max_capacity=1, waitlist_enabled=False)
        assert (token(workshop_id).status, token(workshop_id).code) == (409, "workshop_full")
        assert row_of(workshop_id, "ana") is None

    def test_without_credentials_nobody_takes_a_seat_on_the_way_to_no_token(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unreadable() -> Credentials:
            raise AgoraUnavailableError

        monkeypatch.setattr(app, "credentials", SecretStore(lambda: CREDENTIALS))
        monkeypatch.setattr(app.credentials, "get", unreadable)
        workshop_id = a_workshop(world, max_capacity=1)
        reply = token(workshop_id)
        assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "agora_unavailable", "2")
        assert row_of(workshop_id, "ana") is None


class TestUids:
    def test_a_person_keeps_a_number_of_their_own_for_each_device(self, world: World) -> None:
        workshop_id = a_workshop(world)
        numbers = {(device, token(workshop_id, "host", device=device).json["uid"]) for device in ("main", "screen") * 3}
        assert len(numbers) == 2
        row = row_of(workshop_id, "host")
        assert row is not None
        assert numbers == {("main", int(row.uid_main)), ("screen", int(row.uid_screen))}
        assert claims(workshop_id) == {uid: (id_of("host"), device) for device, uid in numbers}

    def test_the_hosts_row_is_no_rsvp_and_in_nobodys_list(self, world: World) -> None:
        workshop_id = a_workshop(world, max_capacity=1)
        token(workshop_id, "host")
        row = row_of(workshop_id, "host")
        assert row is not None
        assert row.status == "host"
        assert row.person_key is None
        listed = call("rsvps", "GET", f"/workshops/{workshop_id}/attendees", user="host")
        assert listed.json["items"] == []
        assert rsvp(workshop_id, "host").code == "own_workshop"
        assert call("workshops", "GET", f"/workshops/{workshop_id}", user="host").json["my"]["rsvp"] is None

    def test_numbers_stay_clear_of_the_recorders(self) -> None:
        for tries in range(500):
            uid = uids.proposed("room", id_of("ana"), "main", tries)
            assert uid in UIDS
            assert uid not in RECORDER_UIDS

    def test_the_same_person_has_another_number_in_another_room(self, world: World) -> None:
        one, other = a_workshop(world, seated=("ana",)), a_workshop(world, seated=("ana",))
        assert token(one).json["uid"] != token(other).json["uid"]

    def test_somebody_who_gave_their_seat_up_and_took_another_has_the_same_number(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        before = token(workshop_id).json["uid"]
        assert rsvp(workshop_id, method="DELETE").status == 204
        assert rsvp(workshop_id).status == 201
        assert token(workshop_id).json["uid"] == before

    def test_a_number_that_is_taken_is_left_to_whom_it_belongs(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana", "ben"))
        workshop = stored(workshop_id)
        tried: list[int] = []

        def clashing(_: str, user_id: str, device: str, tries: int) -> int:
            tried.append(tries)
            return 7 + tries

        for number, user in enumerate(("ana", "ben")):
            row = row_of(workshop_id, user)
            assert row is not None
            assert uids.of_attendee(workshop, row, "main", propose=clashing) == 7 + number
        assert uids.of_new_host(workshop, "main", at=clock.now(), propose=clashing) == 9
        assert uids.of_visitor(workshop, id_of("boss"), "main", propose=clashing) == 10
        assert uids.of_visitor(workshop, id_of("boss"), "main", propose=clashing) == 10
        assert claims(workshop_id) == {
            7: (id_of("ana"), "main"),
            8: (id_of("ben"), "main"),
            9: (id_of("host"), "main"),
            10: (id_of("boss"), "main"),
        }
        row = row_of(workshop_id, "ben")
        assert row is not None
        assert row.uid_main == 8
        assert max(tried) == 3

    def test_when_no_number_can_be_had_it_says_so_and_claims_none(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        theirs = ChannelUid(*uid_key(stored(workshop_id).channel, 7), user_id="usr_x", device="main")
        assert table.put_if_absent(theirs) is None
        row = row_of(workshop_id, "ana")
        assert row is not None
        with pytest.raises(RequestInProgressError):
            uids.of_attendee(stored(workshop_id), row, "main", propose=lambda *_: 7)
        assert list(claims(workshop_id)) == [7]

    def test_a_row_that_went_away_meanwhile_claims_no_number(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        row = row_of(workshop_id, "ana")
        assert row is not None
        remove(workshop_id, "ana")
        with pytest.raises(CollisionError):
            uids.of_attendee(stored(workshop_id), row, "main")
        assert claims(workshop_id) == {}

    @pytest.mark.parametrize("who", ["ana", "host", "stranger", "boss"])
    def test_50_first_requests_of_one_person_at_once_get_one_number(self, world: World, who: str) -> None:
        workshop_id = a_workshop(world, seated=("ana",), max_capacity=2)
        with ThreadPoolExecutor(16) as pool:
            replies = list(pool.map(lambda _: token(workshop_id, who, admin=who == "boss"), range(50)))
        assert {reply.status for reply in replies} == {200}
        assert len({reply.json["uid"] for reply in replies}) == 1
        assert list(claims(workshop_id).values()) == [(id_of(who), "main")]

    def test_40_people_at_once_get_40_numbers(self, world: World) -> None:
        workshop_id = a_workshop(world)
        people = [f"guest-{number}" for number in range(40)]
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda who: token(workshop_id, who), people * 2))
        assert {reply.status for reply in replies} == {200}
        assert len({reply.json["uid"] for reply in replies}) == 40
        assert {person for person, _ in claims(workshop_id).values()} == {id_of(who) for who in people}


class TestBudgets:
    @pytest.mark.parametrize(("who", "device"), [("ana", "main"), ("host", "main"), ("host", "screen")])
    def test_a_known_number_takes_one_round_trip_and_no_write(self, world: World, who: str, device: str) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        token(workshop_id, who, device=device)
        with counted() as use:
            assert token(workshop_id, who, device=device).status == 200
        assert use.operations == ["BatchGetItem"]
        assert use.read_units <= 4

    def test_an_administrator_without_a_seat_takes_two(self, world: World) -> None:
        workshop_id = a_workshop(world)
        token(workshop_id, "boss", admin=True)
        with counted() as use:
            token(workshop_id, "boss", admin=True)
        assert use.operations == ["BatchGetItem", "GetItem"]

    @pytest.mark.parametrize("who", ["ana", "host"])
    def test_the_first_token_takes_one_read_and_one_transaction(self, world: World, who: str) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        with counted() as use:
            token(workshop_id, who)
        assert use.operations == ["BatchGetItem", "TransactWriteItems"]
        assert use.write_units <= 4

    def test_a_first_token_with_a_seat_takes_the_seats_three_and_the_transaction(self, world: World) -> None:
        workshop_id = a_workshop(world, max_capacity=1)
        world.meet("ana")
        with counted() as use:
            assert token(workshop_id).status == 200
        assert use.operations == ["BatchGetItem", "UpdateItem", "PutItem", "TransactWriteItems"]


KILLS = [(kill, write) for write in (1, 2, 3) for kill in (killed_before, killed_after)]


class TestFaults:
    @pytest.mark.parametrize(("kill", "write"), KILLS)
    def test_a_death_at_any_write_costs_nothing_but_the_answer(self, world: World, kill: Any, write: int) -> None:
        workshop_id = a_workshop(world, max_capacity=1)
        world.meet("ana")
        with pytest.raises(Killed), cast("AbstractContextManager[Any]", kill(write)):
            token(workshop_id)
        reply = token(workshop_id)
        assert reply.status == 200, reply.text
        assert claims(workshop_id) == {reply.json["uid"]: (id_of("ana"), "main")}
        row = row_of(workshop_id, "ana")
        assert row is not None
        assert (row.status, row.uid_main) == ("rsvp", reply.json["uid"])
        assert token(workshop_id, "ben").code == "workshop_full"

    @pytest.mark.parametrize(("who", "writes"), [("host", 1), ("ana", 1), ("boss", 1), ("passer-by", 3)])
    def test_these_are_all_the_writes_there_are(self, world: World, who: str, writes: int) -> None:
        workshop_id = a_workshop(world, seated=("ana",), max_capacity=5)
        world.meet(who)
        with counted() as use:
            token(workshop_id, who, admin=who == "boss")
        assert len(use.writes) == writes

    @pytest.mark.parametrize("kill", [killed_before, killed_after])
    @pytest.mark.parametrize("who", ["host", "ana", "boss"])
    def test_a_death_at_the_claim_leaves_a_number_that_is_found_again(self, world: World, kill: Any, who: str) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        world.meet(who)
        with pytest.raises(Killed), cast("AbstractContextManager[Any]", kill(1)):
            token(workshop_id, who, admin=who == "boss")
        reply = token(workshop_id, who, admin=who == "boss")
        assert claims(workshop_id) == {reply.json["uid"]: (id_of(who), "main")}

    @pytest.mark.parametrize("times", [1, 2])
    def test_conflicts_throttling_and_lost_answers_are_ridden_out(self, world: World, times: int) -> None:
        for number, fault in enumerate(_faults(times)):
            workshop_id = a_workshop(world)
            with fault:
                reply = token(workshop_id, f"guest-{number}")
            assert reply.status == 200, reply.text
            assert claims(workshop_id) == {reply.json["uid"]: (id_of(f"guest-{number}"), "main")}

    def test_a_dead_table_is_a_503_within_five_seconds(self, world: World) -> None:
        workshop_id = a_workshop(world, seated=("ana",))
        before = clock.now()
        with dead_table("refused"):
            reply = token(workshop_id)
        assert (reply.status, reply.code) == (503, "table_unavailable")
        assert clock.now() - before < timedelta(seconds=5)
        assert token(workshop_id).status == 200


def _faults(times: int) -> Iterator[AbstractContextManager[Any]]:
    yield failing_with("ThrottlingException", times)
    yield failing_with("TransactionConflictException", times)
    yield failing_with("TransactionCanceledException", times)
    yield failing_with("TransactionCanceledException", times, reasons=("None", "ThrottlingError"))
    yield failing_with("InternalServerError", times)
    yield answers_lost(1, times)
    yield answers_lost(3, times)
