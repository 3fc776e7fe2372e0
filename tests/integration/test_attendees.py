"""The people of a workshop: who sees whom, what each may do, removal and bans."""

from itertools import chain
from typing import Any

import pytest

from atelier import clock
from atelier.accounts.items import Profile, profile_key
from atelier.rsvps.items import Attendee, attendee_key
from atelier.table import Item
from atelier.workshops import walking
from tests.calling import Reply, World, call, id_of
from tests.counting import counted
from tests.seats import (
    attendees,
    change,
    open_workshop,
    remove,
    row_of,
    rsvp,
    settle,
    status_of,
    withdraw,
)
from tests.streaming import Stream
from tests.workshops import audit_of, everything, set_in_table


def people(reply: Reply) -> dict[str, str]:
    """Who is on a page, and as what."""
    assert reply.status == 200, reply.text
    return {item["user"]["id"]: item["status"] for item in reply.json["items"]}


def walk(workshop_id: str, user: str, limit: int, **query: Any) -> list[list[str]]:
    """Every page of the list, followed by its cursors to the end."""
    pages: list[list[str]] = []
    asked: dict[str, Any] = {"limit": limit, **query}
    while True:
        reply = attendees(workshop_id, user, **asked)
        pages.append(list(people(reply)))
        cursor = reply.json["next_cursor"]
        assert ("link" in reply.headers) is (cursor is not None)
        if cursor is None:
            return pages
        asked["cursor"] = cursor


def crowd(workshop_id: str, status: str, number: int, *, begin: int = 0) -> list[str]:
    """Puts so many people's rows there, without RSVPs."""
    now = clock.whole_seconds(clock.now())
    ids = [f"usr_{n:016d}" for n in range(begin, begin + number)]
    times: dict[str, Any] = {"rsvp_at": now, "created_at": now, "updated_at": now, "scheduled_at": now}
    with Item.batch_write() as batch:
        for user_id in ids:
            batch.save(Attendee(*attendee_key(workshop_id, user_id), status=status, host_id=id_of("host"), **times))
            profile = Profile(*profile_key(user_id), user_id=user_id, display_name="Guest", avatar_color="#123456")
            profile.created_at = profile.updated_at = now
            batch.save(profile)
    return ids


