"""Sessions of a guided workshop: opened once, closed once, one at a time, perhaps held in a live workshop."""

from typing import Any

import pytest

from tests import faults
from tests.calling import Reply, World, id_of
from tests.counting import counted
from tests.guided import NOWHERE, ask, join, make, stored
from tests.rooms import a_workshop
from tests.workshops import ask as ask_workshops

NO_SESSION = "ses_00000000000000000000000000"


def begin(guided_id: str, *, user: str = "owner", key: str | None = None, body: Any = None) -> Reply:
    """Opens a session."""
    headers = {"Idempotency-Key": key} if key else None
    return ask("POST", f"/{guided_id}/sessions", user=user, headers=headers, body=body)


def end(guided_id: str, session_id: str, *, user: str = "owner") -> Reply:
    """Ends a session."""
    return ask("POST", f"/{guided_id}/sessions/{session_id}/end", user=user)


def test_a_session_is_opened_once_and_ended_once(world: World) -> None:
    guided_id = make(world)
    opened = begin(guided_id)
    assert opened.status == 201
    assert opened.json == {
        "id": opened.json["id"],
        "workshop_id": None,
        "started_by": id_of("owner"),
        "started_at": opened.json["started_at"],
        "ended_at": None,
    }
    closed = end(guided_id, opened.json["id"])
    again = end(guided_id, opened.json["id"])
    assert (closed.status, again.status) == (200, 200)
    assert closed.json["ended_at"] is not None
    assert closed.json == again.json
    assert ask("GET", f"/{guided_id}/sessions").json["items"] == [closed.json]


def test_one_session_goes_on_at_a_time(world: World) -> None:
    guided_id = make(world)
    first = begin(guided_id).json["id"]
    refused = begin(guided_id)
    assert (refused.status, refused.code, refused.json["session_id"]) == (409, "session_open", first)
    end(guided_id, first)
    assert begin(guided_id).status == 201


def test_of_two_who_open_a_session_at_once_one_does(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "editor")
    replies: list[Reply] = []
    with faults.overtaken(1, lambda: replies.append(begin(guided_id, user="second"))):
        replies.append(begin(guided_id))
    assert [reply.status for reply in replies] == [201, 409]
    assert len(ask("GET", f"/{guided_id}/sessions").json["items"]) == 1


def test_a_session_that_two_end_at_once_is_ended_once(world: World) -> None:
    guided_id = make(world)
    session_id = begin(guided_id).json["id"]
    replies: list[Reply] = []
    with faults.overtaken(1, lambda: replies.append(end(guided_id, session_id))) as fault:
        replies.append(end(guided_id, session_id))
    assert fault.struck == 1
    assert replies[0].json == replies[1].json


def test_ending_an_old_session_again_does_not_end_the_one_that_goes_on(world: World) -> None:
    guided_id = make(world)
    old = begin(guided_id).json["id"]
    end(guided_id, old)
    new = begin(guided_id).json["id"]
    assert end(guided_id, old).status == 200
    guided = stored(guided_id)
    assert guided is not None
    assert guided.open_session == new


def test_a_repeated_request_opens_one_session(world: World) -> None:
    guided_id = make(world)
    first, again = begin(guided_id, key="k"), begin(guided_id, key="k")
    assert (first.status, first.json) == (again.status, again.json)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(ask("GET", f"/{guided_id}/sessions").json["items"]) == 1


@pytest.mark.parametrize("fault", [faults.killed_before, faults.killed_after])
def test_a_process_that_dies_leaves_no_half_open_session(world: World, fault: Any) -> None:
    guided_id = make(world)
    with fault(1), pytest.raises(faults.Killed):
        begin(guided_id)
    sessions = ask("GET", f"/{guided_id}/sessions").json["items"]
    guided = stored(guided_id)
    assert guided is not None
    assert [session["id"] for session in sessions] == ([guided.open_session] if guided.open_session else [])
    for session in sessions:
        with fault(1), pytest.raises(faults.Killed):
            end(guided_id, session["id"])
        assert end(guided_id, session["id"]).status == 200
    assert begin(guided_id).status == 201


# ---- Live workshops ----


def test_a_session_may_be_held_in_a_live_workshop_that_one_may_see(world: World) -> None:
    guided_id = make(world)
    workshop_id = a_workshop(world, "live")
    opened = begin(guided_id, body={"workshop_id": workshop_id})
    assert (opened.status, opened.json["workshop_id"]) == (201, workshop_id)


def test_a_workshop_that_is_not_for_ones_eyes_is_answered_like_none(world: World) -> None:
    guided_id = make(world)
    private = a_workshop(world, "scheduled")
    assert ask_workshops("PATCH", f"/{private}", body={"is_private": True}).status == 200
    refusals = [
        begin(guided_id, body={"workshop_id": workshop_id}) for workshop_id in (private, f"wks_{'0' * 26}", guided_id)
    ]
    assert [(reply.status, reply.code) for reply in refusals] == [(422, "unknown_workshop")] * 3
    assert len({reply.json["detail"] for reply in refusals}) == 1
    join(world, guided_id, "host", "editor")
    assert begin(guided_id, user="host", body={"workshop_id": private}).status == 201


def test_a_workshop_that_is_over_holds_no_session(world: World) -> None:
    guided_id = make(world)
    over = begin(guided_id, body={"workshop_id": a_workshop(world, "ended")})
    assert (over.status, over.code) == (409, "workshop_over")


@pytest.mark.parametrize("body", [{"workshop_id": "x"}, {"workshop_id": 7}, {"ended_at": None}, []], ids=str)
def test_what_is_no_session_is_refused(world: World, body: Any) -> None:
    assert begin(make(world), body=body).status == 422


# ---- Lists ----


def test_sessions_are_listed_the_latest_first_without_skips_or_repeats(world: World) -> None:
    guided_id = make(world)
    made = []
    for _ in range(5):
        made.append(begin(guided_id).json["id"])
        end(guided_id, made[-1])
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(3):
        page = ask("GET", f"/{guided_id}/sessions", limit=2, **cursor).json
        seen += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]
    assert cursor == {"cursor": None}


def test_a_session_of_another_workshop_is_not_found(world: World) -> None:
    mine, other = make(world), make(world)
    session_id = begin(other).json["id"]
    assert [end(mine, one).status for one in (session_id, NO_SESSION)] == [404, 404]
    assert end(NOWHERE, session_id).status == 404


def test_opening_and_ending_take_a_read_and_a_transaction_each(world: World) -> None:
    guided_id = make(world)
    with counted() as use:
        session_id = begin(guided_id).json["id"]
        end(guided_id, session_id)
    assert use.operations == ["BatchGetItem", "TransactWriteItems"] * 2
