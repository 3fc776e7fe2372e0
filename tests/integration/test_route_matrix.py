"""Every route as every kind of person, compared with the table that says what they are answered."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from atelier import aws
from atelier.accounts.caller import Caller
from atelier.agora.secrets import SecretStore, WebhookSecrets
from atelier.checkins import desk
from atelier.workshops import visibility
from functions.recording_webhook import app as webhook
from functions.tokens import app as tokens
from local.openapi import functions
from tests import route_matrix, series
from tests.calling import Reply, World, call, id_of
from tests.groups import a_group
from tests.invites import invite
from tests.recordings import hear, put, whole_session
from tests.rewinding import rewind, rows
from tests.rooms import CREDENTIALS, rights, rsvp
from tests.route_matrix import PEOPLE, Row
from tests.workshops import ask, run

ROWS = [
    row
    for text in (route_matrix.PRIVATE_WORKSHOP, route_matrix.GUIDED, route_matrix.ELSEWHERE, route_matrix.PUBLIC)
    for row in route_matrix.rows(text)
]
TABLE = {row.route: row for row in ROWS}
PUBLIC = {row.route for row in route_matrix.rows(route_matrix.PUBLIC)}
OF_A_WORKSHOP = [row for row in TABLE.values() if row.path.startswith("/workshops/{workshop_id}")]
GUIDED = [row for row in TABLE.values() if row.path.startswith("/guided-workshops/{guided_id}")]
ELSEWHERE = [row for row in TABLE.values() if row not in (*OF_A_WORKSHOP, *GUIDED) and row.route not in PUBLIC]
NO_WORKSHOP = "wks_00000000000000000000000000"

SECRET_TITLE = "A firing nobody knows of"
SAID, NOTED = "said by {}", "noted by {}"
WRITERS = ("attendee", "co-host", "host")
NOTE_WRITERS = (*WRITERS, "invited", "waitlisted", "admin")

PLACED_THOUGH_REFUSED = {("POST /workshops/{workshop_id}/token", "invited")}
"""Who asks for a token takes a place on the way, as an RSVP does: here one on the waitlist, which is no entry yet."""

type Places = dict[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """A route of the API: the function that answers it, and whether anybody may ask."""

    function: str
    is_public: bool


@cache
def routes() -> dict[str, Known]:
    """Every route, read off the code as the OpenAPI document is."""
    return {
        f"{operation.method} {operation.path}": Known(function.name, operation.is_public)
        for function in functions()
        for operation in function.operations
    }


@pytest.fixture
def places(world: World, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A private workshop that is live, with its people; gives the values that stand in paths."""
    monkeypatch.setenv("AGORA_PARAMETER_PATH", "/studio/agora")
    monkeypatch.setenv("RECORDINGS_BUCKET", "atelier-recordings")
    monkeypatch.setattr(tokens, "credentials", SecretStore(lambda: CREDENTIALS))
    monkeypatch.setattr(webhook, "webhook_secrets", SecretStore(lambda: WebhookSecrets("secret")))
    aws.client.cache_clear()
    world.meet(*PEOPLE, "another")
    workshop_id: str = world.workshop(title=SECRET_TITLE, max_capacity=3)["id"]
    for user in ("attendee", "co-host", "another", "waitlisted"):
        assert rsvp(workshop_id, user).status == 201
    rights(workshop_id, "co-host", is_co_host=True)
    assert ask("PATCH", f"/{workshop_id}", body={"is_private": True}).status == 200
    assert invite(workshop_id, "invited").status == 200
    run(workshop_id, "start")
    dice = iter("ABC234")
    desk.open_for(workshop_id, Caller(id_of("host")), None, choose=lambda _: next(dice))
    return {
        "workshop_id": workshop_id,
        "series_id": a_private_series("invited", "waitlisted", "attendee", "co-host"),
        "user_id": id_of("another"),
        "category_id": world.category()["id"],
        "group_id": a_group(world, "host"),
        "guided_id": f"gid_{'0' * 26}",
        "step": "define",
        "session_id": f"ses_{'0' * 26}",
        "link_id": f"shr_{'0' * 26}",
        "pack_id": f"bp_{'0' * 26}",
        "code": "not_found",
        "token": "0" * 43,
    }


def a_private_series(*invited: str) -> str:
    """A series on the 28th of each month; these people are invited to the first of it."""
    body = series.wanted(rrule="FREQ=MONTHLY;BYMONTHDAY=28", title=SECRET_TITLE, is_private=True)
    made = series.ask("POST", body=body).json
    assert invite(made["workshops"][0]["id"], *invited).status == 200
    series_id: str = made["id"]
    return series_id


@pytest.fixture
def past(places: Places) -> Places:
    """The same workshop after its end, with all that came of it."""
    workshop_id = places["workshop_id"]
    path = f"/workshops/{workshop_id}"
    for user in WRITERS:
        assert call("rooms", "POST", f"{path}/chat", user=user, body={"message": SAID.format(user)}).status == 201
    for user in NOTE_WRITERS:
        note = call(
            "rooms", "PUT", f"{path}/note", user=user, body={"content": NOTED.format(user)}, groups=groups(user)
        )
        assert note.status == 200, note.text
    hear(*whole_session(put(workshop_id)))
    assert ask("POST", f"/{workshop_id}/end").status == 200
    return places


