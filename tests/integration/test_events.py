"""The sample events in events/, which developers also send with `sam local invoke -e`, get the answers they show."""

import json

import pytest

from tests.calling import World, send
from tests.template import ROOT

ANSWERS = {
    "accounts/change_rights_of_nobody": 404,
    "accounts/edit_me": 200,
    "accounts/explain_error": 200,
    "accounts/health": 200,
    "accounts/list_bans": 200,
    "accounts/read_me": 200,
    "accounts/read_nobody": 404,
    "accounts/without_authorizer": 401,
    "categories/create": 201,
    "categories/create_base64": 201,
    "categories/create_not_admin": 403,
    "categories/list": 200,
    "checkins/check_in_with_unknown_code": 404,
    "checkins/claim_unknown_token": 404,
    "checkins/guest_page": 200,
    "checkins/guest_with_unknown_code": 404,
    "checkins/open_for_nothing": 404,
    "groups/create": 201,
    "groups/create_not_organizer": 403,
    "groups/list": 200,
    "rsvps/accept_unknown_link": 404,
    "rsvps/invite_to_nothing": 404,
    "series/create": 201,
    "series/list": 200,
    "series/preview": 200,
    "guided/change_step_of_nothing": 404,
    "guided/create": 201,
    "guided/list": 200,
    "guided/list_step_definitions": 200,
    "guided/shared_unknown": 404,
}


@pytest.mark.parametrize(("case", "status"), ANSWERS.items(), ids=ANSWERS.keys())
def test_a_sample_event_gets_its_answer(world: World, case: str, status: int) -> None:
    event = json.loads((ROOT / "events" / f"{case}.json").read_text(encoding="utf-8"))
    assert send(case.split("/", 1)[0], event).status == status


@pytest.mark.parametrize("function", ["accounts", "categories", "checkins", "series", "guided"])
def test_every_sample_event_is_sent(function: str) -> None:
    found = {f"{function}/{path.stem}" for path in (ROOT / "events" / function).glob("*.json")}
    assert found == {case for case in ANSWERS if case.startswith(f"{function}/")}
