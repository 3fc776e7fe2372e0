"""The inbox and the preferences, as their function answers on an emulated table."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from atelier import clock, table
from atelier.notifications import unsubscribing
from atelier.notifications.items import (
    Notification,
    Preferences,
    notification_id,
    notification_key,
    preferences_key,
)
from atelier.workshops import walking
from tests.calling import Reply, World, call, id_of
from tests.counting import counted

NOON = datetime(2027, 3, 28, 12, 0, tzinfo=UTC)


def told(user: str = "ana", minute: int = 0, **fields: Any) -> str:
    """Something a person was told; its id."""
    at = NOON + timedelta(minutes=minute)
    told_id = notification_id(at, f"wks_1#{minute}")
    usual = {
        "type": "workshop_reminder",
        "entity_type": "workshop",
        "entity_id": "wks_1",
        "data": {"title": "Raku firing"},
        "created_at": at,
        "made_ms": clock.milliseconds(at),
    }
    Notification(*notification_key(id_of(user), told_id), **{**usual, **fields}).save()
    return told_id


def inbox(user: str = "ana", **query: object) -> Any:
    reply = call("notifications", "GET", "/notifications", user=user, query=query)
    assert reply.status == 200, reply.text
    return reply.json


def mark(body: object, user: str = "ana") -> Reply:
    return call("notifications", "POST", "/notifications/read", user=user, body=body)


def wishes(body: object = None, headers: dict[str, str] | None = None) -> Reply:
    path = "/me/notification-preferences"
    if body is None:
        return call("notifications", "GET", path)
    return call("notifications", "PUT", path, body=body, headers=headers)


def test_an_inbox_is_empty_at_first(world: World) -> None:
    assert inbox() == {"items": [], "next_cursor": None, "unread_count": 0}


def test_the_newest_comes_first_and_nobody_sees_anothers(world: World) -> None:
    ids = [told(minute=minute) for minute in range(3)]
    told("ben", 5)
    page = inbox()
    assert [item["id"] for item in page["items"]] == ids[::-1]
    assert page["unread_count"] == 3
    assert page["items"][0] == {
        "id": ids[2],
        "type": "workshop_reminder",
        "entity_type": "workshop",
        "entity_id": "wks_1",
        "data": {"title": "Raku firing"},
        "created_at": "2027-03-28T12:02:00Z",
        "read_at": None,
    }


def test_pages_go_on_where_they_ended_while_others_come_in(world: World) -> None:
    ids = [told(minute=minute) for minute in range(7)]
    first = inbox(limit=3)
    told(minute=30)
    second = inbox(limit=3, cursor=first["next_cursor"])
    third = inbox(limit=3, cursor=second["next_cursor"])
    seen = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert seen == ids[::-1]
    assert third["next_cursor"] is None


def test_what_a_person_does_not_want_to_see_is_not_shown_nor_counted(world: World) -> None:
    told(minute=1, is_shown=False)
    shown = told(minute=0)
    page = inbox()
    assert [item["id"] for item in page["items"]] == [shown]
    assert page["unread_count"] == 1


def test_some_are_read_by_their_ids_and_unknown_ids_do_nothing(world: World) -> None:
    ids = [told(minute=minute) for minute in range(3)]
    reply = mark({"ids": [ids[0], "ntf_00000000000000000000000000", ids[0]]})
    assert (reply.status, reply.json) == (200, {"unread_count": 2})
    assert [item["id"] for item in inbox(unread=True)["items"]] == [ids[2], ids[1]]
    assert inbox()["items"][2]["read_at"] is not None


@pytest.mark.parametrize(
    "none", ["", "#MARK", "x" * 3000, "\\ud800abc", "ntf_" + "0" * 27, "ntf_" + "U" * 26], ids=lambda text: text[:12]
)
def test_an_id_that_is_none_does_nothing_and_those_beside_it_are_read(world: World, none: str) -> None:
    told_id = told(made_ms=clock.milliseconds(clock.now()) + 60_000)
    assert mark({"all": True}).status == 200
    with counted() as use:
        reply = mark(f'{{"ids": ["{none}", "{told_id}"]}}')
    assert (reply.status, reply.json) == (200, {"unread_count": 0})
    assert use.writes == ["UpdateItem"]
    assert mark({"ids": [told_id]}).status == 200


def test_all_are_read_by_one_write_however_many(world: World) -> None:
    world.meet("ana")
    for minute in range(5):
        told(minute=minute, made_ms=clock.milliseconds(clock.now()) - 5000)
    with counted() as use:
        reply = mark({"all": True})
    assert reply.json == {"unread_count": 0}
    assert use.writes == ["PutItem"]
    page = inbox()
    assert page["unread_count"] == 0
    assert all(item["read_at"] for item in page["items"])
    assert inbox(unread=True)["items"] == []


@pytest.mark.parametrize("days", [0.02, 3, 13.9], ids=["half an hour", "3 days", "as long as queues keep it"])
def test_what_comes_after_all_were_read_is_unread_though_it_is_about_an_earlier_time(world: World, days: float) -> None:
    mark({"all": True})
    late = clock.now() - timedelta(days=days)
    told_id = notification_id(late, "late")
    item = Notification(
        *notification_key(id_of("ana"), told_id),
        type="workshop_reminder",
        entity_type="workshop",
        entity_id="wks_1",
        data={},
        created_at=clock.now(),
        made_ms=clock.milliseconds(clock.now()) + 5000,
    )
    item.save()
    assert inbox()["unread_count"] == 1
    assert [shown["id"] for shown in inbox(unread=True)["items"]] == [told_id]


@pytest.mark.parametrize("body", [{}, {"all": False}, {"ids": []}, {"ids": ["a"] * 101}, {"ids": ["a"], "all": True}])
def test_a_request_to_read_names_some_or_all(world: World, body: object) -> None:
    assert mark(body).status == 422


def test_a_page_costs_a_batch_and_two_queries(world: World) -> None:
    world.meet("ana")
    told()
    with counted() as use:
        inbox()
    assert use.operations == ["BatchGetItem", "Query", "Query"]


def test_few_unread_ones_among_many_take_few_requests_and_go_on_with_a_cursor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "ROWS_AT_ONCE", 4)
    monkeypatch.setattr(walking, "MOST_READS", 3)
    world.meet("ana")
    oldest = told()
    for minute in range(1, 15):
        told(minute=minute, read_at=NOON)
    with counted() as use:
        page = inbox(unread=True, limit=2)
    assert (page["items"], page["unread_count"]) == ([], 1)
    assert use.operations == ["BatchGetItem", *["Query"] * 4]
    assert [item["id"] for item in inbox(unread=True, limit=2, cursor=page["next_cursor"])["items"]] == [oldest]


def test_what_all_was_read_with_is_not_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "ROWS_AT_ONCE", 4)
    now = clock.now()
    for days in range(16, 30):
        at = now - timedelta(days=days)
        Notification(
            *notification_key(id_of("ana"), notification_id(at, str(days))),
            type="workshop_reminder",
            entity_type="workshop",
            entity_id="wks_1",
            data={},
            created_at=at,
            made_ms=clock.milliseconds(at),
        ).save()
    mark({"all": True})
    with counted() as use:
        page = inbox(unread=True, limit=2)
    assert (page["items"], page["next_cursor"]) == ([], None)
    assert use.operations == ["BatchGetItem", "Query", "Query"]


def test_everything_is_wanted_at_first_and_reminders_an_hour_and_a_quarter_ahead(world: World) -> None:
    reply = wishes()
    assert reply.status == 200
    assert reply.headers["etag"] == '"0"'
    assert reply.json["reminder_offsets"] == [60, 15]
    assert len(reply.json["types"]) == 8
    assert all(channels == {"in_app": True, "email": True} for channels in reply.json["types"].values())


def test_preferences_are_replaced_as_a_whole(world: World) -> None:
    reply = wishes({"types": {"workshop_started": {"email": False}}, "reminder_offsets": [5, 1440]})
    assert reply.status == 200
    assert reply.headers["etag"] == '"1"'
    assert reply.json["types"]["workshop_started"] == {"in_app": True, "email": False}
    assert reply.json["reminder_offsets"] == [1440, 5]
    assert wishes().json == reply.json
    again = wishes({"reminder_offsets": []})
    assert again.json["reminder_offsets"] == []
    assert again.json["types"]["workshop_started"]["email"] is True


@pytest.mark.parametrize("offsets", [[7], [15, 15], [5, 10, 15, 30], ["15"]])
def test_reminders_come_at_given_times_and_three_at_most(world: World, offsets: list[object]) -> None:
    assert wishes({"reminder_offsets": offsets}).status == 422


@pytest.mark.parametrize("types", [{"workshop_moved": {}}, {"workshop_started": {"sms": True}}])
def test_unknown_types_and_channels_are_refused(world: World, types: object) -> None:
    assert wishes({"types": types}).status == 422


def test_of_two_who_edit_one_version_one_is_told(world: World) -> None:
    first = wishes({"reminder_offsets": [5]}, {"If-Match": '"0"'})
    assert first.status == 200
    assert wishes({"reminder_offsets": [10]}, {"If-Match": '"0"'}).status == 412
    assert wishes().json["reminder_offsets"] == [5]


def test_a_suspended_person_has_no_inbox(world: World) -> None:
    world.meet("ana")
    call("accounts", "PATCH", f"/users/{id_of('ana')}", user="admin", body={"status": "suspended"}, groups=("admin",))
    assert call("notifications", "GET", "/notifications").code == "account_suspended"
    assert wishes().code == "account_suspended"


def unsubscribe(method: str, token: str) -> Reply:
    return call("notifications", method, f"/public/unsubscribe/{token}", user=None)


def a_link(kind: str = "workshop_reminder") -> str:
    told_id = notification_id(NOON, "wks_1#mail")
    token, kept = unsubscribing.new_token(id_of("ana"), told_id)
    item = Notification(
        *notification_key(id_of("ana"), told_id),
        type=kind,
        entity_type="workshop",
        entity_id="wks_1",
        data={},
        created_at=NOON,
        made_ms=0,
        unsubscribe_hash=kept,
    )
    item.save()
    assert token not in str(item.serialize())
    return token


def test_a_link_of_a_mail_ends_mail_of_its_kind_without_signing_in_and_works_twice(world: World) -> None:
    world.meet("ana")
    token = a_link()
    for _ in range(2):
        reply = unsubscribe("POST", token)
        assert reply.status == 200
        assert "no more" in reply.text
    shown = wishes().json["types"]
    assert shown["workshop_reminder"] == {"in_app": True, "email": False}
    assert shown["workshop_started"] == {"in_app": True, "email": True}
    stored = cast("Preferences", table.read_one(preferences_key(id_of("ana"))))
    assert stored.version == 1


def test_following_the_link_changes_nothing(world: World) -> None:
    world.meet("ana")
    token = a_link()
    with counted() as use:
        reply = unsubscribe("GET", token)
    assert reply.status == 200
    assert '<form method="post">' in reply.text
    assert use.writes == []
    assert wishes().json["types"]["workshop_reminder"]["email"] is True


def test_a_link_that_was_never_made_leads_nowhere(world: World) -> None:
    world.meet("ana")
    token = a_link()
    other = token[:-1] + ("0" if token[-1] != "0" else "1")
    for method in ("GET", "POST"):
        assert unsubscribe(method, other).status == 404
        assert unsubscribe(method, "0" * 68).status == 404
        assert unsubscribe(method, "short-but-well-formed").status == 404
    assert wishes().json["types"]["workshop_reminder"]["email"] is True


def test_unsubscribing_keeps_what_else_was_wished(world: World) -> None:
    wishes({"types": {"workshop_started": {"email": False}}, "reminder_offsets": [5]})
    unsubscribe("POST", a_link())
    reply = wishes()
    assert reply.headers["etag"] == '"2"'
    assert reply.json["reminder_offsets"] == [5]
    assert reply.json["types"]["workshop_started"]["email"] is False


def test_who_wants_no_reminders_is_known_from_who_has_not_said() -> None:
    assert Preferences(*preferences_key("usr_1")).offsets == {60, 15}
    assert Preferences(*preferences_key("usr_1"), reminder_offsets=[]).offsets == frozenset()
