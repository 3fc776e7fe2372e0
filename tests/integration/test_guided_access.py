"""Every route of guided workshops as everybody: a viewer writes nothing, a stranger sees nothing."""

import pytest

from atelier.guided import access
from tests import route_matrix
from tests.calling import Reply, World, call, id_of
from tests.guided import NOWHERE, ask, change, join, make, remove_member, share
from tests.rewinding import rewind, rows
from tests.rooms import suspend
from tests.route_matrix import GUIDED_PEOPLE, Row

TABLE = list(route_matrix.rows(route_matrix.GUIDED))
STEP = "/guided-workshops/{guided_id}/steps/{step}"
SECRET_TITLE, SECRET_OUTPUT = "A waiting room nobody knows of", "What only members read"

type Places = dict[str, str]


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
    pack = ask("POST", f"/{guided_id}/build-packs", body={"format_type": "json"}).json
    return {
        "guided_id": guided_id,
        "user_id": id_of("another"),
        "step": "define",
        "session_id": session["id"],
        "link_id": link["id"],
        "pack_id": pack["id"],
    }


def asked(row: Row, places: Places, user: str) -> Reply:
    """The answer to somebody."""
    groups = ("admin",) if user == "admin" else ()
    path = row.path.format(**places)
    return call("guided", row.method, path, user=user, body=row.body, groups=groups)


def statuses(row: Row) -> dict[str, int]:
    """What each kind of person is answered."""
    return dict(zip(GUIDED_PEOPLE, row.statuses, strict=True))


def compared(places: Places) -> list[str]:
    """What is answered otherwise than the table says, or changes something though it is refused."""
    before = rows()
    wrong = []
    for row in TABLE:
        for user, status in statuses(row).items():
            reply = asked(row, places, user)
            if reply.status != status:
                wrong.append(f"{row.route} as {user}: {reply.status} {reply.code}, not {status}")
            now = rows()
            if now != before:
                if reply.status >= 400:
                    wrong.append(f"{row.route} as {user}: refused with {reply.status}, and changed the table")
                rewind(before, now)
    return wrong


def test_everybody_is_answered_as_the_table_says(places: Places) -> None:
    assert compared(places) == []


def test_the_table_lets_no_viewer_write_and_no_stranger_in() -> None:
    for row in TABLE:
        told = statuses(row)
        assert (told["stranger"], told["suspended"]) == (404, 403)
        assert row.method == "GET" or told["viewer"] == 403


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
        assert all(f"{row.route} as viewer" in wrong for row in TABLE if statuses(row)["viewer"] == 403)
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
