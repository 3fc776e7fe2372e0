"""`my=true`: what I host, attend and am invited to, in one order."""

from datetime import timedelta
from typing import Any

import pytest

from atelier import clock, table
from atelier.categories.items import category_key
from atelier.rsvps.items import Attendee, attendee_key
from atelier.workshops import listing
from tests.calling import World, call, id_of
from tests.workshops import ask, ids, run, set_in_table, walk

DAY = timedelta(days=1)


def made(world: World, day: float, host: str = "host", **fields: object) -> str:
    return str(world.workshop(host, starts_in=day * DAY, **fields)["id"])


def attend(user: str, *workshops: str) -> None:
    for workshop in workshops:
        assert call("rsvps", "POST", f"/workshops/{workshop}/rsvp", user=user).status == 201


def end(workshop: str, days_ago: float) -> None:
    """Puts a workshop and its attendees' rows into the past."""
    at = clock.whole_seconds(clock.now() - days_ago * DAY)
    set_in_table(workshop, status="ended", scheduled_at=at)
    for row in table.Item.query(f"WORKSHOP#{workshop}", consistent_read=True):
        if isinstance(row, Attendee):
            row.scheduled_at = at
            row.person_sort = f"ATTENDING#{clock.to_text(at)}#{workshop}"
            row.save()


def test_what_i_host_and_attend_comes_in_one_order(world: World) -> None:
    hosted = [made(world, day, "ana") for day in (1, 3, 5)]
    attended = [made(world, day) for day in (2, 4)]
    made(world, 2.5)
    attend("ana", *attended)
    order = [hosted[0], attended[0], hosted[1], attended[1], hosted[2]]
    assert walk(user="ana", my=True) == [order]
    for limit in (1, 2, 3, 4):
        pages = walk(user="ana", my=True, limit=limit)
        assert [workshop for page in pages for workshop in page] == order
        assert all(len(page) == limit for page in pages[:-1])


def test_cards_tell_my_place(world: World) -> None:
    mine, seat, wait = made(world, 1, "ana"), made(world, 2, max_capacity=2), made(world, 3, max_capacity=1)
    attend("ben", wait)
    attend("ana", seat, wait)
    told = {card["id"]: card["my"] for card in ask("GET", user="ana", my=True).json["items"]}
    right = {"is_co_host": False, "can_speak": False}
    assert told == {
        mine: {"is_host": True, "rsvp": None},
        seat: {"is_host": False, "rsvp": {"status": "rsvp", **right}},
        wait: {"is_host": False, "rsvp": {"status": "waitlisted", **right}},
    }


def test_private_ones_are_mine_while_i_have_a_place(world: World) -> None:
    hosted, kept, left, removed = made(world, 1, "ana", is_private=True), *(made(world, day) for day in (2, 3, 4))
    attend("ana", kept, left, removed)
    for workshop in (kept, left, removed):
        ask("PATCH", f"/{workshop}", body={"is_private": True})
    call("rsvps", "DELETE", f"/workshops/{left}/rsvp", user="ana")
    call("rsvps", "DELETE", f"/workshops/{removed}/attendees/{id_of('ana')}", user="host")
    assert walk(user="ana", my=True) == [[hosted, kept]]
    assert walk(user="ben", my=True) == [[]]


def test_the_past_comes_latest_first_and_only_under_past(world: World) -> None:
    hosted, attended, coming = made(world, 1, "ana"), made(world, 2), made(world, 3)
    attend("ana", attended, coming)
    end(hosted, 2)
    end(attended, 1)
    assert walk(user="ana", my=True) == [[coming]]
    assert walk(user="ana", my=True, past=True) == [[attended, hosted]]
    assert walk(user="ana", my=True, past=True, limit=1) == [[attended], [hosted]]
    assert walk(user="ana", my=True, status="ended") == [[attended, hosted]]


def test_live_ones_stay_mine(world: World) -> None:
    workshop = made(world, 1)
    run(workshop, "lobby")
    attend("ana", workshop)
    run(workshop, "start")
    for user in ("ana", "host"):
        assert walk(user=user, my=True) == walk(user=user, my=True, status="live") == [[workshop]]
        assert walk(user=user, my=True, status="scheduled") == [[]]


def test_filters_combine_with_mine(world: World) -> None:
    clay, wood = (world.category(name)["id"] for name in ("Clay", "Wood"))
    own_clay, own_wood = made(world, 1, "ana", category_id=clay), made(world, 2, "ana", category_id=wood)
    host_clay, ben_clay = made(world, 3, category_id=clay), made(world, 4, "ben", category_id=clay)
    host_wood = made(world, 5, category_id=wood)
    attend("ana", host_clay, ben_clay, host_wood)
    assert walk(user="ana", my=True, category=clay) == [[own_clay, host_clay, ben_clay]]
    assert walk(user="ana", my=True, host="me") == [[own_clay, own_wood]]
    assert walk(user="ana", my=True, host=id_of("host")) == [[host_clay, host_wood]]
    assert walk(user="ana", my=True, host=id_of("host"), category=wood) == [[host_wood]]
    assert walk(user="ana", my=True, past=True) == [[]]


