"""Who is in the room now: the devices that are in, in pages, as those who lead the workshop see them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from atelier import clock, table
from atelier.attendance.items import Attendance, attendance_key
from atelier.rooms import inside
from atelier.rooms.items import Participant, participant_key
from atelier.text import Paged
from tests.calling import World, id_of
from tests.chatting import caller, pages, room
from tests.counting import counted
from tests.rooms import a_workshop
from tests.workshops import ask

NOON = datetime(2027, 3, 28, 12, tzinfo=UTC)


def state(workshop_id: str, uid: int, user: str = "ana", **values: Any) -> None:
    """A device's latest state, in the room unless it says otherwise."""
    table.connect()
    told: dict[str, Any] = {
        "device": "main",
        "is_in": True,
        "is_publisher": False,
        "client_seq": 1,
        "since": NOON,
        "applied_at": NOON,
        "expires_at": int((clock.now() + timedelta(days=7)).timestamp()),
    }
    Participant(*participant_key(workshop_id, uid), user_id=id_of(user), **told | values).save()


def attended(workshop_id: str, user: str, *intervals: tuple[datetime, datetime | None]) -> None:
    """What was folded of somebody's presence."""
    seconds = [[int(joined.timestamp()), left and int(left.timestamp())] for joined, left in intervals]
    Attendance(*attendance_key(workshop_id, id_of(user)), intervals=seconds, facts=1, updated_at=NOON).save()


def uids(workshop_id: str, **query: Any) -> list[list[int]]:
    """The numbers of the devices that are in, page by page."""
    return [[item["uid"] for item in page] for page in pages(workshop_id, "room", **query)]


def test_whoever_is_in_is_shown_with_device_and_role(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "ben"))
    state(workshop_id, 11, "ana")
    state(workshop_id, 12, "host", is_publisher=True)
    state(workshop_id, 13, "host", device="screen", is_publisher=None)
    shown = room("GET", workshop_id, "room", "host").json
    assert shown["next_cursor"] is None
    told = [(item["user"]["display_name"], item["device"], item["uid"], item["role"]) for item in shown["items"]]
    assert told == [
        ("ana", "main", 11, "subscriber"),
        ("host", "main", 12, "publisher"),
        ("host", "screen", 13, None),
    ]
    assert {item["joined_at"] for item in shown["items"]} == {"2027-03-28T12:00:00Z"}


def test_who_left_and_who_was_forgotten_is_not_in(world: World) -> None:
    workshop_id = a_workshop(world)
    state(workshop_id, 11)
    state(workshop_id, 12, is_in=False)
    state(workshop_id, 13, expires_at=int(clock.now().timestamp()) - 1)
    assert uids(workshop_id) == [[11]]
    in_a_month = inside.page_of(workshop_id, caller("host"), Paged(), at=lambda: clock.now() + timedelta(days=30))
    assert in_a_month.items == []


def test_since_when_is_told_by_the_attendance_where_it_reaches_further_back(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "ben", "cleo"))
    early, late = NOON - timedelta(minutes=10), NOON + timedelta(minutes=10)
    for uid, user in enumerate(("ana", "ben", "cleo"), start=1):
        state(workshop_id, uid, user)
    attended(workshop_id, "ana", (early - timedelta(hours=1), early - timedelta(minutes=5)), (early, None))
    attended(workshop_id, "ben", (early, NOON - timedelta(minutes=1)))
    attended(workshop_id, "cleo", (late, None))
    items = room("GET", workshop_id, "room", "host").json["items"]
    assert [item["joined_at"] for item in items] == [clock.to_text(early), clock.to_text(NOON), clock.to_text(NOON)]


def test_pages_are_full_though_many_have_left(world: World) -> None:
    workshop_id = a_workshop(world)
    for uid in range(10, 40):
        state(workshop_id, uid, is_in=uid % 3 == 0)
    assert uids(workshop_id, limit=4) == [[12, 15, 18, 21], [24, 27, 30, 33], [36, 39]]
    assert uids(workshop_id, limit=5) == [[12, 15, 18, 21, 24], [27, 30, 33, 36, 39]]


def test_a_page_goes_on_though_its_last_one_has_left(world: World) -> None:
    workshop_id = a_workshop(world)
    for uid in (11, 12, 13, 14):
        state(workshop_id, uid)
    cursor = room("GET", workshop_id, "room", "host", limit=2).json["next_cursor"]
    state(workshop_id, 12, is_in=False)
    state(workshop_id, 10)
    assert [item["uid"] for item in room("GET", workshop_id, "room", "host", cursor=cursor).json["items"]] == [13, 14]
    other = a_workshop(world)
    assert room("GET", other, "room", "host", cursor=cursor).code == "bad_cursor"
    assert room("GET", workshop_id, "room", "admin", cursor=cursor).code == "bad_cursor"


def test_it_costs_three_round_trips(world: World) -> None:
    workshop_id = a_workshop(world)
    for uid in range(10, 110):
        state(workshop_id, uid, f"guest{uid}", is_in=uid % 2 == 0)
    with counted() as use:
        reply = room("GET", workshop_id, "room", "host", limit=50)
    assert len(reply.json["items"]) == 50
    assert use.operations == ["BatchGetItem", "Query", "BatchGetItem"]


def test_a_person_without_a_profile_is_told_by_their_id(world: World) -> None:
    workshop_id = a_workshop(world)
    state(workshop_id, 11, "nobody")
    [item] = room("GET", workshop_id, "room", "host").json["items"]
    assert (item["user"]["id"], item["user"]["display_name"]) == (id_of("nobody"), f"Member {id_of('nobody')[-4:]}")


def test_it_says_who_is_in_whatever_the_state_of_the_workshop(world: World) -> None:
    for status in ("scheduled", "lobby", "live", "ended", "cancelled"):
        workshop_id = a_workshop(world, status)
        state(workshop_id, 11)
        assert uids(workshop_id) == [[11]], status


def test_in_person_there_is_no_room(world: World) -> None:
    workshop_id = a_workshop(world, format="in_person", status="scheduled")
    reply = room("GET", workshop_id, "room", "host")
    assert (reply.status, reply.code) == (409, "no_room")
    assert ask("GET", f"/{workshop_id}").status == 200
