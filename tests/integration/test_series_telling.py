"""Who is told of an edit of a series: everybody it concerns, and once, however many of its workshops they are in."""

import json
import random
from typing import Any

import pytest

from atelier import table
from atelier.accounts.caller import Caller
from atelier.notifications import announcing
from atelier.notifications.announcements import Announcement
from atelier.rsvps.items import Attendee, attendee_key
from atelier.series.items import occurrence_id
from functions.projections import app as projections
from tests import invites
from tests.calling import Context, World, call, id_of
from tests.deliveries import Letters, deliver, inbox_of
from tests.messages import Outbox
from tests.rooms import rsvp
from tests.series import START, begun
from tests.series_edits import cancel_by_hand, edit, edit_by_hand, end, skip, tuesday
from tests.sizes import size
from tests.streaming import Stream

ADMIN = Caller(id_of("admin"), is_admin=True)


def a_series(places: dict[str, list[int]], **fields: Any) -> str:
    """A series in which people have places, by the numbers of its Tuesdays."""
    series_id = begun(**fields)
    for user, numbers in places.items():
        for number in numbers:
            assert rsvp(occurrence_id(series_id, tuesday(number)), user).status == 201
    return series_id


@pytest.fixture
def after(world: World, stream: Stream, sent: Outbox) -> Any:
    """Lets everything follow from what has happened."""
    world.meet("host", "admin")

    def follow(letters: Letters | None = None) -> None:
        for _ in range(3):
            stream.run()
            deliver(sent, START, letters)

    return follow


def types(user: str) -> list[str]:
    return [item.type for item in inbox_of(user)]


def test_a_new_time_is_told_once_to_each_whatever_they_have_a_place_in(after: Any) -> None:
    series_id = a_series({"ana": [0, 1, 2, 3, 4], "ben": [3], "cleo": [0]}, max_capacity=2)
    after()
    edit(series_id, since=tuesday(1), time_of_day="20:00", location="Yard 3")
    after()
    assert types("cleo") == types("host") == []
    [to_ana], [to_ben] = inbox_of("ana"), inbox_of("ben")
    assert to_ana.data == to_ben.data
    assert (to_ana.type, to_ana.entity_type, to_ana.entity_id) == ("workshop_updated", "series", series_id)
    assert to_ana.data == {
        "title": "Raku firing",
        "workshop_id": occurrence_id(series_id, tuesday(1)),
        "scheduled_at": "2027-01-12T19:00:00Z",
        "timezone": "Europe/Berlin",
        "moved_from": "2027-01-12T17:30:00Z",
        "changed": ["scheduled_at", "location"],
        "workshop_count": 12,
    }


def test_it_stands_in_the_inbox_as_something_about_the_series(after: Any) -> None:
    series_id = a_series({"ana": [0, 1]})
    edit(series_id, location="Yard 3")
    after()
    [item] = call("notifications", "GET", "/notifications", user="ana").json["items"]
    assert (item["entity_type"], item["entity_id"]) == ("series", series_id)


def test_each_edit_is_told(after: Any) -> None:
    series_id = a_series({"ana": [0, 1]})
    for location in ("Yard 3", "Yard 4"):
        edit(series_id, location=location)
        after()
    assert types("ana") == ["workshop_updated"] * 2


def test_everybodys_lists_and_calendars_move_with_each_workshop(after: Any) -> None:
    series_id = a_series({"ana": [1, 2, 3]})
    assert call("calendars", "POST", "/me/calendar-feed", user="ana").status == 201
    feed_at = (f"USER#{id_of('ana')}", "#CALENDAR")
    version = table.read_one(feed_at).version  # type: ignore[union-attr]
    edit(series_id, since=tuesday(2), time_of_day="20:00")
    after()
    for number, hour in ((1, 17), (2, 19), (3, 19)):
        row = table.read_one(attendee_key(occurrence_id(series_id, tuesday(number)), id_of("ana")))
        assert isinstance(row, Attendee)
        assert row.scheduled_at.hour == hour
        assert row.person_sort is not None
        assert row.person_sort.startswith(f"ATTENDING#{tuesday(number)}T{hour}")
    assert table.read_one(feed_at).version > version  # type: ignore[union-attr]


@pytest.mark.parametrize("values", [{"title": "Pit firing"}, {"description": "Bring gloves."}, {"max_capacity": 9}])
def test_what_changes_nobodys_plans_is_told_to_nobody(after: Any, values: dict[str, Any]) -> None:
    series_id = a_series({"ana": [0, 1]}, max_capacity=5)
    edit(series_id, **values)
    after()
    assert types("ana") == []


