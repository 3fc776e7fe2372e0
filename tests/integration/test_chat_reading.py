"""Reading the chat: pages, offsets, cursors, and that nothing that was said is ever lost."""

from typing import Any

import pytest

from atelier import table
from atelier.accounts.items import profile_key
from tests.calling import World, id_of
from tests.chatting import after_start, messages, pages, room, write, write_at
from tests.counting import counted
from tests.rooms import a_workshop, remove, rsvp
from tests.workshops import ask


def conversation(workshop_id: str, *seconds: float) -> None:
    """Messages that were written so long after the start, called by that."""
    for second in seconds:
        write_at(workshop_id, after_start(workshop_id, seconds=second), text=f"{second:g}")


def test_pages_are_full_in_order_and_each_message_stands_once(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    conversation(workshop_id, *range(0, 70, 10))
    shown = pages(workshop_id, "chat", "ana", limit=3)
    assert [[item["message"] for item in page] for page in shown] == [["0", "10", "20"], ["30", "40", "50"], ["60"]]


def test_a_last_page_that_is_full_says_that_it_is_the_last(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    conversation(workshop_id, 1, 10)
    assert room("GET", workshop_id, "chat", limit=2).json["next_cursor"] is None


def test_an_offset_leaves_out_what_was_written_before_it(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    conversation(workshop_id, 0, 9.999, 10, 20)
    assert messages(workshop_id, from_offset_ms=0) == ["0", "9.999", "10", "20"]
    assert messages(workshop_id, from_offset_ms=10_000) == ["10", "20"]
    assert messages(workshop_id, from_offset_ms=10_001) == ["20"]
    assert messages(workshop_id, from_offset_ms=10**12 - 1) == []
    shown = pages(workshop_id, "chat", "ana", from_offset_ms=9_999, limit=2)
    assert [[item["message"] for item in page] for page in shown] == [["9.999", "10"], ["20"]]


@pytest.mark.parametrize(
    "query", [{"from_offset_ms": -1}, {"from_offset_ms": "soon"}, {"from_offset_ms": 10**12}, {"limit": 0}]
)
def test_a_query_that_cannot_be_is_refused(world: World, query: dict[str, Any]) -> None:
    workshop_id = a_workshop(world)
    assert room("GET", workshop_id, "chat", **query).code == "bad_query"


def test_a_cursor_is_good_for_its_chat_its_offset_and_its_reader_only(world: World) -> None:
    workshop_id, other = (a_workshop(world, seated=("ana",)) for _ in range(2))
    conversation(workshop_id, 1, 10)
    cursor = room("GET", workshop_id, "chat", limit=1).json["next_cursor"]
    assert room("GET", workshop_id, "chat", cursor=cursor, limit=50).status == 200
    for where, who, offset in ((other, "ana", 0), (workshop_id, "host", 0), (workshop_id, "ana", 1)):
        reply = room("GET", where, "chat", who, cursor=cursor, from_offset_ms=offset)
        assert (reply.status, reply.code) == (400, "bad_cursor")


def test_messages_of_one_millisecond_all_stand_there(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "ben", "cleo"))
    at = after_start(workshop_id, seconds=5)
    written = {write_at(workshop_id, at, user).id for user in ("ana", "ben", "cleo") for _ in range(3)}
    shown = pages(workshop_id, "chat", "ana", limit=2)
    read = [item["id"] for page in shown for item in page]
    assert sorted(read) == sorted(written)


def test_the_chat_stays_after_the_end(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    write(workshop_id)
    ask("POST", f"/{workshop_id}/end")
    assert messages(workshop_id) == ["Hello"]
    assert messages(workshop_id, "cleo") == ["Hello"]


def test_the_chat_of_a_cancelled_workshop_stays_readable(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    write(workshop_id)
    assert ask("DELETE", f"/{workshop_id}").status == 204
    assert messages(workshop_id) == ["Hello"]


def test_what_a_person_said_stays_when_they_go(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "ben", "cleo"))
    for user in ("ana", "ben", "cleo"):
        write(workshop_id, f"I am {user}", user)
    remove(workshop_id, "ana")
    rsvp(workshop_id, "ben", "DELETE")
    erased = table.read_one(profile_key(id_of("cleo")))
    assert erased is not None
    erased.delete()
    items = room("GET", workshop_id, "chat", "host").json["items"]
    assert [item["message"] for item in items] == ["I am ana", "I am ben", "I am cleo"]
    assert items[2]["user"] == {
        "id": id_of("cleo"),
        "display_name": f"Member {id_of('cleo')[-4:]}",
        "username": None,
        "avatar_url": None,
        "avatar_color": items[2]["user"]["avatar_color"],
    }


def test_a_page_costs_three_round_trips_however_many_wrote(world: World) -> None:
    people = tuple(f"guest{n}" for n in range(12))
    workshop_id = a_workshop(world, seated=people)
    for second, user in enumerate(people):
        write_at(workshop_id, after_start(workshop_id, seconds=second), user)
    for query, length in (({}, 12), ({"limit": 5}, 5), ({"from_offset_ms": 11_000}, 1)):
        with counted() as use:
            assert len(messages(workshop_id, "host", **query)) == length
        assert use.operations == ["BatchGetItem", "Query", "BatchGetItem"]
    with counted() as use:
        assert messages(workshop_id, "host", from_offset_ms=60_000) == []
    assert use.operations == ["BatchGetItem", "Query"]


def test_a_stranger_to_a_private_workshop_costs_one_read(world: World) -> None:
    workshop_id = a_workshop(world, is_private=True)
    with counted() as use:
        assert room("GET", workshop_id, "chat", "stranger").status == 404
    assert use.operations == ["BatchGetItem"]
