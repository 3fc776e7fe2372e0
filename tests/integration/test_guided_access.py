"""Every route of guided workshops as everybody: a viewer writes nothing, a stranger sees nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from atelier.guided import access
from local.openapi import functions
from tests.calling import Reply, World, call, id_of
from tests.guided import NOWHERE, ask, change, join, make, remove_member, share
from tests.rewinding import rewind, rows
from tests.rooms import suspend

PEOPLE = ("nobody", "stranger", "suspended", "viewer", "editor", "owner", "admin")
"""`suspended` is a member, an editor; `nobody` sends no token."""

STEP = "/guided-workshops/{guided_id}/steps/{step}"
SECRET_TITLE, SECRET_OUTPUT = "A waiting room nobody knows of", "What only members read"

ROUTES = """
                                                                   nobody stranger suspended viewer editor owner admin
GET    /guided-workshops/{guided_id}                                  401      404       403    200    200   200   200
PATCH  /guided-workshops/{guided_id}                                  401      404       403    403    403   200   200
DELETE /guided-workshops/{guided_id}                                  401      404       403    403    403   204   204
GET    /guided-workshops/{guided_id}/members                          401      404       403    200    200   200   200
PUT    /guided-workshops/{guided_id}/members/{user_id}                401      404       403    403    403   200   200
DELETE /guided-workshops/{guided_id}/members/{user_id}                401      404       403    403    403   204   204
GET    /guided-workshops/{guided_id}/steps                            401      404       403    200    200   200   200
GET    /guided-workshops/{guided_id}/steps/{step}                     401      404       403    200    200   200   200
PATCH  /guided-workshops/{guided_id}/steps/{step}                     401      404       403    403    200   200   200
POST   /guided-workshops/{guided_id}/sessions                         401      404       403    403    409   409   409
GET    /guided-workshops/{guided_id}/sessions                         401      404       403    200    200   200   200
POST   /guided-workshops/{guided_id}/sessions/{session_id}/end        401      404       403    403    200   200   200
POST   /guided-workshops/{guided_id}/share-links                      401      404       403    403    403   201   201
GET    /guided-workshops/{guided_id}/share-links                      401      404       403    403    403   200   200
DELETE /guided-workshops/{guided_id}/share-links/{link_id}            401      404       403    403    403   204   204
"""

BODIES: dict[str, Any] = {
    "PATCH /guided-workshops/{guided_id}": {"title": "Taken over"},
    "PUT /guided-workshops/{guided_id}/members/{user_id}": {"role": "owner"},
    "PATCH /guided-workshops/{guided_id}/steps/{step}": {"output": "overwritten"},
    "POST /guided-workshops/{guided_id}/share-links": {"scope": ["steps", "packs"]},
}

type Places = dict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A route and what each kind of person is answered."""

    method: str
    path: str
    statuses: dict[str, int]

    @property
    def route(self) -> str:
        """How the code names it."""
        return f"{self.method} {self.path}"


def table() -> Iterator[Row]:
    for line in ROUTES.strip().splitlines()[1:]:
        method, path, *statuses = line.split()
        yield Row(method, path, dict(zip(PEOPLE, map(int, statuses), strict=True)))


TABLE = list(table())


@pytest.fixture
def places(world: World) -> Places:
    """A workshop with somebody of each role and something of everything; gives the values that stand in paths."""
    guided_id = make(world, title=SECRET_TITLE)
    for user, role in (("viewer", "viewer"), ("editor", "editor"), ("suspended", "editor"), ("another", "viewer")):
        join(world, guided_id, user, role)
    world.meet("stranger", "admin")
    suspend("suspended")
    change(guided_id, "define", output=SECRET_OUTPUT)
    session = ask("POST", f"/{guided_id}/sessions").json
    link = share(guided_id).json
    return {
        "guided_id": guided_id,
        "user_id": id_of("another"),
        "step": "define",
        "session_id": session["id"],
        "link_id": link["id"],
    }


def asked(row: Row, places: Places, user: str) -> Reply:
    """The answer to somebody."""
    groups = ("admin",) if user == "admin" else ()
    path, body = row.path.format(**places), BODIES.get(row.route)
    return call("guided", row.method, path, user=None if user == "nobody" else user, body=body, groups=groups)


def compared(places: Places) -> list[str]:
    """What is answered otherwise than the table says, or changes something though it is refused."""
    before = rows()
    wrong = []
    for row in TABLE:
        for user, status in row.statuses.items():
            reply = asked(row, places, user)
            if reply.status != status:
                wrong.append(f"{row.route} as {user}: {reply.status} {reply.code}, not {status}")
            now = rows()
            if now != before:
                if reply.status >= 400:
                    wrong.append(f"{row.route} as {user}: refused with {reply.status}, and changed the table")
                rewind(before, now)
    return wrong


def test_every_route_stands_in_the_table() -> None:
    (guided,) = (function for function in functions() if function.name == "guided")
    known = {f"{one.method} {one.path}" for one in guided.operations if "{guided_id}" in one.path}
    assert {row.route for row in TABLE} == known


def test_everybody_is_answered_as_the_table_says(places: Places) -> None:
    assert compared(places) == []


def test_the_table_lets_no_viewer_write_and_no_stranger_in() -> None:
    for row in TABLE:
        assert (row.statuses["nobody"], row.statuses["stranger"], row.statuses["suspended"]) == (401, 404, 403)
        assert row.method == "GET" or row.statuses["viewer"] == 403


def test_without_the_rule_of_who_sees_it_strangers_would_be_told(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "may_see", lambda *_: True)
    wrong = "\n".join(compared(places))
    assert all(f"{row.route} as stranger" in wrong for row in TABLE)


def test_without_the_rule_of_who_does_what_viewers_would_write(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """And without the condition in each transaction as well: it is a second lock on the same door."""
    monkeypatch.setattr(access, "may_do", lambda *_: True)
    for second_lock in ("shut", "open"):
        wrong = "\n".join(compared(places))
        assert all(f"{row.route} as viewer" in wrong for row in TABLE if row.statuses["viewer"] == 403)
        assert (f"PATCH {STEP} as viewer: 200" in wrong) == (second_lock == "open")
        monkeypatch.setattr(access.Entry, "hold", lambda *_, **__: None)


def test_somebody_may_leave_whatever_they_are(places: Places) -> None:
    for user in ("viewer", "editor"):
        assert remove_member(places["guided_id"], user, by=user).status == 204


def test_a_stranger_cannot_tell_a_workshop_from_one_that_never_was(places: Places) -> None:
    for row in TABLE:
        there = asked(row, places, "stranger").json
        nowhere = asked(row, {**places, "guided_id": NOWHERE}, "stranger").json
        assert {**there, "request_id": ""} == {**nowhere, "request_id": ""}, row.route


def test_nothing_of_a_workshop_reaches_a_stranger_by_any_way(places: Places) -> None:
    told = [asked(row, places, "stranger").text for row in TABLE if row.method == "GET"]
    told.append(ask("GET", user="stranger").text)
    assert not [text for text in told if SECRET_TITLE in text or SECRET_OUTPUT in text or places["guided_id"] in text]
    seen = [asked(row, places, "viewer").text for row in TABLE if row.method == "GET"]
    assert any(SECRET_TITLE in text for text in seen)
    assert any(SECRET_OUTPUT in text for text in seen)


def test_an_administrators_own_list_holds_only_what_they_are_a_member_of(places: Places) -> None:
    assert ask("GET", user="admin", admin=True).json["items"] == []
    shown = ask("GET", f"/{places['guided_id']}", user="admin", admin=True).json
    assert shown["my"] == {"role": None}