def test_the_host_is_told_once_where_somebody_else_edited_and_that_one_never(after: Any) -> None:
    series_id = a_series({"ana": [0, 1], "admin": [0, 1]})
    edit(series_id, time_of_day="20:00", by=ADMIN)
    after()
    assert types("ana") == types("host") == ["workshop_updated"]
    assert types("admin") == []


def test_a_series_that_ends_is_told_once(after: Any) -> None:
    series_id = a_series({"ana": [0, 1, 2], "ben": [2]}, max_capacity=5)
    cancel_by_hand(series_id, tuesday(4))
    after()
    end(series_id, since=tuesday(1))
    after()
    [to_ana], [to_ben] = inbox_of("ana"), inbox_of("ben")
    assert to_ana.type == to_ben.type == "workshop_cancelled"
    assert to_ana.data["scheduled_at"] == "2027-01-12T17:30:00Z"
    assert to_ana.data["workshop_count"] == 11
    assert len(to_ana.data["cancelled"]) == 10


def test_a_rule_that_drops_some_dates_and_moves_others_is_told_once(after: Any) -> None:
    series_id = a_series({"ana": [0, 1, 2, 3], "ben": [1]})
    edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU;INTERVAL=2", time_of_day="20:00")
    after()
    assert types("ana") == types("ben") == ["workshop_updated"]
    assert inbox_of("ben")[0].data["cancelled"][0] == "2027-01-12T17:30:00Z"


def test_a_workshop_that_comes_back_is_told_with_the_edit_that_brings_it(after: Any) -> None:
    series_id = a_series({"ana": [1, 2]})
    for rrule in ("FREQ=WEEKLY;BYDAY=TH", "FREQ=WEEKLY;BYDAY=TU"):
        edit(series_id, rrule=rrule)
        after()
    assert sorted(types("ana")) == ["workshop_cancelled", "workshop_updated"]


def test_who_gave_up_their_place_in_time_hears_nothing(after: Any, sent: Outbox, stream: Stream) -> None:
    series_id = a_series({"ana": [1, 2], "ben": [1]})
    after()
    edit(series_id, time_of_day="20:00")
    stream.run()
    assert rsvp(occurrence_id(series_id, tuesday(1)), "ben", "DELETE").status == 204
    after()
    assert (types("ana"), types("ben")) == (["workshop_updated"], [])


def test_one_that_was_moved_by_hand_afterwards_is_told_by_itself(after: Any, stream: Stream) -> None:
    series_id = a_series({"ana": [1, 2], "ben": [1]})
    after()
    edit(series_id, time_of_day="20:00")
    edit_by_hand(series_id, tuesday(1), scheduled_at="2027-01-13T12:00:00Z")
    after()
    assert [(item.type, item.entity_type) for item in inbox_of("ben")] == [("workshop_updated", "workshop")]
    assert sorted(item.entity_type for item in inbox_of("ana")) == ["series", "workshop"]


def test_a_date_that_is_left_out_is_told_as_the_workshop_it_is(after: Any) -> None:
    series_id = a_series({"ana": [1, 2], "ben": [2]})
    skip(series_id, tuesday(1))
    after()
    [item] = inbox_of("ana")
    assert (item.type, item.entity_type) == ("workshop_cancelled", "workshop")
    assert types("ben") == []


def test_of_a_private_series_a_public_workshop_tells_only_itself(after: Any) -> None:
    series_id = begun(title="Secret board", is_private=True)
    for number in (3, 5):
        edit_by_hand(series_id, tuesday(number), is_private=False, title=f"Open day {number}")
        assert rsvp(occurrence_id(series_id, tuesday(number)), "ana").status == 201
    after()
    edit(series_id, location="Yard 3")
    after()
    told = sorted(inbox_of("ana"), key=lambda item: str(item.data["title"]))
    assert [(item.type, item.entity_type, item.entity_id) for item in told] == [
        ("workshop_updated", "workshop", occurrence_id(series_id, tuesday(number))) for number in (3, 5)
    ]
    assert told[0].data == {
        "title": "Open day 3",
        "scheduled_at": "2027-01-26T17:30:00Z",
        "timezone": "Europe/Berlin",
        "changed": ["location"],
    }


