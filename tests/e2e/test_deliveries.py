"""What people are told over HTTP and by mail, and how they put an end to it."""

from typing import Any

import httpx

from local.stack import Stack
from tests.e2e.api import Api
from tests.e2e.mailbox import CODE, address, code_for, give_address, letter_about, letters, link_of, subjects
from tests.e2e.scenes import Table, detail, eventually, in_, join, make, need, refused


def _inbox(api: Api, who: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = need(api(who, "GET", "/notifications"), 200)["items"]
    return items


def _told(api: Api, *people: str) -> list[set[str]]:
    """What each was told of, each thing once: within a second, no order is promised."""
    told = [[item["type"] for item in _inbox(api, who)] for who in people]
    assert [len(set(types)) for types in told] == [len(types) for types in told]
    return [set(types) for types in told]


def _unread(api: Api, who: str) -> int:
    return int(need(api(who, "GET", "/notifications"), 200)["unread_count"])


def test_an_address_is_somebodys_once_the_code_that_was_mailed_there_comes_back(api: Api) -> None:
    ana = api.person()
    entered = need(api(ana, "PATCH", "/me", {"email": address(ana)}), 200)
    assert (entered["email"], entered["email_verified"]) == (address(ana), False)
    code = code_for(api, ana)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    refused(api(ana, "POST", "/me/email/verify", {"code": wrong}), 422, "wrong_code")
    assert need(api(ana, "POST", "/me/email/verify", {"code": code}), 200)["email_verified"] is True
    assert need(api(ana, "GET", "/me"), 200)["email_verified"] is True


def test_people_are_told_of_changes_promotions_removals_and_the_end_of_it(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    give_address(api, ana, ben)
    workshop = make(api, host, title="Raku", max_capacity=1)
    path = f"/workshops/{workshop}"
    assert join(api, workshop, ana, ben, cleo) == ["rsvp", "waitlisted", "waitlisted"]

    need(api(host, "PATCH", path, {"scheduled_at": in_(days=2)}), 200)
    updated = {"workshop_updated"}
    eventually(lambda: _told(api, ana, ben, cleo), [updated] * 3)
    need(api(host, "DELETE", f"{path}/attendees/{api.id(ana)}"), 204)
    removed, promoted = {*updated, "attendee_removed"}, {*updated, "waitlist_promoted"}
    eventually(lambda: _told(api, ana, ben, cleo), [removed, promoted, updated])
    need(api(host, "DELETE", path), 204)
    cancelled = {"workshop_cancelled"}
    eventually(lambda: _told(api, ana, ben, cleo, host), [removed, promoted | cancelled, updated | cancelled, set()])

    ending = ["You are in: Raku", "You no longer take part: Raku"]
    eventually(lambda: subjects(api, ana)[1:], ["Changed: Raku", *ending])
    eventually(lambda: subjects(api, ben)[1:], ["Cancelled: Raku", "Changed: Raku", "You have a seat: Raku"])
    for who in (ana, ben):
        own = [letter for letter in letters(api, who) if CODE not in letter["Subject"]]
        links = {link_of(letter) for letter in own}
        assert len(links) == len(own)
        assert all(link.startswith(f"{api.stack['api']}/public/unsubscribe/") for link in links)
    assert letters(api, cleo) == []

    item = next(item for item in _inbox(api, ben) if item["type"] == "workshop_cancelled")
    assert (item["entity_type"], item["entity_id"], item["read_at"]) == ("workshop", workshop, None)
    assert _unread(api, ben) == 3
    assert need(api(ben, "POST", "/notifications/read", {"ids": [item["id"]]}), 200) == {"unread_count": 2}
    unread = need(api(ben, "GET", "/notifications?unread=true"), 200)
    assert {one["type"] for one in unread["items"]} == promoted
    assert need(api(ben, "POST", "/notifications/read", {"all": True}), 200) == {"unread_count": 0}
    assert (_unread(api, ben), _unread(api, ana)) == (0, 2)


def test_the_link_in_a_mail_ends_such_mail_without_signing_in(api: Api) -> None:
    host, ana, ben = api.people(3)
    give_address(api, ana, ben)
    workshop = make(api, host)
    join(api, workshop, ana, ben)
    need(api(host, "PATCH", f"/workshops/{workshop}", {"location": "The shed"}), 200)
    link = link_of(letter_about(api, ana, "Changed"))

    def wants(kind: str) -> Any:
        return need(api(ana, "GET", "/me/notification-preferences"), 200)["types"][kind]

    for _ in range(2):
        shown = httpx.get(link, timeout=60)
        assert (shown.status_code, shown.headers["content-type"].split(";")[0]) == (200, "text/html")
    assert wants("workshop_updated") == {"in_app": True, "email": True}
    for _ in range(2):
        assert httpx.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=60).status_code == 200
    assert wants("workshop_updated") == {"in_app": True, "email": False}
    assert wants("workshop_cancelled") == {"in_app": True, "email": True}
    for method in ("GET", "POST"):
        refused(httpx.request(method, f"{link[:-1]}{'0' if link[-1] != '0' else '1'}", timeout=60), 404, "not_found")

    need(api(host, "PATCH", f"/workshops/{workshop}", {"location": "The barn"}), 200)
    eventually(lambda: len(_inbox(api, ana)), 2)
    eventually(lambda: "".join(subjects(api, ben)).count("Changed"), 2)
    need(api(host, "DELETE", f"/workshops/{workshop}"), 204)
    assert link_of(letter_about(api, ana, "Cancelled")) != link
    assert "".join(subjects(api, ana)).count("Changed") == 1


def test_everybody_says_what_they_want_to_be_told_and_where(api: Api) -> None:
    host, ana = api.people(2)
    path = "/me/notification-preferences"
    first = api(ana, "GET", path)
    usual = need(first, 200)
    assert all(channels == {"in_app": True, "email": True} for channels in usual["types"].values())
    assert len(usual["types"]) == 8
    assert usual["reminder_offsets"] == [60, 15]
    wish = {"types": {"workshop_updated": {"in_app": False, "email": False}}, "reminder_offsets": [1440, 5]}
    kept = need(api(ana, "PUT", path, wish, headers={"If-Match": first.headers["etag"]}), 200)
    assert kept["reminder_offsets"] == [1440, 5]
    assert kept["types"]["workshop_updated"] == {"in_app": False, "email": False}
    assert kept["types"]["workshop_cancelled"] == {"in_app": True, "email": True}
    assert need(api(ana, "GET", path), 200) == kept
    refused(api(ana, "PUT", path, wish, headers={"If-Match": first.headers["etag"]}), 412, "stale_version")
    for offsets in ([7], [5, 5], [5, 10, 15, 30]):
        refused(api(ana, "PUT", path, {"reminder_offsets": offsets}), 422, "validation_failed")

    workshop = make(api, host)
    join(api, workshop, ana)
    need(api(host, "PATCH", f"/workshops/{workshop}", {"location": "The shed"}), 200)
    need(api(host, "DELETE", f"/workshops/{workshop}"), 204)
    eventually(lambda: _told(api, ana), [{"workshop_cancelled"}])
    assert detail(api, ana, workshop)["status"] == "cancelled"


def test_a_wish_for_an_earlier_reminder_reaches_what_one_attends_already(api: Api, stack: Stack) -> None:
    host, ana = api.people(2)
    workshop = make(api, host, title="Raku", scheduled_at=in_(days=5))
    assert join(api, workshop, ana) == ["rsvp"]
    need(api(ana, "PUT", "/me/notification-preferences", {"reminder_offsets": [2880]}), 200)

    def wished() -> set[int]:
        item = Table(stack).item(f"WORKSHOP#{workshop}", "#META")
        return {int(offset) for offset in (item or {}).get("reminder_offsets", ())}

    eventually(lambda: 2880 in wished(), True)