def test_cancelled_ones_are_mine_when_i_ask_for_them(world: World) -> None:
    hosted, attended = made(world, 1, "ana"), made(world, 2)
    attend("ana", attended)
    ask("DELETE", f"/{hosted}", user="ana")
    ask("DELETE", f"/{attended}")
    assert walk(user="ana", my=True) == [[]]
    assert walk(user="ana", my=True, status="cancelled") == [[attended, hosted]]


def test_a_host_s_own_row_does_not_list_a_workshop_twice(world: World) -> None:
    workshop = made(world, 1, "ana")
    now = clock.now()
    row = Attendee(
        *attendee_key(workshop, id_of("ana")),
        status="host",
        created_at=now,
        updated_at=now,
        rsvp_at=now,
        host_id=id_of("ana"),
        scheduled_at=now + DAY,
        person_key=f"USER#{id_of('ana')}",
        person_sort=f"ATTENDING#{clock.to_text(now + DAY)}#{workshop}",
    )
    row.save()
    assert walk(user="ana", my=True) == [[workshop]]
    assert ask("GET", f"/{workshop}", user="ana").json["my"] == {"is_host": True, "rsvp": None}


def test_a_page_is_full_though_much_of_what_i_attended_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "ROWS_PER_ROUND", 4)
    workshops = [made(world, day + 1) for day in range(14)]
    attend("ana", *workshops)
    for n, workshop in enumerate(workshops[:9]):
        set_in_table(workshop, status="ended" if n % 2 else "cancelled")
    assert walk(user="ana", my=True, limit=3) == [workshops[9:12], workshops[12:]]


def test_what_was_over_long_ago_is_not_read_for_what_is_open(world: World, requests_made: Any) -> None:
    past, coming = [made(world, n + 1) for n in range(6)], made(world, 8)
    attend("ana", *past, coming)
    for n, workshop in enumerate(past):
        end(workshop, 9 + n)
    with requests_made() as use:
        page = ask("GET", user="ana", my=True, limit=1)
    assert (ids(page), page.json["next_cursor"]) == ([coming], None)
    assert use.operations == ["Query", "Query", "Query", "BatchGetItem"]
    assert walk(user="ana", my=True, past=True) == [past]


def test_what_has_been_going_on_for_days_stays_open(world: World) -> None:
    attended = made(world, 1)
    attend("ana", attended)
    end(attended, 7.9)
    set_in_table(attended, status="live")
    assert walk(user="ana", my=True) == walk(user="ana", my=True, status="live") == [[attended]]
    end(attended, 30)
    set_in_table(attended, status="live")
    assert walk(user="host", my=True) == [[attended]]


def test_a_long_past_makes_short_pages_that_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "ROWS_PER_ROUND", 2)
    monkeypatch.setattr(listing, "MOST_ROUNDS", 2)
    workshops = [made(world, day + 1) for day in range(8)]
    attend("ana", *workshops)
    for workshop in workshops[:6]:
        set_in_table(workshop, status="ended")
    pages = walk(user="ana", my=True, limit=1)
    assert [workshop for page in pages for workshop in page] == workshops[6:]


def test_mine_takes_three_queries_and_one_batch_read(world: World, requests_made: Any) -> None:
    category = world.category()["id"]
    for n in range(13):
        made(world, n + 0.5, "ana", category_id=category)
    attended = [made(world, n + 1, f"host {n}", category_id=category) for n in range(13)]
    attend("ana", *attended)
    with requests_made() as use:
        assert len(ids(ask("GET", user="ana", my=True))) == 25
    assert use.operations == ["Query", "Query", "Query", "BatchGetItem"]


def test_another_category_than_the_row_says_takes_one_more_read(world: World, requests_made: Any) -> None:
    clay, wood = (world.category(name)["id"] for name in ("Clay", "Wood"))
    workshop = made(world, 1, category_id=clay)
    attend("ana", workshop)
    ask("PATCH", f"/{workshop}", body={"category_id": wood})
    with requests_made() as use:
        card = ask("GET", user="ana", my=True).json["items"][0]
    assert card["category"]["name"] == "Wood"
    assert use.operations == ["Query", "Query", "Query", "BatchGetItem", "BatchGetItem"]
    assert table.read_one(category_key(wood)) is not None