class TestTheList:
    def test_the_host_and_co_hosts_see_everybody_in_full(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", "cole", "ben", max_capacity=2)
        change(workshop_id, "cole", is_co_host=True)
        for user in ("host", "cole"):
            reply = attendees(workshop_id, user)
            told = {item["user"]["id"]: item for item in reply.json["items"]}
            assert set(told) == {id_of(name) for name in ("ana", "ben", "cole")}
            assert told[id_of("ben")]["status"] == "waitlisted"
            assert told[id_of("ben")]["position"] == 1
            assert told[id_of("ana")]["position"] is None
            assert told[id_of("cole")]["is_co_host"] is True
            assert set(told[id_of("ana")]) == {
                "user", "status", "position", "is_co_host", "can_speak", "rsvp_at", "joined_at", "left_at",
            }  # fmt: skip

    def test_the_host_sees_who_was_removed_and_attendees_do_not(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", "ben")
        remove(workshop_id, "ben")
        assert people(attendees(workshop_id)) == {id_of("ana"): "rsvp", id_of("ben"): "removed"}
        assert people(attendees(workshop_id, "ana")) == {id_of("ana"): "rsvp"}

    def test_attendees_see_users_and_status_of_those_seated_and_no_more(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", "cole", "ben", max_capacity=2)
        [first, *_] = attendees(workshop_id, "ana").json["items"]
        assert set(first) == {"user", "status"}
        assert set(people(attendees(workshop_id, "ana"))) == {id_of("ana"), id_of("cole")}

    @pytest.mark.parametrize("user", ["waiting", "gone", "stranger"])
    def test_those_without_a_seat_see_nobody(self, world: World, user: str) -> None:
        workshop_id = open_workshop(world, "ana", "gone", "waiting", max_capacity=2)
        remove(workshop_id, "gone")
        rsvp(workshop_id, "filler")
        withdraw(workshop_id, "waiting")
        rsvp(workshop_id, "waiting")
        reply = attendees(workshop_id, user)
        assert (reply.status, reply.code) == (403, "not_allowed")

    def test_an_administrator_sees_what_the_host_sees(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", is_private=False)
        set_in_table(workshop_id, is_private=True)
        assert attendees(workshop_id, "boss", admin=True).text == attendees(workshop_id).text

    def test_a_private_workshop_has_no_list_for_strangers(self, world: World) -> None:
        workshop_id = open_workshop(world, is_private=True)
        for reply in (attendees(workshop_id, "ana"), change(workshop_id, "host", by="ana", can_speak=True)):
            assert (reply.status, reply.code) == (404, "not_found")
        assert remove(workshop_id, "host", by="ana").code == "not_found"

    def test_pages_are_full_over_rows_that_are_not_shown_and_nobody_is_skipped_or_doubled(self, world: World) -> None:
        guests = [f"guest-{n}" for n in range(30)]
        workshop_id = open_workshop(world, "ana", *guests)
        hidden = guests[::2]
        for user in hidden:
            remove(workshop_id, user)
        shown = sorted(id_of(user) for user in ("ana", *guests[1::2]))
        pages = walk(workshop_id, "ana", 5)
        assert [len(page) for page in pages] == [5, 5, 5, 1]
        assert list(chain.from_iterable(pages)) == shown
        everybody = sorted(id_of(user) for user in ("ana", *guests))
        assert list(chain.from_iterable(walk(workshop_id, "host", 7))) == everybody

    def test_the_last_full_page_has_no_cursor(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", "ben", "cleo", "dan")
        assert [len(page) for page in walk(workshop_id, "host", 2)] == [2, 2]

    def test_nobody_is_skipped_while_others_come_and_go(self, world: World) -> None:
        workshop_id = open_workshop(world, *(f"guest-{n}" for n in range(12)))
        first = attendees(workshop_id, limit=4)
        seen = list(people(first))
        withdraw(workshop_id, next(f"guest-{n}" for n in range(12) if id_of(f"guest-{n}") == seen[-1]))
        open_workshop(world)
        rest = attendees(workshop_id, limit=100, cursor=first.json["next_cursor"])
        assert len(seen) + len(people(rest)) == 12
        assert not set(seen) & set(people(rest))

    def test_a_rare_status_takes_few_requests_and_goes_on_with_a_cursor(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(walking, "ROWS_AT_ONCE", 10)
        monkeypatch.setattr(walking, "MOST_READS", 3)
        workshop_id = open_workshop(world)
        crowd(workshop_id, "rsvp", 70)
        [gone] = crowd(workshop_id, "removed", 1, begin=70)
        with counted() as use:
            reply = attendees(workshop_id, status="removed", limit=5)
        assert (reply.json["items"], reply.json["next_cursor"] is None) == ([], False)
        assert use.operations == ["BatchGetItem", *["Query"] * 3]
        assert list(chain.from_iterable(walk(workshop_id, "host", 5, status="removed"))) == [gone]

    @pytest.mark.parametrize(("query", "rows"), [({}, 7), ({"status": "removed"}, walking.ROWS_AT_ONCE)])
    def test_a_page_is_read_no_further_than_it_goes_unless_little_of_it_is_shown(
        self, world: World, monkeypatch: pytest.MonkeyPatch, query: dict[str, Any], rows: int
    ) -> None:
        asked_for: list[int] = []
        read = walking.Walk._read  # noqa: SLF001

        def noted(self: walking.Walk, low: str, high: str, size: int) -> Any:
            asked_for.append(size)
            return read(self, low, high, size)

        monkeypatch.setattr(walking.Walk, "_read", noted)
        attendees(open_workshop(world, "ana"), limit=5, **query)
        assert asked_for == [rows]

    @pytest.mark.parametrize(
        ("status", "expected"),
        [("rsvp", {"ana", "cole"}), ("waitlisted", {"ben"}), ("removed", {"gone"}), ("joined", set())],
    )
    def test_the_host_asks_for_one_status(self, world: World, status: str, expected: set[str]) -> None:
        workshop_id = open_workshop(world, "gone", max_capacity=2)
        remove(workshop_id, "gone")
        for user in ("ana", "cole", "ben"):
            rsvp(workshop_id, user)
        assert set(people(attendees(workshop_id, status=status))) == {id_of(user) for user in expected}

    @pytest.mark.parametrize("status", ["waitlisted", "removed"])
    def test_an_attendee_who_asks_for_a_hidden_status_gets_an_empty_page(self, world: World, status: str) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
        assert people(attendees(workshop_id, "ana", status=status)) == {}

    @pytest.mark.parametrize(
        "query", [{"status": "host"}, {"status": ""}, {"limit": 0}, {"limit": 101}, {"limit": "x"}]
    )
    def test_a_bad_query_is_refused(self, world: World, query: dict[str, Any]) -> None:
        reply = attendees(open_workshop(world), **query)
        assert (reply.status, reply.code) == (400, "bad_query")

    def test_a_cursor_of_another_list_person_or_filter_is_refused(self, world: World) -> None:
        one, other = (open_workshop(world, "ana", "ben", "cleo") for _ in range(2))
        cursor = attendees(one, limit=1).json["next_cursor"]
        for reply in (
            attendees(other, cursor=cursor),
            attendees(one, "ana", cursor=cursor),
            attendees(one, cursor=cursor, status="rsvp"),
            attendees(one, cursor=f"{cursor}x"),
        ):
            assert (reply.status, reply.code) == (400, "bad_cursor")

    def test_somebody_without_a_profile_is_left_out(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana", "ben")
        Profile(*profile_key(id_of("ben"))).delete()
        assert people(attendees(workshop_id)) == {id_of("ana"): "rsvp"}


class TestRights:
    def test_the_host_makes_a_co_host_and_lets_people_speak(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        wanted: list[dict[str, Any]] = [
            {"is_co_host": True},
            {"can_speak": True},
            {"is_co_host": False, "can_speak": False},
        ]
        for rights in wanted:
            reply = change(workshop_id, "ana", **rights)
            assert reply.status == 200, reply.text
            assert {name: reply.json[name] for name in rights} == rights
            mine = call("workshops", "GET", f"/workshops/{workshop_id}").json["my"]["rsvp"]
            assert {name: mine[name] for name in rights} == rights

    def test_what_is_left_out_stays(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        change(workshop_id, "ana", is_co_host=True)
        reply = change(workshop_id, "ana", can_speak=True)
        assert (reply.json["is_co_host"], reply.json["can_speak"]) == (True, True)
        assert reply.headers["etag"] == '"3"'

    def test_each_change_and_only_a_change_is_in_the_audit_log(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        for _ in range(2):
            change(workshop_id, "ana", can_speak=True)
        before = everything()
        change(workshop_id, "ana", can_speak=True)
        change(workshop_id, "ana")
        assert everything() == before
        assert audit_of(workshop_id) == [
            ("attendee_rights", {"user": id_of("ana"), "from": {"can_speak": False}, "to": {"can_speak": True}})
        ]

    def test_co_hosts_may_let_people_speak_and_nothing_else(self, world: World) -> None:
        workshop_id = open_workshop(world, "cole", "ana")
        change(workshop_id, "cole", is_co_host=True)
        assert change(workshop_id, "ana", by="cole", can_speak=True).status == 200
        wanted: list[dict[str, Any]] = [
            {"is_co_host": True},
            {"is_co_host": False},
            {"is_co_host": True, "can_speak": False},
        ]
        for rights in wanted:
            reply = change(workshop_id, "ana", by="cole", **rights)
            assert (reply.status, reply.code) == (403, "not_allowed")
        row = row_of(workshop_id, "ana")
        assert row is not None
        assert (row.is_co_host, row.can_speak) == (False, True)

    @pytest.mark.parametrize("by", ["ana", "ben", "stranger"])
    def test_nobody_else_may_change_rights(self, world: World, by: str) -> None:
        workshop_id = open_workshop(world, "ana", "ben", max_capacity=1)
        reply = change(workshop_id, "ana", by=by, can_speak=True)
        assert (reply.status, reply.code) == (403, "not_allowed")

    def test_a_co_host_who_gave_their_seat_up_is_none_any_more(self, world: World) -> None:
        workshop_id = open_workshop(world, "cole", "ana")
        change(workshop_id, "cole", is_co_host=True)
        withdraw(workshop_id, "cole")
        rsvp(workshop_id, "cole")
        assert change(workshop_id, "ana", by="cole", can_speak=True).code == "not_allowed"

    def test_somebody_who_waits_or_was_removed_has_no_rights_to_change(self, world: World) -> None:
        workshop_id = open_workshop(world, "gone", max_capacity=1)
        remove(workshop_id, "gone")
        rsvp(workshop_id, "ana")
        rsvp(workshop_id, "ben")
        for user in ("ben", "gone"):
            reply = change(workshop_id, user, can_speak=True)
            assert (reply.status, reply.code) == (409, "not_seated")

    @pytest.mark.parametrize("user", ["nobody", "host"])
    def test_somebody_without_an_rsvp_is_not_found(self, world: World, user: str) -> None:
        workshop_id = open_workshop(world)
        assert change(workshop_id, user, can_speak=True).code == "not_found"
        assert remove(workshop_id, user).code == "not_found"

    @pytest.mark.parametrize(
        "rights", [{"can_speak": 1}, {"can_speak": None}, {"is_co_host": "yes"}, {"status": "rsvp"}]
    )
    def test_other_values_and_fields_are_refused(self, world: World, rights: dict[str, Any]) -> None:
        workshop_id = open_workshop(world, "ana")
        reply = change(workshop_id, "ana", **rights)
        assert (reply.status, reply.code) == (422, "validation_failed")


class TestRemoval:
    @pytest.mark.parametrize("by", ["host", "cole"])
    def test_the_host_and_co_hosts_remove_and_the_seat_goes_on(self, world: World, stream: Stream, by: str) -> None:
        workshop_id = open_workshop(world, "ana", "cole", "ben", max_capacity=2)
        change(workshop_id, "cole", is_co_host=True)
        assert [remove(workshop_id, "ana", by=by).status for _ in range(2)] == [204, 204]
        assert (status_of(workshop_id, "ana"), status_of(workshop_id, "ben")) == ("removed", "rsvp")
        settle(workshop_id, stream)
        removals = [entry for entry in audit_of(workshop_id) if entry[0] == "attendee_removed"]
        assert removals == [("attendee_removed", {"user": id_of("ana"), "from": "rsvp", "to": "removed"})]

    def test_somebody_who_waits_can_be_removed(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", "ben", "cleo", max_capacity=1)
        assert remove(workshop_id, "ben").status == 204
        assert settle(workshop_id, stream).queue == [id_of("cleo")]
        assert rsvp(workshop_id, "ben").code == "removed"

    def test_somebody_in_an_unlimited_workshop_can_be_removed(self, world: World, stream: Stream) -> None:
        workshop_id = open_workshop(world, "ana", "ben")
        assert remove(workshop_id, "ana").status == 204
        assert settle(workshop_id, stream).workshop.attendee_count == 1

    def test_a_removed_person_loses_their_rights_and_their_place_in_their_own_list(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        change(workshop_id, "ana", is_co_host=True, can_speak=True)
        remove(workshop_id, "ana")
        row = row_of(workshop_id, "ana")
        assert row is not None
        assert (row.is_co_host, row.can_speak) == (False, False)
        assert call("workshops", "GET", "/workshops", query={"my": True}).json["items"] == []

    def test_a_co_host_removes_no_co_host_and_bans_nobody(self, world: World) -> None:
        workshop_id = open_workshop(world, "cole", "carl", "ana")
        for user in ("cole", "carl"):
            change(workshop_id, user, is_co_host=True)
        for reply in (remove(workshop_id, "carl", by="cole"), remove(workshop_id, "ana", by="cole", ban=True)):
            assert (reply.status, reply.code) == (403, "not_allowed")
        assert (status_of(workshop_id, "carl"), status_of(workshop_id, "ana")) == ("rsvp", "rsvp")
        assert remove(workshop_id, "carl").status == 204

    @pytest.mark.parametrize("by", ["ben", "stranger"])
    def test_nobody_else_removes(self, world: World, by: str) -> None:
        workshop_id = open_workshop(world, "ana", "ben")
        reply = remove(workshop_id, "ana", by=by)
        assert (reply.status, reply.code) == (403, "not_allowed")

    def test_a_ban_removes_and_stands_in_the_hosts_list_once(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        assert [remove(workshop_id, "ana", ban=True).status for _ in range(2)] == [204, 204]
        bans = call("accounts", "GET", "/me/bans", user="host").json["items"]
        assert [ban["user"]["id"] for ban in bans] == [id_of("ana")]
        assert status_of(workshop_id, "ana") == "removed"

    def test_somebody_who_was_removed_can_be_banned_later(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        remove(workshop_id, "ana")
        assert remove(workshop_id, "ana", ban=True).status == 204
        assert rsvp(open_workshop(world)).code == "banned"

    def test_a_value_that_is_no_truth_is_refused_and_nobody_is_removed(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        reply = remove(workshop_id, "ana", ban="perhaps")
        assert (reply.status, reply.code) == (400, "bad_query")
        assert status_of(workshop_id, "ana") == "rsvp"

    def test_an_administrator_removes_and_bans_in_the_hosts_name(self, world: World) -> None:
        workshop_id = open_workshop(world, "ana")
        path = f"/workshops/{workshop_id}/attendees/{id_of('ana')}"
        assert call("rsvps", "DELETE", path, user="boss", groups=("admin",), query={"ban": True}).status == 204
        assert rsvp(open_workshop(world)).code == "banned"
