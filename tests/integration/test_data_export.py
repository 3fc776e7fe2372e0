"""A copy of everything that is held about a person."""

import pytest

from atelier import clock, spreadsheets
from atelier.privacy import export as module
from tests import groups, seats
from tests.calling import World, call, id_of
from tests.invites import invite_addresses
from tests.privacy import ADDRESS, CANARY, everywhere, export, found
from tests.rooms import rights, suspend
from tests.series import begun, made_by
from tests.streaming import Stream


def test_it_holds_all_that_is_held(world: World, stream: Stream) -> None:
    traces = everywhere(world, stream)
    group_id = groups.a_group(world, "ana")
    held = export()
    assert held["profile"]["email"] == ADDRESS
    assert held["profile"]["username"] == f"ana_{CANARY}"
    assert [one["content"] for one in held["notes"]] == [f"noted {CANARY}"]
    assert [one["message"] for one in held["chat_messages"]] == [f"said {CANARY}"]
    assert {one["workshop_id"]: one["rsvp_status"] for one in held["attendance"]}.items() >= {
        (traces.past, "joined"),
        (traces.to_come, "rsvp"),
    }
    [past] = [one for one in held["attendance"] if one["workshop_id"] == traces.past]
    assert past["checked_in_at"]
    assert len(past["intervals"]) == 1
    assert [one["id"] for one in held["workshops_hosted"]] == [traces.hosted]
    assert {one["id"]: one["role"] for one in held["guided_workshops"]} == {
        traces.shared: "owner",
        traces.alone: "owner",
    }
    assert held["series_followed"] == [traces.series]
    assert [one["id"] for one in held["groups_owned"]] == [group_id]
    assert [one["user_id"] for one in held["bans"]] == [id_of("cleo")]
    assert len(held["invites"]) == 1
    assert held["calendar_feed"] is not None
    assert held["preferences"] is not None
    assert [one["data"] for one in held["notifications"] if one["entity_id"] == "wks_1"] == [{"note": CANARY}]


def test_it_holds_what_somebody_wrote_of_their_workshops_and_whom_they_invited(world: World) -> None:
    world.meet("ana", "host")
    own = world.workshop("ana", description="of the workshop")["id"]
    plain = world.workshop("ana")["id"]
    series = begun(clock.now(), description="of the series", user="ana", rrule="FREQ=DAILY;COUNT=2")
    led = seats.open_workshop(world, "ana")
    rights(led, "ana", is_co_host=True)
    for workshop_id, user in ((own, "ana"), (led, "ana"), (led, "host")):
        assert invite_addresses(workshop_id, f"by.{user}@example.com", by=user).status == 200
    held = export()
    told = {one["id"]: one["description"] for one in held["workshops_hosted"]}
    assert told == {own: "of the workshop", plain: None, **{one.id: None for one in made_by(series)}}
    assert [(one["id"], one["descriptions"]) for one in held["series_hosted"]] == [(series, ["of the series"])]
    invited = sorted((one["workshop_id"], one["address"]) for one in held["addresses_invited"])
    assert invited == sorted([(own, "by.ana@example.com"), (led, "by.ana@example.com")])


def test_it_holds_nothing_of_others_and_no_secrets(world: World, stream: Stream) -> None:
    traces = everywhere(world, stream)
    text = call("accounts", "GET", "/me/export", user="ana").text
    assert "said by another" not in text
    assert traces.feed.rpartition("/")[2] not in text
    assert "hash" not in text
    assert CANARY not in call("accounts", "GET", "/me/export", user="ben").text


def test_somebody_new_has_a_profile_and_nothing_else(world: World) -> None:
    held = export("newcomer")
    assert held["profile"]["id"] == world.id("newcomer")
    assert {name for name, value in held.items() if value} == {"exported_at", "first_seen_at", "profile"}
    assert not found(CANARY)


def test_it_is_a_file_that_no_cache_keeps(world: World) -> None:
    world.meet("ana")
    reply = call("accounts", "GET", "/me/export", user="ana")
    assert reply.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert (reply.headers["content-type"], reply.headers["cache-control"]) == ("application/json", "private, no-store")


def test_one_that_cannot_be_answered_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.meet("ana")
    monkeypatch.setattr(spreadsheets, "MOST_BYTES", 100)
    assert call("accounts", "GET", "/me/export", user="ana").code == "export_too_large"
    monkeypatch.undo()
    monkeypatch.setattr(module, "WITHIN_S", -1)
    assert call("accounts", "GET", "/me/export", user="ana").code == "export_too_large"


def test_a_suspended_person_gets_none(world: World) -> None:
    world.meet("ana")
    suspend("ana")
    assert call("accounts", "GET", "/me/export", user="ana").code == "account_suspended"
