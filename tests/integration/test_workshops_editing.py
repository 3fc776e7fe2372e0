"""Editing a workshop while it is scheduled."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from atelier import clock, edits, table
from atelier.rsvps import capacity
from atelier.workshops import writing
from atelier.workshops.items import Workshop, description_key
from tests.calling import World, call, id_of
from tests.faults import failing_with
from tests.workshops import ask, everything, in_, set_in_table, stored, walk


def patch(workshop: dict[str, Any], body: Mapping[str, object], **more: Any) -> Any:
    return ask("PATCH", f"/{workshop['id']}", body=body, **more)


def rsvp(workshop: dict[str, Any], user: str) -> Any:
    return call("rsvps", "POST", f"/workshops/{workshop['id']}/rsvp", user=user).json


def test_what_is_set_changes_and_the_rest_stays(world: World) -> None:
    workshop = world.workshop(description="Bring gloves.", location="Yard", duration_minutes=60)
    reply = patch(workshop, {"title": "Pit firing", "duration_minutes": 90})
    assert (reply.status, reply.headers["etag"]) == (200, '"2"')
    changed = {"title": "Pit firing", "duration_minutes": 90, "updated_at": reply.json["updated_at"]}
    assert reply.json == workshop | changed
    assert ask("GET", f"/{workshop['id']}").json == reply.json


def test_every_field_can_be_set(world: World) -> None:
    category = world.category()
    workshop = world.workshop()
    fields: dict[str, object] = {
        "title": "Pit firing",
        "description": "With smoke.",
        "category_id": category["id"],
        "scheduled_at": in_(days=9),
        "timezone": "Asia/Kathmandu",
        "duration_minutes": 75,
        "format": "in_person",
        "location": "Beach",
        "is_private": True,
        "waitlist_enabled": False,
        "records": False,
    }
    reply = patch(workshop, fields)
    told = reply.json | {"category_id": reply.json["category"]["id"]}
    assert {name: told[name] for name in fields} == fields
    assert ask("GET", f"/{workshop['id']}").json == reply.json


def test_null_clears_what_may_be_empty(world: World) -> None:
    category = world.category()
    workshop = world.workshop(category_id=category["id"], duration_minutes=60, location="Yard", max_capacity=5)
    cleared = {"category_id": None, "duration_minutes": None, "location": None, "max_capacity": None}
    reply = patch(workshop, cleared)
    told = {
        name: reply.json[name] for name in ("category", "duration_minutes", "location", "max_capacity", "seats_left")
    }
    assert set(told.values()) == {None}
    item = stored(workshop["id"]).serialize()
    assert not {"category_id", "category_key", "duration_minutes", "location", "max_capacity"} & item.keys()
    assert patch(workshop, {"location": "Yard"}).json["location"] == "Yard"
    assert patch(workshop, {"location": " "}).json["location"] is None


def test_a_description_comes_changes_and_goes(world: World) -> None:
    workshop = world.workshop()
    key = description_key(workshop["id"])
    for version, text in enumerate(("Bring gloves.", "Bring two pairs.", "", "And tongs."), start=2):
        reply = patch(workshop, {"description": text})
        assert (reply.json["description"], reply.headers["etag"]) == (text, f'"{version}"')
        assert (table.read_one(key) is not None) == bool(text)
        assert ask("GET", f"/{workshop['id']}").json["description"] == text


def test_an_edit_that_changes_nothing_leaves_the_version(world: World) -> None:
    workshop = world.workshop(description="Bring gloves.", max_capacity=5, location="Yard")
    before = everything()
    same = {
        name: workshop[name] for name in ("title", "description", "scheduled_at", "max_capacity", "location", "records")
    }
    for body in ({}, same, {"title": f"  {workshop['title']} "}):
        reply = patch(workshop, body)
        assert (reply.status, reply.headers["etag"], reply.json) == (200, '"1"', workshop)
    assert everything() == before


@pytest.mark.parametrize(
    "body",
    [
        {"title": ""},
        {"title": None},
        {"description": None},
        {"scheduled_at": None},
        {"scheduled_at": "2031-03-28T21:30:00"},
        {"scheduled_at": "2200-01-01T00:00:00Z"},
        {"timezone": "Mars/Olympus"},
        {"format": None},
        {"is_private": None},
        {"is_private": 1},
        {"max_capacity": 0},
        {"duration_minutes": 2},
        {"records": None},
        {"status": "live"},
        {"host_id": "usr_aaaaaaaaaaaaaaaa"},
        {"version": 9},
    ],
    ids=str,
)
def test_unusable_values_are_refused_without_effect(world: World, body: dict[str, object]) -> None:
    workshop = world.workshop()
    before = everything()
    reply = patch(workshop, body)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert [problem["loc"] for problem in reply.json["errors"]] == [[next(iter(body))]]
    assert everything() == before


@pytest.mark.parametrize("span", [{"days": -1}, {"minutes": 14}])
def test_a_new_time_must_be_15_minutes_ahead(world: World, span: dict[str, float]) -> None:
    workshop = world.workshop()
    reply = patch(workshop, {"scheduled_at": in_(**span)})
    assert (reply.status, reply.code) == (422, "lead_time")
    assert patch(workshop, {"scheduled_at": in_(minutes=16)}).status == 200


def test_the_old_time_may_be_closer(world: World) -> None:
    workshop = world.workshop()
    near = in_(minutes=3)
    set_in_table(workshop["id"], scheduled_at=clock.from_text(near))
    assert patch(workshop, {"scheduled_at": near, "title": "Soon"}).status == 200


def test_a_new_category_must_exist_and_be_active(world: World) -> None:
    retired = world.category("Retired", is_active=False)["id"]
    workshop = world.workshop()
    for category in ("cat_01m7xynacfb6psa2z6yk4pjm35", retired):
        reply = patch(workshop, {"category_id": category})
        assert (reply.status, reply.code) == (422, "unknown_category")


def test_the_category_it_has_may_have_been_retired(world: World) -> None:
    category = world.category("Clay")["id"]
    workshop = world.workshop(category_id=category)
    path = f"/categories/{category}"
    assert call("categories", "PATCH", path, user="root", groups=("admin",), body={"is_active": False}).status == 200
    assert patch(workshop, {"category_id": category, "title": "Still clay"}).status == 200


def test_a_new_time_moves_it_in_every_list(world: World) -> None:
    category = world.category()["id"]
    first, second = (world.workshop(scheduled_at=in_(days=n), category_id=category) for n in (2, 3))
    assert patch(first, {"scheduled_at": in_(days=4)}).status == 200
    order = [[second["id"], first["id"]]]
    assert walk() == walk(category=category) == walk(host=id_of("host")) == order


@pytest.mark.parametrize("status", ["lobby", "live", "ended", "cancelled"])
def test_only_a_scheduled_workshop_is_edited(world: World, status: str) -> None:
    workshop = world.workshop()
    set_in_table(workshop["id"], status=status)
    before = everything()
    reply = patch(workshop, {"title": "Late"})
    assert (reply.status, reply.code) == (409, "not_editable")
    assert everything() == before


def test_only_the_host_and_administrators_edit(world: World) -> None:
    public, private = world.workshop(), world.workshop(is_private=True)
    rsvp(public, "ana")
    for user in ("ana", "ben"):
        reply = patch(public, {"title": "Mine"}, user=user)
        assert (reply.status, reply.code) == (403, "not_allowed")
        assert patch(private, {"title": "Mine"}, user=user).status == 404
    assert patch(private, {"title": "Tidied"}, user="root", admin=True).json["host"]["id"] == id_of("host")


@pytest.mark.parametrize(("tag", "status"), [('"1"', 200), ("*", 200), ('"7", "1"', 200), ('"2"', 412), ('W/"1"', 412)])
def test_an_edit_applies_to_the_version_it_names(world: World, tag: str, status: int) -> None:
    workshop = world.workshop()
    reply = patch(workshop, {"title": "Pit firing"}, headers={"If-Match": tag})
    assert reply.status == status
    assert stored(workshop["id"]).title == ("Pit firing" if status == 200 else workshop["title"])


def test_a_stale_edit_is_refused(world: World) -> None:
    workshop = world.workshop()
    patch(workshop, {"title": "Faster"})
    before = everything()
    reply = patch(workshop, {"title": "Slower"}, headers={"If-Match": '"1"'})
    assert (reply.status, reply.code) == (412, "stale_version")
    assert everything() == before


@pytest.mark.parametrize("tag", ["1", "", '"1', "xyz"])
def test_an_if_match_that_is_none_is_refused(world: World, tag: str) -> None:
    workshop = world.workshop()
    reply = patch(workshop, {"title": "x"}, headers={"If-Match": tag})
    assert (reply.status, reply.code) == (400, "bad_if_match")


def test_editors_who_meet_both_get_their_way(world: World) -> None:
    workshop = world.workshop()
    bodies = [{"title": "Pit firing"}, {"location": "Beach"}, {"duration_minutes": 45}, {"records": False}]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda body: patch(workshop, body), bodies))
    assert {reply.status for reply in replies} == {200}
    after = stored(workshop["id"])
    assert (after.title, after.location, after.duration_minutes, after.records) == ("Pit firing", "Beach", 45, False)
    assert after.version == 5


def test_of_editors_who_saw_the_same_version_one_wins(world: World) -> None:
    workshop = world.workshop()
    titles = [f"Title {n}" for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda title: patch(workshop, {"title": title}, headers={"If-Match": '"1"'}), titles))
    assert sorted(reply.status for reply in replies) == [200, 412, 412, 412]
    winner = next(reply for reply in replies if reply.status == 200)
    assert stored(workshop["id"]).title == winner.json["title"]


def test_who_is_always_overtaken_is_told_to_come_again(world: World) -> None:
    workshop = world.workshop()
    reasons = ("ConditionalCheckFailed",)
    with failing_with("TransactionCanceledException", float("inf"), reasons=reasons):
        reply = patch(workshop, {"title": "x"})
    assert (reply.status, reply.code) == (409, "request_in_progress")


def test_counts_written_meanwhile_are_not_written_over(world: World) -> None:
    workshop = world.workshop()
    stored(workshop["id"]).update([Workshop.attendee_count.set(7), Workshop.last_change.set("counts")])
    assert patch(workshop, {"title": "Pit firing"}).json["attendee_count"] == 7
    after = stored(workshop["id"])
    assert (after.attendee_count, after.last_change) == (7, "edit")


def test_an_edit_is_told_as_one_though_counts_came_between_its_reading_and_writing(world: World) -> None:
    read = stored(world.workshop()["id"])
    stored(read.id).update([Workshop.attendee_count.set(7), Workshop.last_change.set("counts")])
    with edits.transaction() as transaction:
        writing.update(transaction, read, writing.changed(read, {"title": "Pit firing"}, by="test", at=clock.now))
    after = stored(read.id)
    assert (after.title, after.attendee_count, after.last_change) == ("Pit firing", 7, "edit")


def test_a_raise_moves_the_waitlist_up_at_once(world: World) -> None:
    workshop = world.workshop(max_capacity=1)
    assert [rsvp(workshop, user)["status"] for user in ("ana", "ben", "cleo")] == ["rsvp", "waitlisted", "waitlisted"]
    reply = patch(workshop, {"max_capacity": 2, "title": "Roomier", "description": "More kilns."})
    told = {name: reply.json[name] for name in ("max_capacity", "attendee_count", "seats_left", "title", "description")}
    assert told == {
        "max_capacity": 2,
        "attendee_count": 2,
        "seats_left": 0,
        "title": "Roomier",
        "description": "More kilns.",
    }
    assert reply.headers["etag"] == '"2"'
    places = {
        user: ask("GET", f"/{workshop['id']}", user=user).json["my"]["rsvp"]["status"] for user in ("ben", "cleo")
    }
    assert places == {"ben": "rsvp", "cleo": "waitlisted"}
    assert ask("GET", f"/{workshop['id']}").json["description"] == "More kilns."


def test_a_raise_over_several_blocks_adds_blocks(world: World) -> None:
    workshop = world.workshop(max_capacity=40)
    assert patch(workshop, {"max_capacity": 100}).json["seats_left"] == 100
    after = stored(workshop["id"])
    assert (after.max_capacity, after.planned_capacity, after.block_count) == (100, 40, 3)


def test_a_capacity_goes_down_to_the_seats_taken_and_not_below(world: World) -> None:
    workshop = world.workshop(max_capacity=5)
    for user in ("ana", "ben"):
        rsvp(workshop, user)
    before = everything()
    reply = patch(workshop, {"max_capacity": 1, "title": "Smaller"})
    assert (reply.status, reply.code) == (409, "capacity_below_taken")
    assert everything() == before
    reply = patch(workshop, {"max_capacity": 2})
    assert (reply.json["seats_left"], reply.headers["etag"]) == (0, '"2"')
    assert rsvp(workshop, "cleo")["status"] == "waitlisted"


def test_an_unlimited_workshop_stays_unlimited(world: World) -> None:
    workshop = world.workshop()
    reply = patch(workshop, {"max_capacity": 10})
    assert (reply.status, reply.code) == (409, "capacity_mode_fixed")
    assert stored(workshop["id"]).version == 1


def test_lifting_the_limit_seats_everybody(world: World) -> None:
    workshop = world.workshop(max_capacity=1)
    for user in ("ana", "ben", "cleo"):
        rsvp(workshop, user)
    reply = patch(workshop, {"max_capacity": None})
    assert (reply.status, reply.json["max_capacity"], reply.json["seats_left"]) == (200, None, None)
    places = {
        user: ask("GET", f"/{workshop['id']}", user=user).json["my"]["rsvp"]["status"] for user in ("ben", "cleo")
    }
    assert set(places.values()) == {"rsvp"}


def test_a_change_of_many_blocks_raises_the_version_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "BLOCKS_PER_TRANSACTION", 2)
    workshop = world.workshop(max_capacity=10)
    for limit, version in ((300, 2), (20, 3)):
        reply = patch(workshop, {"max_capacity": limit, "title": f"For {limit}"})
        assert (reply.status, reply.headers["etag"], reply.json["max_capacity"]) == (200, f'"{version}"', limit)
        assert reply.json["seats_left"] == limit
        assert ask("GET", f"/{workshop['id']}").json == reply.json


def test_an_edit_takes_one_read_one_transaction_and_what_the_answer_needs(world: World, requests_made: Any) -> None:
    category = world.category()["id"]
    workshop = world.workshop()
    with requests_made() as use:
        assert patch(workshop, {"title": "Pit firing", "category_id": category, "description": "x"}).status == 200
    assert use.operations == ["BatchGetItem", "TransactWriteItems"]
    with requests_made() as use:
        assert patch(workshop, {"title": "Pit firing"}).status == 200
    assert use.operations == ["BatchGetItem", "BatchGetItem"]