def test_of_a_public_series_a_private_workshop_is_told_to_its_own_people_alone(after: Any) -> None:
    series_id = a_series({"ana": [3], "ben": [0]})
    edit_by_hand(series_id, tuesday(0), is_private=True, title="Secret")
    edit_by_hand(series_id, tuesday(0), scheduled_at="2027-01-05T09:00:00Z")
    after()
    end(series_id)
    after()
    [to_ana], [to_ben] = (
        [item for item in inbox_of(user) if item.type == "workshop_cancelled"] for user in ("ana", "ben")
    )
    assert (to_ana.type, to_ana.entity_type, to_ana.entity_id) == ("workshop_cancelled", "series", series_id)
    assert to_ana.data["workshop_id"] == occurrence_id(series_id, tuesday(1))
    assert to_ana.data["workshop_count"] == 12
    assert to_ana.data["cancelled"][0] == "2027-01-12T17:30:00Z"
    assert (to_ben.type, to_ben.entity_type) == ("workshop_cancelled", "workshop")
    assert (to_ben.data["title"], to_ben.data["scheduled_at"]) == ("Secret", "2027-01-05T09:00:00Z")


def test_of_a_private_series_each_is_told_by_a_workshop_that_they_may_see(after: Any, world: World) -> None:
    series_id = begun(title="Secret board", is_private=True)
    world.meet("ana", "ben", "cleo")
    for user, numbers in (("ana", [3]), ("ben", [1]), ("cleo", [1, 2, 3, 4, 6])):
        for number in numbers:
            invites.invite(occurrence_id(series_id, tuesday(number)), user)
            assert rsvp(occurrence_id(series_id, tuesday(number)), user).status == 201
    edit_by_hand(series_id, tuesday(1), scheduled_at="2027-01-12T09:00:00Z")
    after()
    before = {user: {item.sk for item in inbox_of(user)} for user in ("ana", "ben", "cleo")}
    edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU;INTERVAL=3", time_of_day="20:00")
    after()
    told = {user: [item for item in inbox_of(user) if item.sk not in before[user]] for user in before}
    assert {(one.entity_type, one.data["title"]) for some in told.values() for one in some} == {
        ("series", "Secret board")
    }
    [to_ana], [to_ben] = told["ana"], told["ben"]
    assert (to_ana.type, to_ana.data) == (
        "workshop_updated",
        {
            "title": "Secret board",
            "workshop_id": occurrence_id(series_id, tuesday(3)),
            "scheduled_at": "2027-01-26T19:00:00Z",
            "timezone": "Europe/Berlin",
            "moved_from": "2027-01-26T17:30:00Z",
            "changed": ["scheduled_at"],
        },
    )
    assert (to_ben.type, to_ben.data["workshop_id"]) == ("workshop_cancelled", occurrence_id(series_id, tuesday(1)))
    assert to_ben.data["scheduled_at"] == "2027-01-12T09:00:00Z"
    assert to_ben.data["cancelled"][0] == "2027-01-19T17:30:00Z"
    assert sorted(one.type for one in told["cleo"]) == ["workshop_cancelled", "workshop_updated"]


@pytest.mark.parametrize("seed", range(size(1, 3)))
def test_a_stream_that_comes_twice_and_messages_in_any_order_tell_nobody_twice(
    world: World, stream: Stream, sent: Outbox, seed: int
) -> None:
    order = random.Random(seed)  # noqa: S311 - not a secret
    series_id = a_series({"ana": [0, 1, 2, 3], "ben": [1, 3], "cleo": [2]}, max_capacity=5)
    stream.run()
    edit(series_id, time_of_day="20:00")
    records = [record for record in stream.take() if "NewImage" in record["dynamodb"]]
    for _ in range(2):
        order.shuffle(records)
        _follow(records)
    while sent:
        order.shuffle(sent)
        some = Outbox(sent[:7])
        del sent[:7]
        deliver(Outbox([*some, *some]), START)
    assert [types(user) for user in ("ana", "ben", "cleo", "host")] == [["workshop_updated"]] * 3 + [[]]


def test_without_one_name_for_the_edit_each_workshop_would_be_told(after: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same edit, told workshop by workshop."""
    of_edit = announcing.of_edit

    def by_workshop(*change: Any) -> Any:
        for made in of_edit(*change):
            told = {**made.to_task(), "through": None, "source": f"{made.source}#{made.workshop_id}"}
            yield Announcement.from_task(json.loads(json.dumps(told)))

    series_id = a_series({"ana": [0, 1, 2]})
    after()
    monkeypatch.setattr(announcing, "of_edit", by_workshop)
    edit(series_id, time_of_day="20:00")
    after()
    assert types("ana") == ["workshop_updated"] * 3


def _follow(records: list[dict[str, Any]]) -> None:
    assert projections.lambda_handler({"Records": records}, Context("projections", "stream")) == {
        "batchItemFailures": []
    }
