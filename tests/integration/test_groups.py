"""Event groups, as their function answers on an emulated table; and which workshops get into them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests import workshops
from tests.calling import World, call, id_of
from tests.categories import audit_of
from tests.counting import counted
from tests.faults import overtaken
from tests.groups import a_group, ask, members, organizer, stored
from tests.workshops import ids, run, set_in_table, walk, wanted


def put(workshop_id: str, group_id: str | None, **more: Any) -> tuple[int, str | None]:
    reply = workshops.ask("PATCH", f"/{workshop_id}", body={"group_id": group_id}, **more)
    return reply.status, reply.code


class TestCatalogue:
    def test_an_organizer_makes_a_group(self, world: World) -> None:
        organizer(world, "host")
        reply = ask("POST", body={"name": "  Summer school ", "description": "A week\r\nof clay"})
        made = reply.json
        assert (reply.status, reply.headers["etag"]) == (201, '"1"')
        assert reply.headers["location"] == f"/v1/groups/{made['id']}"
        assert made == {
            "id": made["id"],
            "name": "Summer school",
            "description": "A week\nof clay",
            "owner": made["owner"],
        }
        assert made["owner"]["id"] == id_of("host")
        assert ask("GET", made["id"], user="ana").json == made
        assert ask("GET", user="ana").json == {"items": [made], "next_cursor": None}
        assert audit_of(made["id"]) == ["group_created"]

    @pytest.mark.usefixtures("table")
    def test_participants_make_none_and_administrators_do(self) -> None:
        reply = ask("POST", body={"name": "Summer school"}, user="ana")
        assert (reply.status, reply.code) == (403, "not_allowed")
        assert ask("POST", body={"name": "Summer school"}, user="root", groups=("admin",)).status == 201
        assert ask("POST", body={"name": "x"}, user=None).status == 401

    @pytest.mark.parametrize(
        ("body", "loc"),
        [
            ({}, "name"),
            ({"name": " "}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": "a\nb"}, "name"),
            ({"name": "x", "description": "x" * 501}, "description"),
            ({"name": "x", "owner": "usr_aaaaaaaaaaaaaaaa"}, "owner"),
        ],
    )
    def test_a_group_that_is_not_allowed_is_refused(self, world: World, body: object, loc: str) -> None:
        organizer(world, "host")
        reply = ask("POST", body=body)
        assert (reply.status, [entry["loc"] for entry in reply.json["errors"]]) == (422, [[loc]])

    def test_a_repeated_request_gets_the_first_answer_and_makes_nothing(self, world: World) -> None:
        organizer(world, "host")
        headers = {"Idempotency-Key": "k-1"}
        with ThreadPoolExecutor(6) as pool:
            replies = list(pool.map(lambda _: ask("POST", body={"name": "x"}, headers=headers), range(6)))
        assert {reply.status for reply in replies} == {201}
        assert len({reply.text for reply in replies}) == 1
        assert len(ask("GET").json["items"]) == 1
        assert ask("POST", body={"name": "y"}, headers=headers).code == "idempotency_key_reused"

    def test_its_owner_and_administrators_edit_it(self, world: World) -> None:
        group_id = a_group(world)
        assert ask("PATCH", group_id, {"name": "Winter school"}).json["name"] == "Winter school"
        reply = ask("PATCH", group_id, {"description": "Cold"}, user="root", groups=("admin",))
        assert (reply.status, reply.headers["etag"], reply.json["owner"]["id"]) == (200, '"3"', id_of("host"))
        for method, body in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
            reply = ask(method, group_id, body, user="ana")
            assert (reply.status, reply.code) == (403, "not_allowed")
            assert ask(method, "grp_00000000000000000000000000", body).status == 404
        assert ask("GET", group_id).json["name"] == "Winter school"

    def test_a_stale_edit_or_deletion_is_refused(self, world: World) -> None:
        group_id = a_group(world)
        ask("PATCH", group_id, {"name": "x"}, headers={"If-Match": '"1"'})
        for method, body in (("PATCH", {"name": "y"}), ("DELETE", None)):
            assert ask(method, group_id, body, headers={"If-Match": '"1"'}).code == "stale_version"
        assert ask("DELETE", group_id, headers={"If-Match": '"2"'}).status == 204

    def test_an_edit_that_changes_nothing_writes_nothing(self, world: World) -> None:
        group_id = a_group(world)
        with counted() as use:
            reply = ask("PATCH", group_id, {"name": "Summer school"})
        assert (reply.headers["etag"], use.operations) == ('"1"', ["BatchGetItem"])

    def test_an_edit_that_another_comes_before_is_decided_anew(self, world: World) -> None:
        group_id = a_group(world)
        with overtaken(1, lambda: ask("PATCH", group_id, {"description": "Cold"})):
            reply = ask("PATCH", group_id, {"name": "Winter school"})
        assert (reply.status, reply.json["name"], reply.json["description"]) == (200, "Winter school", "Cold")

    def test_a_suspended_owner_reads_and_changes_nothing(self, world: World) -> None:
        group_id = a_group(world)
        path = f"/users/{id_of('host')}"
        call("accounts", "PATCH", path, user="root", groups=("admin",), body={"status": "suspended"})
        assert ask("PATCH", group_id, {"name": "x"}).code == "account_suspended"
        assert ask("DELETE", group_id).code == "account_suspended"
        assert ask("POST", body={"name": "x"}).code == "account_suspended"
        assert ask("GET", group_id).status == 200

    def test_the_list_is_walked_newest_first_while_others_make_more(self, world: World) -> None:
        made = [a_group(world, name=f"N{number}") for number in range(7)]
        found: list[str] = []
        query: dict[str, object] = {"limit": 3}
        while True:
            with counted() as use:
                reply = ask("GET", query=query)
            assert use.operations == ["Query", "BatchGetItem"]
            found += ids(reply)
            if reply.json["next_cursor"] is None:
                break
            query["cursor"] = reply.json["next_cursor"]
            a_group(world, name="Later")
        assert found == made[::-1]
        assert ask("GET", query={"cursor": "x"}).code == "bad_cursor"

    def test_budgets(self, world: World) -> None:
        organizer(world, "host")
        with counted() as use:
            group_id = ask("POST", body={"name": "x"}).json["id"]
            ask("PATCH", group_id, {"name": "y"})
            ask("DELETE", group_id)
        assert use.operations == ["BatchGetItem", "TransactWriteItems"] * 3


class TestWorkshopsOfAGroup:
    def test_a_host_makes_a_workshop_in_a_group_of_theirs(self, world: World) -> None:
        group_id = a_group(world)
        made = world.workshop(group_id=group_id)
        assert made["group_id"] == group_id
        assert workshops.ask("GET", f"/{made['id']}").json["group_id"] == group_id
        assert members(group_id) == {made["id"]}

    def test_nobody_puts_a_workshop_into_anothers_group_but_administrators(self, world: World) -> None:
        group_id = a_group(world, "ben")
        mine = world.workshop()["id"]
        for unknown in (group_id, "grp_00000000000000000000000000"):
            assert workshops.ask("POST", body=wanted(group_id=unknown)).code == "unknown_group"
            assert put(mine, unknown) == (422, "unknown_group")
        assert put(mine, group_id, user="root", admin=True) == (200, None)
        on_behalf = wanted(group_id=a_group(world), host_id=id_of("host"))
        assert workshops.ask("POST", body=on_behalf, user="root", admin=True).status == 201

    def test_a_workshop_goes_from_group_to_group_and_out(self, world: World) -> None:
        one, two = a_group(world), a_group(world)
        workshop_id = world.workshop(group_id=one)["id"]
        assert put(workshop_id, two) == (200, None)
        assert (members(one), members(two)) == (set(), {workshop_id})
        assert (walk(group=one), walk(group=two)) == ([[]], [[workshop_id]])
        assert put(workshop_id, None) == (200, None)
        assert (members(two), walk(group=two)) == (set(), [[]])
        assert workshops.ask("GET", f"/{workshop_id}").json["group_id"] is None

    def test_a_new_group_and_a_new_capacity_are_one_edit(self, world: World) -> None:
        group_id = a_group(world)
        workshop_id = world.workshop(max_capacity=10)["id"]
        reply = workshops.ask("PATCH", f"/{workshop_id}", body={"group_id": group_id, "max_capacity": 200})
        assert (reply.status, members(group_id)) == (200, {workshop_id})

    @pytest.mark.parametrize("key", [None, "k-1"])
    def test_none_slips_into_a_group_that_is_deleted_at_that_moment(self, world: World, key: str | None) -> None:
        group_id = a_group(world)
        headers = {"Idempotency-Key": key} if key else {}
        with overtaken(1, lambda: ask("DELETE", group_id)) as fault:
            reply = workshops.ask("POST", body=wanted(group_id=group_id), headers=headers)
        assert (fault.struck, reply.code, members(group_id)) == (1, "unknown_group", set())
        other = a_group(world)
        workshop_id = world.workshop()["id"]
        with overtaken(1, lambda: ask("DELETE", other)):
            assert put(workshop_id, other) == (422, "unknown_group")
        assert members(other) == set()

    def test_a_workshop_in_a_group_costs_what_the_membership_and_the_check_cost(self, world: World) -> None:
        group_id = a_group(world)
        with counted() as alone:
            world.workshop()
        with counted() as grouped:
            world.workshop(group_id=group_id)
        assert alone.operations == grouped.operations == ["BatchGetItem", "TransactWriteItems"]


class TestLists:
    def test_public_ones_are_listed_and_private_and_cancelled_ones_are_not(self, world: World) -> None:
        group_id = a_group(world)
        public = world.workshop(group_id=group_id)["id"]
        private = world.workshop(group_id=group_id, is_private=True)["id"]
        cancelled = world.workshop(group_id=group_id)["id"]
        workshops.ask("DELETE", f"/{cancelled}")
        ended = world.workshop(group_id=group_id)["id"]
        run(ended, "start", "end")
        world.workshop()
        assert walk(group=group_id) == walk(group=group_id, user="root", admin=True) == [[public]]
        assert walk(group=group_id, past=True) == walk(group=group_id, status="ended") == [[ended]]
        assert walk(group=group_id, status="cancelled") == [[]]
        assert set(walk(group=group_id, user="host", my=True)[0]) == {public, private}
        assert set(walk(group=group_id, user="host", host="me")[0]) == {public, private}
        assert walk(group=group_id, user="host", host="me", status="cancelled") == [[cancelled]]
        assert walk(group="grp_00000000000000000000000000") == [[]]

    def test_filters_combine(self, world: World) -> None:
        group_id, other = a_group(world), a_group(world)
        category = world.category()["id"]
        both = world.workshop(group_id=group_id, category_id=category)["id"]
        live = world.workshop(group_id=group_id)["id"]
        run(live, "start")
        elsewhere = world.workshop(group_id=other, category_id=category)["id"]
        assert call("rsvps", "POST", f"/workshops/{both}/rsvp").status == 201
        assert call("rsvps", "POST", f"/workshops/{elsewhere}/rsvp").status == 201
        assert walk(group=group_id, category=category) == [[both]]
        assert walk(group=group_id, status="live") == [[live]]
        assert walk(group=group_id, my=True) == [[both]]
        assert walk(group=group_id, host=id_of("host"), category=category) == [[both]]
        assert walk(group=group_id, host=id_of("ben")) == [[]]

    def test_a_page_shows_whole_cards_in_one_query_and_one_batch(self, world: World) -> None:
        group_id = a_group(world)
        made = world.workshop(group_id=group_id, category_id=world.category()["id"])
        with counted() as use:
            [card] = workshops.ask("GET", user="ana", group=group_id).json["items"]
        assert use.operations == ["Query", "BatchGetItem"]
        assert card == {name: made[name] for name in card} | {"my": card["my"], "host": card["host"]}

    def test_pages_are_full_and_in_order(self, world: World) -> None:
        group_id = a_group(world)
        made = [world.workshop(group_id=group_id, scheduled_at=workshops.in_(days=day))["id"] for day in range(1, 8)]
        assert walk(group=group_id, limit=3) == [made[:3], made[3:6], made[6:]]

    def test_one_that_was_made_private_a_moment_ago_is_not_shown(self, world: World) -> None:
        group_id = a_group(world)
        workshop_id = world.workshop(group_id=group_id)["id"]
        hide = lambda: set_in_table(workshop_id, is_private=True)  # noqa: E731
        with overtaken(1, hide, on=("BatchGetItem",)):
            assert ids(workshops.ask("GET", user="ana", group=group_id)) == []


def test_a_deleted_group_is_gone(world: World) -> None:
    group_id = a_group(world)
    assert ask("DELETE", group_id).status == 204
    assert stored(group_id) is None
    assert ask("DELETE", group_id).status == 404
    assert ask("GET", group_id).status == 404
    assert ask("GET").json["items"] == []
    assert audit_of(group_id) == ["group_created", "group_deleted"]
