"""Opening and closing check-in, and the code it has."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from atelier import clock, table
from atelier.accounts.caller import Caller
from atelier.checkins import codes, desk
from atelier.checkins.items import CheckInCode, code_key
from atelier.checkins.schemas import CheckInDesk
from tests.calling import World, call, id_of
from tests.checkins import at, check_in, guest, opened, scan, scans, statuses, stored_desk
from tests.checkins import desk as ask_desk
from tests.counting import counted
from tests.faults import Killed, killed_after, killed_before, overtaken
from tests.rooms import a_workshop, rights
from tests.workshops import ask, audit_of, set_in_table, stored


def instant(text: str) -> datetime:
    return clock.from_text(text)


def drawing(*stems: str) -> codes.Choose:
    """Dice that come up with these stems, one after the other."""
    characters = iter("".join(stems))
    return lambda _: next(characters)


def test_opening_gives_a_code_of_six_and_when_it_closes(world: World) -> None:
    workshop = world.workshop(duration_minutes=45)
    reply = ask_desk(workshop["id"], "POST")
    assert reply.status == 201
    told = reply.json
    assert len(told["code_text"]) == 6
    assert set(told["code_text"]) <= set(codes.ALPHABET)
    assert (told["state"], told["rotates_every_s"], told["code_changes_at"]) == ("OPEN", None, None)
    assert instant(told["closes_at"]) == instant(workshop["scheduled_at"]) + timedelta(minutes=60)
    assert told["check_in_url"].endswith(f"/v1/public/check-ins?code={told['code_text']}")
    assert reply.headers["etag"] == '"1"'
    assert ask_desk(workshop["id"]).json == told
    assert audit_of(workshop["id"])[-1] == ("check_in_opened", {})


def test_opening_again_is_200_and_the_same_whatever_the_body_says(world: World) -> None:
    workshop_id, code = opened(world)
    again = ask_desk(workshop_id, "POST", body={"rotates_every_s": 30})
    assert (again.status, again.json["code_text"], again.json["rotates_every_s"]) == (200, code, None)


def test_a_rotating_code_has_eight_characters_of_which_four_stay(world: World) -> None:
    workshop_id, code = opened(world, rotates_every_s=30)
    now = clock.whole_seconds(clock.now())
    with at(now + timedelta(seconds=30)), counted() as use:
        later = ask_desk(workshop_id).json
    assert len(code) == len(later["code_text"]) == 8
    assert later["code_text"][:4] == code[:4]
    assert later["code_text"] != code
    assert later["rotates_every_s"] == 30
    assert use.writes == []


@pytest.mark.parametrize("every", [4, 3601, "30", 30.5])
def test_a_code_rotates_every_5_seconds_to_every_hour(world: World, every: Any) -> None:
    assert ask_desk(world.workshop()["id"], "POST", body={"rotates_every_s": every}).status == 422


def test_a_manual_close_stays_closed_until_it_is_opened_again_by_hand(world: World) -> None:
    workshop_id, code = opened(world)
    closed = ask_desk(workshop_id, "PATCH", body={"state": "CLOSED"})
    assert (closed.status, closed.json["state"], closed.headers["etag"]) == (200, "CLOSED", '"2"')
    assert check_in(code).code == "code_not_valid"
    assert (ask_desk(workshop_id, "POST").status, ask_desk(workshop_id, "POST").code) == (409, "check_in_closed")
    assert ask_desk(workshop_id).json["state"] == "CLOSED"
    again = ask_desk(workshop_id, "PATCH", body={"state": "OPEN"})
    assert (again.json["state"], again.json["code_text"], again.headers["etag"]) == ("OPEN", code, '"3"')
    assert check_in(code).status == 201
    assert [action for action, _ in audit_of(workshop_id)[-3:]] == [
        "check_in_opened",
        "check_in_closed",
        "check_in_opened",
    ]


def test_a_state_it_has_already_changes_nothing(world: World) -> None:
    workshop_id, _ = opened(world)
    with counted() as use:
        assert ask_desk(workshop_id, "PATCH", body={"state": "OPEN"}).headers["etag"] == '"1"'
    assert use.operations == ["BatchGetItem"]


def test_who_edits_what_is_no_longer_so_is_told(world: World) -> None:
    workshop_id, _ = opened(world)
    close: dict[str, Any] = {"body": {"state": "CLOSED"}, "headers": {"If-Match": '"1"'}}
    assert ask_desk(workshop_id, "PATCH", **close).status == 200
    assert ask_desk(workshop_id, "PATCH", **close).code == "stale_version"


def test_of_two_who_open_at_once_one_opens_and_both_get_the_same_code(world: World) -> None:
    workshop_id: str = world.workshop()["id"]
    first: list[Any] = []
    with overtaken(1, lambda: first.append(ask_desk(workshop_id, "POST"))):
        second = ask_desk(workshop_id, "POST")
    assert (first[0].status, second.status) == (201, 200)
    assert first[0].json == second.json


def test_check_in_closes_by_itself_15_minutes_after_the_planned_end(world: World) -> None:
    workshop_id, code = opened(world, duration_minutes=30)
    end = stored(workshop_id).scheduled_at + timedelta(minutes=45)
    with at(end - timedelta(seconds=1)):
        assert ask_desk(workshop_id).json["state"] == "OPEN"
        assert check_in(code, "ana").status == 201
    with at(end):
        assert ask_desk(workshop_id).json["state"] == "CLOSED"
        assert check_in(code, "ben").code == "code_not_valid"
        assert ask_desk(workshop_id, "PATCH", body={"state": "OPEN"}).code == "check_in_over"
        assert ask_desk(workshop_id, "POST").code == "check_in_over"


def test_a_workshop_that_is_moved_takes_its_check_in_along(world: World) -> None:
    workshop_id, code = opened(world)
    moved = clock.whole_seconds(clock.now() + timedelta(days=9))
    assert ask("PATCH", f"/{workshop_id}", body={"scheduled_at": clock.to_text(moved)}).status == 200
    told = ask_desk(workshop_id).json
    assert instant(told["closes_at"]) == moved + timedelta(minutes=75)
    with at(moved + timedelta(minutes=74)):
        assert check_in(code).status == 201


def test_the_actual_end_counts_once_there_is_one(world: World) -> None:
    workshop_id = a_workshop(world, "ended", duration_minutes=600)
    told = ask_desk(workshop_id, "POST").json
    ended = stored(workshop_id).actual_ended_at
    assert ended is not None
    assert instant(told["closes_at"]) == ended + timedelta(minutes=15)
    with at(ended + timedelta(minutes=15)):
        assert check_in(told["code_text"]).code == "code_not_valid"


@pytest.mark.parametrize("is_open_before", [True, False])
def test_a_workshop_that_runs_over_keeps_its_check_in_until_15_minutes_after_its_end(
    world: World, *, is_open_before: bool
) -> None:
    workshop_id = a_workshop(world, "live", duration_minutes=30)
    if is_open_before:
        assert ask_desk(workshop_id, "POST").status == 201
    late = clock.whole_seconds(stored(workshop_id).scheduled_at) + timedelta(hours=2)
    with at(late):
        told = ask_desk(workshop_id, "POST")
        assert (told.status, told.json["state"]) == (200 if is_open_before else 201, "OPEN")
        assert instant(told.json["closes_at"]) == late + timedelta(minutes=15)
        assert check_in(told.json["code_text"], "ana").status == 201
        assert statuses(scans(workshop_id, scan("a" * 16, "host", late))) == ["checked_in"]
        assert ask_desk(workshop_id, "PATCH", body={"state": "CLOSED"}).status == 200
        assert ask_desk(workshop_id, "PATCH", body={"state": "OPEN"}).status == 200
    set_in_table(workshop_id, status="ended", actual_ended_at=late)
    with at(late + timedelta(minutes=15)):
        assert ask_desk(workshop_id).json["state"] == "CLOSED"
        assert check_in(told.json["code_text"], "ben").code == "code_not_valid"


@pytest.mark.parametrize("status", ["scheduled", "lobby", "live", "ended"])
def test_check_in_can_be_opened_as_long_as_the_end_is_not_15_minutes_ago(world: World, status: str) -> None:
    assert ask_desk(a_workshop(world, status), "POST").status == 201


def test_a_cancelled_workshop_has_no_check_in(world: World) -> None:
    workshop_id, code = opened(world)
    assert ask("DELETE", f"/{workshop_id}").status == 204
    assert ask_desk(workshop_id).json["state"] == "CLOSED"
    assert check_in(code).code == "code_not_valid"
    assert ask_desk(workshop_id, "PATCH", body={"state": "OPEN"}).code == "check_in_over"
    assert ask_desk(a_workshop(world, "cancelled"), "POST").code == "check_in_over"


def test_what_was_never_opened_is_not_found(world: World) -> None:
    workshop_id: str = world.workshop()["id"]
    for path in ("", "/qr.svg", "/qr.png"):
        assert call("checkins", "GET", f"/workshops/{workshop_id}/check-in{path}", user="host").status == 404
    assert ask_desk(workshop_id, "PATCH", body={"state": "OPEN"}).status == 404


def test_co_hosts_run_the_desk_and_attendees_do_not(world: World) -> None:
    workshop_id = a_workshop(world, "scheduled", ("ana", "ben"))
    rights(workshop_id, "ana", is_co_host=True)
    assert ask_desk(workshop_id, "POST", user="ana").status == 201
    assert ask_desk(workshop_id, user="ana").status == 200
    assert ask_desk(workshop_id, user="ben").code == "not_allowed"
    assert ask_desk(workshop_id, "PATCH", user="ben", body={"state": "CLOSED"}).code == "not_allowed"


class TestCodesAreUnique:
    def test_a_code_that_another_workshop_has_is_drawn_again(self, world: World) -> None:
        _, taken = opened(world)
        other: str = world.workshop()["id"]
        shown, is_new = desk.open_for(other, Caller(id_of("host")), None, choose=drawing(taken, "ABC234"))
        assert (is_new, shown.desk.stem) == (True, "ABC234")

    def test_dice_that_always_fall_alike_give_up(self, world: World) -> None:
        _, taken = opened(world)
        with pytest.raises(Exception, match="changing the same thing"):
            desk.open_for(world.workshop()["id"], Caller(id_of("host")), None, choose=drawing(*[taken] * 9))

    def test_the_code_of_a_workshop_long_over_can_be_given_again_though_it_is_still_stored(self, world: World) -> None:
        first, code = opened(world)
        later = stored(first).scheduled_at + timedelta(days=31)
        second: str = world.workshop(starts_in=timedelta(days=40))["id"]
        with at(later):
            shown, _ = desk.open_for(second, Caller(id_of("host")), None, choose=drawing(code), at=lambda: later)
            assert shown.desk.stem == code
            reply = check_in(code)
            assert (reply.status, reply.json["workshop"]["id"]) == (201, second)

    def test_a_code_past_its_time_leads_nowhere_though_it_is_still_stored(self, world: World) -> None:
        _, code = opened(world)
        found = table.read_one(code_key(code))
        assert isinstance(found, CheckInCode)
        found.expires_at = int(clock.now().timestamp())
        found.save()
        assert check_in(code).code == "code_not_valid"

    def test_a_workshop_moved_beyond_its_codes_time_takes_another_one(self, world: World) -> None:
        workshop_id, code = opened(world)
        far = clock.whole_seconds(clock.now() + timedelta(days=90))
        set_in_table(workshop_id, scheduled_at=far)
        assert ask_desk(workshop_id).json["closes_at"] < clock.to_text(far)
        again = ask_desk(workshop_id, "POST")
        assert again.status == 200
        assert again.json["code_text"] != code
        with at(far):
            assert check_in(again.json["code_text"], "ana").status == 201
            assert check_in(code, "ben").code == "code_not_valid"


@pytest.mark.parametrize("dies", [killed_before, killed_after])
def test_a_process_that_dies_while_it_opens_leaves_all_or_nothing(world: World, dies: Any) -> None:
    workshop_id: str = world.workshop()["id"]
    with pytest.raises(Killed), dies(1) as fault:
        ask_desk(workshop_id, "POST")
    assert fault.struck == 1
    reply = ask_desk(workshop_id, "POST")
    assert reply.status == (201 if dies is killed_before else 200)
    assert check_in(reply.json["code_text"]).status == 201


def test_nobody_is_told_the_secret(world: World) -> None:
    workshop_id, _ = opened(world, rotates_every_s=30)
    assert stored_desk(workshop_id).secret not in ask_desk(workshop_id).text
    assert "secret" not in CheckInDesk.model_fields


def test_the_address_is_the_configured_page_with_the_code_in_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_IN_URL", "https://app.example.com/here/{code}?from=qr")
    workshop_id, code = opened(world)
    assert ask_desk(workshop_id).json["check_in_url"] == f"https://app.example.com/here/{code}?from=qr"


def test_without_a_page_of_ones_own_guests_find_one_here(world: World) -> None:
    reply = call("checkins", "GET", "/public/check-ins", user=None, query={"code": "ABC234"})
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'sha256-" in reply.headers["content-security-policy"]
    assert guest("ABC234").code == "code_not_valid"
