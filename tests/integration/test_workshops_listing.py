"""Lists of workshops: what is on them, in which order, page by page."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from atelier import clock
from atelier.paging import Scope
from atelier.workshops import walking
from tests.calling import World, call, id_of
from tests.workshops import ask, bring_near, ids, in_, run, set_in_table, stored, walk

DAY = timedelta(days=1)


def at_day(world: World, day: float, host: str = "host", **fields: object) -> str:
    """A workshop that many days from now."""
    return str(world.workshop(host, starts_in=day * DAY, **fields)["id"])


def ended(world: World, host: str = "host", *, days_ago: float, **fields: object) -> str:
    """A workshop that is over."""
    made = at_day(world, 1, host, **fields)
    set_in_table(made, status="ended", scheduled_at=clock.whole_seconds(clock.now() - days_ago * DAY))
    return made


def test_open_workshops_come_soonest_first_whoever_asks(world: World) -> None:
    third, first, second = at_day(world, 3), at_day(world, 1), at_day(world, 2, "ben")
    live = at_day(world, 4)
    run(live, "start")
    for user in ("ana", "host", "ben"):
        assert ids(ask("GET", user=user)) == [live, first, second, third]


def test_a_card_leaves_out_the_description_and_the_host_s_bio(world: World) -> None:
    category = world.category()
    workshop = world.workshop(description="Long.", category_id=category["id"], max_capacity=9, location="Yard")
    card = ask("GET", user="ana").json["items"][0]
    expected = {
        name: value for name, value in workshop.items() if name not in ("description", "series", "next_in_series")
    }
    expected["host"] = {name: value for name, value in workshop["host"].items() if name != "bio"}
    expected["my"] = {"is_host": False, "rsvp": None}
    assert card == expected


def test_past_ones_come_latest_first(world: World) -> None:
    at_day(world, 1)
    older, newer, oldest = (ended(world, days_ago=days) for days in (2, 1, 3))
    assert walk(past=True) == [[newer, older, oldest]]
    assert walk(status="ended") == [[newer, older, oldest]]
    assert walk(past=True, limit=1) == [[newer], [older], [oldest]]


def test_filters_combine(world: World) -> None:
    clay, wood = (world.category(name)["id"] for name in ("Clay", "Wood"))
    open_clay, open_wood = at_day(world, 1, category_id=clay), at_day(world, 2, category_id=wood)
    ben_clay = at_day(world, 3, "ben", category_id=clay)
    past_clay, past_wood = ended(world, days_ago=1, category_id=clay), ended(world, days_ago=2, category_id=wood)
    ben_past = ended(world, "ben", days_ago=3, category_id=clay)
    live = at_day(world, 4, category_id=clay)
    run(live, "start")
    host, ben = id_of("host"), id_of("ben")

    def listed(**query: Any) -> list[str]:
        return walk(**query)[0]

    assert listed(category=clay) == [live, open_clay, ben_clay]
    assert listed(category=clay, past=True) == [past_clay, ben_past]
    assert listed(category=clay, status="scheduled") == [open_clay, ben_clay]
    assert listed(category=clay, status="live") == [live]
    assert listed(category=clay, status="ended") == [past_clay, ben_past]
    assert listed(host=host) == [live, open_clay, open_wood]
    assert listed(host=host, past=True) == [past_clay, past_wood]
    assert listed(host=host, status="live") == [live]
    assert listed(host=host, status="scheduled", category=wood) == [open_wood]
    assert listed(host=host, past=True, category=clay) == [past_clay]
    assert listed(host=ben, category=wood) == []
    assert listed(host=ben, past=True, category=clay, status="ended") == [ben_past]
    assert listed(past=True, status="live") == []
    assert listed(category="cat_01m7xynacfb6psa2z6yk4pjm35") == []
    assert listed(host="usr_aaaaaaaaaaaaaaaa") == []
    assert listed(past=False, my=False) == [live, open_clay, open_wood, ben_clay]


def test_a_workshop_follows_its_category(world: World) -> None:
    clay, wood = (world.category(name)["id"] for name in ("Clay", "Wood"))
    workshop = at_day(world, 1, category_id=clay)
    assert ask("PATCH", f"/{workshop}", body={"category_id": wood}).status == 200
    assert (walk(category=clay), walk(category=wood)) == ([[]], [[workshop]])
    assert ask("PATCH", f"/{workshop}", body={"category_id": None}).status == 200
    assert (walk(category=wood), walk()) == ([[]], [[workshop]])


def test_private_ones_are_on_no_public_list(world: World) -> None:
    category = world.category()["id"]
    made = [at_day(world, n + 1, is_private=n % 2 == 0, category_id=category) for n in range(6)]
    gone = [ended(world, days_ago=n + 1, is_private=n % 2 == 0, category_id=category) for n in range(4)]
    public, past = made[1::2], gone[1::2]
    for user, admin in (("ana", False), ("host", False), ("root", True)):
        assert walk(user=user, admin=admin) == walk(user=user, admin=admin, category=category) == [public]
        assert (
            walk(user=user, admin=admin, past=True)
            == walk(user=user, admin=admin, past=True, category=category)
            == [past]
        )
    host = id_of("host")
    assert walk(host=host) == [public]
    assert walk(host=host, past=True) == [past]
    for user, admin in (("host", False), ("root", True)):
        assert walk(user=user, admin=admin, host=host) == [made]
        assert walk(user=user, admin=admin, host=host, past=True) == [gone]
    assert walk(user="host", host="me") == [made]


def test_making_a_workshop_private_takes_it_off_the_lists(world: World) -> None:
    workshop = at_day(world, 1)
    assert ask("PATCH", f"/{workshop}", body={"is_private": True}).status == 200
    assert (walk(), walk(host=id_of("host"))) == ([[]], [[]])
    assert ask("PATCH", f"/{workshop}", body={"is_private": False}).status == 200
    assert walk() == [[workshop]]


def test_cancelled_ones_are_told_to_their_host_and_administrators_only(world: World) -> None:
    workshops = [at_day(world, n + 1) for n in range(3)]
    for workshop in workshops:
        ask("DELETE", f"/{workshop}")
    host = id_of("host")
    assert walk(status="cancelled") == walk(status="cancelled", host=host) == [[]]
    assert walk(user="root", admin=True, status="cancelled") == [[]]
    assert walk(user="host", status="cancelled", host=host) == [workshops[::-1]]
    assert walk(user="root", admin=True, status="cancelled", host=host) == [workshops[::-1]]


@pytest.mark.parametrize("count", [0, 1, 24, 25, 26, 50])
def test_pages_are_full_but_the_last_and_the_last_says_so(world: World, count: int) -> None:
    made = [at_day(world, 1 + n) for n in range(count)]
    pages = walk()
    assert [workshop for page in pages for workshop in page] == made
    assert [len(page) for page in pages[:-1]] == [25] * (len(pages) - 1)
    assert len(pages) == max(1, -(-count // 25))


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_workshops_at_the_same_second_are_neither_skipped_nor_repeated(world: World, limit: int) -> None:
    at = in_(days=2)
    made = {str(world.workshop(scheduled_at=at)["id"]) for _ in range(7)}
    lists: list[dict[str, Any]] = [{}, {"host": id_of("host")}, {"status": "scheduled"}]
    for query in lists:
        pages = walk(limit=limit, **query)
        assert sorted(workshop for page in pages for workshop in page) == sorted(made)
        assert all(len(page) == limit for page in pages[:-1])


def test_what_others_write_while_paging_neither_shifts_nor_repeats_the_rest(world: World) -> None:
    made = [at_day(world, n) for n in range(10, 19)]
    first = ask("GET", user="ana", limit=3)
    at_day(world, 1)
    between = at_day(world, 14.5)
    ask("DELETE", f"/{made[0]}")
    ask("PATCH", f"/{made[2]}", body={"title": "Renamed, the last of the first page"})
    second = ask("GET", user="ana", limit=3, cursor=first.json["next_cursor"])
    ask("DELETE", f"/{made[4]}")
    third = ask("GET", user="ana", limit=9, cursor=second.json["next_cursor"])
    assert ids(first) == made[:3]
    assert ids(second) == [made[3], made[4], between]
    assert ids(third) == made[5:]
    assert third.json["next_cursor"] is None


def test_public_pages_of_a_host_are_full_however_many_are_private(world: World) -> None:
    made = [at_day(world, n + 1, is_private=n % 4 != 0) for n in range(40)]
    pages = walk(host=id_of("host"), limit=4)
    assert pages == [made[0:16:4], made[16:32:4], made[32::4]]


def test_a_page_stays_full_over_more_rows_than_one_request_reads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "ROWS_AT_ONCE", 1)
    made = [at_day(world, n + 1, is_private=n % 5 != 0) for n in range(20)]
    assert walk(host=id_of("host"), limit=2) == [[made[0], made[5]], [made[10], made[15]]]


def test_a_page_that_would_cost_too_much_is_short_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(walking, "MOST_READS", 2)
    made = [at_day(world, n + 1, is_private=n != 11) for n in range(12)]
    pages = walk(host=id_of("host"), limit=1)
    assert [workshop for page in pages for workshop in page] == [made[11]]
    assert len(pages) > 1


def test_the_link_header_leads_to_the_next_page(world: World) -> None:
    made = [at_day(world, n + 1) for n in range(3)]
    reply = ask("GET", user="ana", host=id_of("host"), limit=2)
    cursor = reply.json["next_cursor"]
    link = reply.headers["link"]
    assert link.startswith("</v1/workshops?")
    assert link.endswith('>; rel="next"')
    query: dict[str, Any] = dict(part.split("=") for part in link[len("</v1/workshops?") : link.index(">")].split("&"))
    assert query["cursor"] == cursor
    assert ids(ask("GET", user="ana", **query)) == made[2:]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"limit": ""},
        {"past": "yes"},
        {"past": "1"},
        {"my": "True "},
        {"my": ""},
        {"status": "open"},
        {"status": ""},
        {"category": "ceramics"},
        {"host": "ana"},
        {"host": "usr_1"},
        {"cursor": "x" * 1025},
    ],
    ids=str,
)
def test_a_query_that_makes_no_sense_is_refused(world: World, query: dict[str, object]) -> None:
    reply = call("workshops", "GET", "/workshops", query=query)
    assert (reply.status, reply.code) == (400, "bad_query")
    assert reply.json["errors"][0]["loc"] == [next(iter(query))]


def test_parameters_nobody_knows_are_ignored(world: World) -> None:
    assert ids(call("workshops", "GET", "/workshops", query={"colour": "red"})) == []


def test_a_cursor_of_another_list_person_or_filter_is_refused(world: World) -> None:
    for n in range(3):
        at_day(world, n + 1)
    cursor = ask("GET", user="ana", limit=1).json["next_cursor"]
    foreign: list[dict[str, Any]] = [
        {"user": "ben"},
        {"past": True},
        {"my": True},
        {"status": "scheduled"},
        {"host": id_of("host")},
        {"category": "cat_01m7xynacfb6psa2z6yk4pjm35"},
    ]
    for query in foreign:
        reply = ask("GET", **{"user": "ana", **query}, cursor=cursor)
        assert (reply.status, reply.code) == (400, "bad_cursor")
    assert ask("GET", user="ana", limit=2, cursor=cursor).status == 200


@pytest.mark.parametrize("cursor", ["", "x", "bm9uc2Vuc2U", "W10", "é"])
def test_a_cursor_that_was_not_made_here_is_refused(world: World, cursor: str) -> None:
    reply = ask("GET", cursor=cursor)
    assert (reply.status, reply.code) == (400, "bad_cursor")


@pytest.mark.parametrize("position", ["", "~~", "2031", "9" * 200, "2031-03-28T17:00:00Z"])
def test_a_forged_cursor_gets_nowhere(world: World, position: str) -> None:
    forged = Scope(id_of("ana"), "workshops", (("past", "False"), ("my", "False"))).cursor(position)
    reply = ask("GET", user="ana", cursor=forged)
    assert (reply.status, reply.code) == (400, "bad_cursor")


def test_a_position_beyond_the_end_is_an_empty_page(world: World) -> None:
    at_day(world, 1)
    beyond = "9999-01-01T00:00:00Z#wks_x"
    cases: list[dict[str, Any]] = [{}, {"status": "live"}]
    for filters in cases:
        told = tuple({"past": "False", "my": "False", **filters}.items())
        reply = ask("GET", user="ana", cursor=Scope(id_of("ana"), "workshops", told).cursor(beyond), **filters)
        assert (ids(reply), reply.json["next_cursor"]) == ([], None)


def test_a_page_of_25_takes_one_query_and_one_batch_read(world: World, requests_made: Any) -> None:
    category = world.category()["id"]
    for n in range(26):
        at_day(world, n + 1, f"host {n}", category_id=category)
    lists: list[dict[str, Any]] = [{}, {"category": category}]
    for query in lists:
        with requests_made() as use:
            assert len(ids(ask("GET", user="ana", **query))) == 25
        assert use.operations == ["Query", "BatchGetItem"]


@pytest.mark.parametrize("status", ["lobby", "live"])
def test_what_runs_now_is_found_without_reading_what_is_to_come(world: World, requests_made: Any, status: str) -> None:
    workshop = at_day(world, 1)
    bring_near(workshop)
    set_in_table(workshop, status=status)
    for n in range(30):
        at_day(world, n + 2)
    with requests_made() as use:
        assert walk(status=status) == [[workshop]]
    assert use.operations == ["Query", "BatchGetItem"]


def test_an_index_row_is_enough_for_a_card(world: World) -> None:
    workshop = at_day(world, 1, max_capacity=500)
    set_in_table(workshop, attendee_count=3, waitlist_count=2, has_recording=True)
    card = ask("GET", user="ana").json["items"][0]
    told = {name: card[name] for name in ("attendee_count", "waitlist_count", "seats_left", "has_recording")}
    assert told == {"attendee_count": 3, "waitlist_count": 2, "seats_left": 497, "has_recording": True}
    assert isinstance(stored(workshop).created_at, datetime)