def asked(row: Row, places: Places, user: str | None) -> Reply:
    """The answer to somebody, or to nobody."""
    path = row.path.format(**places)
    return call(routes()[row.route].function, row.method, path, user=user, body=row.body, groups=groups(user))


def groups(user: str | None) -> tuple[str, ...]:
    """The groups that stand in somebody's token."""
    return ("admin",) if user == "admin" else ()


def compare(matrix: list[Row], places: Places, expected: Callable[[Row], tuple[int, ...]]) -> None:
    """Asks every route as everybody, each time of the same world, and compares the answers."""
    before = rows()
    wrong = []
    for row in matrix:
        for user, status in zip(PEOPLE, expected(row), strict=True):
            reply = asked(row, places, user)
            if reply.status != status:
                wrong.append(f"{row.route} as {user}: {reply.status} {reply.code}, not {status}")
            now = rows()
            if now != before:
                if reply.status >= 400 and (row.route, user) not in PLACED_THOUGH_REFUSED:
                    wrong.append(f"{row.route} as {user}: refused with {reply.status}, and changed the table")
                rewind(before, now)
    assert not wrong, "\n".join(wrong)


def test_every_route_stands_in_the_table_once_and_nothing_else() -> None:
    assert sorted(row.route for row in ROWS) == sorted(routes())


def test_the_routes_that_need_no_token_are_those_of_the_public_table() -> None:
    assert {route for route, known in routes().items() if known.is_public} == PUBLIC


def test_a_private_workshop_that_is_live(places: Places) -> None:
    compare(OF_A_WORKSHOP, places, lambda row: row.statuses[: len(PEOPLE)])


def test_a_private_workshop_that_has_ended(past: Places) -> None:
    compare(OF_A_WORKSHOP, past, lambda row: row.statuses[len(PEOPLE) :])


def test_without_the_rule_of_who_sees_a_workshop_the_table_would_not_hold(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visibility, "is_visible", lambda *_: True)
    with pytest.raises(AssertionError) as wrong:
        compare(OF_A_WORKSHOP, places, lambda row: row.statuses[: len(PEOPLE)])
    let_in = {row.route for row in OF_A_WORKSHOP if f"{row.route} as stranger" in str(wrong.value)}
    assert let_in == {row.route for row in OF_A_WORKSHOP}


def test_routes_that_belong_to_no_workshop(places: Places) -> None:
    compare(ELSEWHERE, places, lambda row: row.statuses)


def test_public_routes_answer_everybody_alike(places: Places) -> None:
    for route in sorted(PUBLIC):
        row = TABLE[route]
        assert {asked(row, places, user).status for user in (None, *PEOPLE)} == set(row.statuses), route


def test_without_a_token_nothing_else_answers(places: Places) -> None:
    before = rows()
    for row in (*OF_A_WORKSHOP, *GUIDED, *ELSEWHERE):
        reply = asked(row, places, None)
        assert (reply.status, reply.code) == (401, "not_signed_in"), row.route
    assert rows() == before


def test_for_a_stranger_the_table_has_nothing_but_404() -> None:
    stranger = PEOPLE.index("stranger")
    for row in OF_A_WORKSHOP:
        assert {row.statuses[stranger], row.statuses[stranger + len(PEOPLE)]} == {404}, row.route


def told(places: Places, user: str | None) -> str:
    """Everything that somebody is told on all routes that only read, and in every list of workshops."""
    answers = [asked(row, places, user) for row in TABLE.values() if row.method == "GET"]
    for query in ({"past": True}, {"my": True}, {"host": id_of("host")}, {"status": "ended"}):
        answers.append(call("workshops", "GET", "/workshops", user=user, query=query, groups=groups(user)))
    return "\n".join(answer.text for answer in answers)


def test_nobody_reads_the_note_of_anybody_else_administrators_included(past: Places) -> None:
    for reader in PEOPLE:
        everything = told(past, reader)
        for writer in NOTE_WRITERS:
            assert (NOTED.format(writer) in everything) == (reader == writer), (reader, writer)


def test_nothing_of_a_private_workshop_reaches_a_stranger_by_any_way(past: Places) -> None:
    recordings = ("take_0.mp4", "rec_01")
    secrets = (SECRET_TITLE, past["workshop_id"], *recordings, *map(SAID.format, WRITERS), *map(NOTED.format, WRITERS))
    for who in ("stranger", None):
        assert not [secret for secret in secrets if secret in told(past, who)]
    for user in ("invited", "waitlisted"):
        seen = told(past, user)
        assert all(secret in seen for secret in (SECRET_TITLE, *recordings, *map(SAID.format, WRITERS)))


@pytest.mark.parametrize("state", ["places", "past"])
def test_a_stranger_cannot_tell_a_private_workshop_from_one_that_never_was(
    state: str, request: pytest.FixtureRequest
) -> None:
    found: Places = request.getfixturevalue(state)
    for row in OF_A_WORKSHOP:
        there = asked(row, found, "stranger").json
        nowhere = asked(row, {**found, "workshop_id": NO_WORKSHOP}, "stranger").json
        assert _without_request(there) == _without_request(nowhere), row.route


def _without_request(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name != "request_id"}


def test_the_document_shows_this_table() -> None:
    text = route_matrix.DOCUMENT.read_text(encoding="utf-8")
    shown = text.partition(route_matrix.BEGIN)[2].partition(route_matrix.END)[0]
    assert shown == route_matrix.tables(), "run `python -m tests.route_matrix`"
