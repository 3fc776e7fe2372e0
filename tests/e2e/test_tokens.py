"""Join tokens over HTTP, read with a decoder that shares nothing with their maker."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.api import Api
from tests.e2e.scenes import (
    Table,
    in_,
    join,
    make,
    make_live,
    my_status,
    need,
    orphan,
    refused,
    seat_block,
    stream_held,
)
from tests.unit.agora_decoder import Token007, decode_007

PUBLISHER = {1, 2, 3, 4}
SUBSCRIBER = {1}


def _ask(api: Api, who: str, workshop: str, device: str = "main") -> Any:
    return api(who, "POST", f"/workshops/{workshop}/token", {"device": device})


def _enter(api: Api, who: str, workshop: str, device: str = "main") -> tuple[dict[str, Any], Token007]:
    """What somebody is given, which has to agree with what the token itself says."""
    given: dict[str, Any] = need(_ask(api, who, workshop, device), 200)
    token = decode_007(given["token"])
    assert token.is_signed_with(api.stack["agora"]["app_certificate"])
    assert token.app_id == given["app_id"] == api.stack["agora"]["app_id"]
    assert (token.channel, token.uid) == (given["channel"], given["uid"])
    assert given["token_version"] == "007"
    assert 0 < token.uid < 2**31
    assert set(token.privileges.values()) == {token.lifetime_s}
    expires_at = datetime.fromisoformat(given["expires_at"])
    assert datetime.fromtimestamp(token.issued_at + token.lifetime_s, UTC) == expires_at
    assert datetime.fromisoformat(given["renew_at"]) < expires_at
    assert token.lifetime_s <= 3600
    assert token.privileges.keys() == (PUBLISHER if given["role"] == "publisher" else SUBSCRIBER)
    return given, token


def test_the_last_seat_is_taken_once_and_opens_the_room_when_it_is_live(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, scheduled_at=in_(minutes=15, seconds=4), max_capacity=2)
    path = f"/workshops/{workshop}"
    join(api, workshop, api.person())
    assert join(api, workshop, ana, ben) == ["rsvp", "waitlisted"]
    refused(_ask(api, ana, workshop), 409, "room_not_open")
    deadline = time.monotonic() + 10
    while (answer := api(host, "POST", f"{path}/start")).status_code == 409 and time.monotonic() < deadline:
        time.sleep(0.3)
    assert need(answer, 200)["status"] == "live"
    given, token = _enter(api, ana, workshop)
    assert given["role"] == "subscriber"
    assert token.privileges.keys() == SUBSCRIBER
    assert abs(token.issued_at - time.time()) < 60
    refused(_ask(api, ben, workshop), 409, "workshop_full")
    need(api(ana, "DELETE", f"{path}/rsvp"), 204)
    _enter(api, ben, workshop)
    refused(_ask(api, ana, workshop), 409, "workshop_full")
    need(api(host, "POST", f"{path}/end"), 200)
    refused(_ask(api, ben, workshop), 409, "room_not_open")


def test_a_number_is_one_persons_on_one_device_and_stays_theirs(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make_live(api, host)
    join(api, workshop, ana, ben)
    need(api(host, "PATCH", f"/workshops/{workshop}/attendees/{api.id(ben)}", {"is_co_host": True}), 200)
    devices = [(host, "main"), (host, "screen"), (ana, "main"), (ben, "main"), (ben, "screen")]
    first = [_enter(api, who, workshop, device)[0] for who, device in devices]
    again = [_enter(api, who, workshop, device)[0] for who, device in devices]
    numbers = [given["uid"] for given in first]
    assert len(set(numbers)) == len(numbers)
    assert [given["uid"] for given in again] == numbers
    assert len({given["channel"] for given in first}) == 1
    refused(_ask(api, ana, workshop, "screen"), 403, "not_allowed")
    assert _enter(api, ana, make_live(api, host))[0]["channel"] != first[0]["channel"]


def test_the_lobby_is_for_the_host_and_co_hosts(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host)
    join(api, workshop, ana, ben)
    need(api(host, "PATCH", f"/workshops/{workshop}/attendees/{api.id(ana)}", {"is_co_host": True}), 200)
    refused(_ask(api, host, workshop), 409, "room_not_open")
    lobby = make_live(api, host, step="lobby")
    join(api, lobby, ana, ben)
    need(api(host, "PATCH", f"/workshops/{lobby}/attendees/{api.id(ana)}", {"is_co_host": True}), 200)
    for who in (host, ana):
        assert _enter(api, who, lobby)[0]["role"] == "publisher"
    refused(_ask(api, ben, lobby), 409, "room_not_open")


def test_the_right_to_speak_makes_a_publisher_and_its_loss_a_listener(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make_live(api, host)
    join(api, workshop, ana)
    path = f"/workshops/{workshop}/attendees/{api.id(ana)}"
    numbers = set()
    for can_speak, role in ((True, "publisher"), (False, "subscriber")):
        need(api(host, "PATCH", path, {"can_speak": can_speak}), 200)
        given, _ = _enter(api, ana, workshop)
        assert given["role"] == role
        numbers.add(given["uid"])
    assert len(numbers) == 1


def test_whoever_comes_without_an_rsvp_takes_a_seat_or_is_turned_away(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make_live(api, host, max_capacity=1, waitlist_enabled=False)
    _enter(api, ana, workshop)
    assert my_status(api, ana, workshop) == "rsvp"
    refused(_ask(api, ben, workshop), 409, "workshop_full")
    assert my_status(api, ben, workshop) is None


def test_a_seat_freed_and_forgotten_lets_the_next_who_comes_in(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make_live(api, host, max_capacity=1)
    table = Table(api.stack)
    with stream_held(api.stack):
        table.put(seat_block(workshop, freed=1), orphan(workshop))
        _enter(api, ana, workshop)
        assert table.waiting(workshop) == []


def test_whoever_was_removed_or_banned_gets_no_token(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop, other = make_live(api, host), make_live(api, host)
    join(api, workshop, ana, ben, cleo)
    for who in (ana, ben, cleo):
        _enter(api, who, workshop)
    path = f"/workshops/{workshop}/attendees"
    need(api(host, "DELETE", f"{path}/{api.id(ana)}"), 204)
    need(api(host, "DELETE", f"{path}/{api.id(ben)}?ban=true"), 204)
    need(api("admin", "PATCH", f"/users/{api.id(cleo)}", {"status": "suspended"}), 200)
    refused(_ask(api, ana, workshop), 403, "removed")
    refused(_ask(api, ben, workshop), 403, "removed")
    refused(_ask(api, ben, other), 403, "banned")
    refused(_ask(api, cleo, workshop), 403, "account_suspended")
    _enter(api, ana, other)


def test_a_stranger_learns_nothing_of_a_private_room(api: Api) -> None:
    host, stranger, ana = api.people(3)
    workshop = make_live(api, host)
    join(api, workshop, ana)
    private = make_live(api, host, is_private=True)
    refused(_ask(api, stranger, private), 404, "not_found")
    assert Table(api.stack).rows(private) == {}
    assert _enter(api, host, private)[0]["role"] == "publisher"


def test_an_administrator_enters_without_a_seat(api: Api) -> None:
    host = api.person()
    workshop = make_live(api, host, max_capacity=1)
    numbers = {_enter(api, "admin", workshop)[0]["uid"] for _ in range(2)}
    assert len(numbers) == 1
    assert Table(api.stack).rows(workshop) == {}


def test_a_workshop_in_person_has_no_room(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make_live(api, host, format="in_person")
    for who in (host, ana):
        refused(_ask(api, who, workshop), 409, "no_room")
    assert my_status(api, ana, workshop) is None


@pytest.mark.parametrize("body", [{"device": "phone"}, {"device": None}, {"uid": 7}, {"role": "publisher"}])
def test_a_client_chooses_nothing_but_its_device(api: Api, body: dict[str, Any]) -> None:
    host = api.person()
    workshop = make_live(api, host)
    refused(api(host, "POST", f"/workshops/{workshop}/token", body), 422, "validation_failed")
