"""Invitations over HTTP: by name, by address, by link; what follows from the stream, and with the roles as deployed."""

from typing import Any

from tests.e2e.api import Api
from tests.e2e.mailbox import address, give_address, letter_about
from tests.e2e.scenes import eventually, in_, make, need, refused


def _sees(api: Api, who: str, workshop: str) -> bool:
    return bool(api(who, "GET", f"/workshops/{workshop}").status_code == 200)


def _invite(api: Api, host: str, workshop: str, **whom: Any) -> list[str]:
    told = need(api(host, "POST", f"/workshops/{workshop}/invites", whom), 200)
    return [item["result"] for item in told["items"]]


def _inbox(api: Api, who: str) -> list[tuple[str, str]]:
    items = need(api(who, "GET", "/notifications"), 200)["items"]
    return [(item["type"], item["data"]["title"]) for item in items]


def test_who_is_invited_by_name_sees_comes_and_is_sent_away_again(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, is_private=True, title="Behind closed doors")
    assert _invite(api, host, workshop, user_ids=[api.id(ana), api.id(ben)]) == ["created"] * 2
    assert [_sees(api, who, workshop) for who in (ana, ben)] == [True, True]
    eventually(lambda: _inbox(api, ana), [("workshop_invite", "Behind closed doors")])
    need(api(ben, "POST", f"/workshops/{workshop}/rsvp"), 201)
    for who in (ana, ben):
        need(api(host, "DELETE", f"/workshops/{workshop}/invites/{api.id(who)}"), 204)
    assert [_sees(api, who, workshop) for who in (ana, ben)] == [False, True]
    assert need(api(ana, "GET", "/workshops?my=true"), 200)["items"] == []


def test_an_address_is_claimed_by_whoever_confirms_it_and_only_they_get_mail(api: Api) -> None:
    host, known, later = api.people(3)
    give_address(api, known)
    workshop = make(api, host, is_private=True, title=f"For {later}")
    assert _invite(api, host, workshop, emails=[address(known), address(later)]) == ["created"] * 2
    assert [_sees(api, who, workshop) for who in (known, later)] == [True, False]
    letter_about(api, known, f"For {later}")
    give_address(api, later)
    eventually(lambda: _sees(api, later, workshop), wish=True)
    shown = need(api(host, "GET", f"/workshops/{workshop}/invites"), 200)["items"]
    assert sorted((item["email"], item["user"]) for item in shown) == sorted(
        (address(who), None) for who in (known, later)
    )
    for item in shown:
        need(api(host, "DELETE", f"/workshops/{workshop}/invites/{item['id']}"), 204)
    assert [_sees(api, who, workshop) for who in (known, later)] == [False, False]


def test_a_link_lets_in_as_many_as_it_is_for_until_it_is_taken_back(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, is_private=True)
    path = f"/workshops/{workshop}/invite-links"
    made = need(api(host, "POST", path, {"max_uses": 2, "expires_at": in_(hours=2)}), 201)
    for who in (ana, ana, ben):
        assert need(api(who, "POST", "/invites/accept", {"token": made["token"]}), 200) == {"workshop_id": workshop}
    refused(api(cleo, "POST", "/invites/accept", {"token": made["token"]}), 404, "invite_not_valid")
    another = need(api(host, "POST", path, {}), 201)
    need(api(host, "DELETE", f"{path}/{another['id']}"), 204)
    refused(api(cleo, "POST", "/invites/accept", {"token": another["token"]}), 404, "invite_not_valid")
    assert [_sees(api, who, workshop) for who in (ana, ben, cleo)] == [True, True, False]


def test_a_moved_workshop_moves_in_the_list_of_who_is_invited(api: Api) -> None:
    host, ana = api.people(2)
    early, late = make(api, host, is_private=True), make(api, host, is_private=True, scheduled_at=in_(days=2))
    for workshop in (early, late):
        _invite(api, host, workshop, user_ids=[api.id(ana)])

    def mine() -> list[str]:
        return [card["id"] for card in need(api(ana, "GET", "/workshops?my=true"), 200)["items"]]

    assert mine() == [early, late]
    need(api(host, "PATCH", f"/workshops/{early}", {"scheduled_at": in_(days=3)}), 200)
    eventually(mine, [late, early])
