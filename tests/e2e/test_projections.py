"""What the table's stream brings about: counts, and seats healed and handed on when a request died half-way."""

from typing import Any

from tests.e2e.api import Api
from tests.e2e.scenes import (
    Table,
    detail,
    eventually,
    in_,
    join,
    make,
    make_category,
    make_live,
    need,
    pages,
    refused,
    seat_block,
)


def _counts(api: Api, host: str, workshop: str) -> tuple[int, int]:
    seen = detail(api, host, workshop)
    return seen["attendee_count"], seen["waitlist_count"]


def _stored_counts(api: Api, workshop: str) -> tuple[int, int]:
    """The counts as they are kept for lists; the detail of a small workshop counts its blocks instead."""
    meta = Table(api.stack).item(f"WORKSHOP#{workshop}", "#META") or {}
    return int(meta["attendee_count"]), int(meta["waitlist_count"])


def _category_count(api: Api, category: str) -> int:
    found = [item for page in pages(api, "admin", "/categories?limit=100") for item in page if item["id"] == category]
    count: int = found[0]["workshop_count"]
    return count


def test_the_counts_of_a_workshop_follow_its_people(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, max_capacity=2)
    join(api, workshop, ana, ben, cleo)
    eventually(lambda: _stored_counts(api, workshop), (2, 1))
    assert _counts(api, host, workshop) == (2, 1)
    need(api(ana, "DELETE", f"/workshops/{workshop}/rsvp"), 204)
    eventually(lambda: _stored_counts(api, workshop), (2, 0))
    need(api(host, "DELETE", f"/workshops/{workshop}/attendees/{api.id(ben)}"), 204)
    eventually(lambda: _stored_counts(api, workshop), (1, 0))
    (item,) = pages(api, ana, f"/workshops?host={api.id(host)}")[0]
    assert (item["attendee_count"], item["waitlist_count"], item["seats_left"]) == (1, 0, 1)


def test_counting_is_no_edit(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make(api, host, max_capacity=2)
    before = api(host, "GET", f"/workshops/{workshop}")
    join(api, workshop, ana)
    eventually(lambda: _stored_counts(api, workshop), (1, 0))
    after = api(host, "GET", f"/workshops/{workshop}")
    assert after.headers["etag"] == before.headers["etag"]
    assert after.json()["updated_at"] == before.json()["updated_at"]


def test_whoever_holds_a_seat_gets_the_row_that_was_never_written(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, max_capacity=2)
    join(api, workshop, ana)
    table = Table(api.stack)
    table.put(seat_block(workshop, holders=(api.id(ana), api.id(ben))))
    eventually(lambda: api.id(ben) in table.rows(workshop), wish=True)
    row = table.rows(workshop)[api.id(ben)]
    assert (row["status"], row["block"]) == ("rsvp", 0)
    eventually(lambda: _stored_counts(api, workshop), (2, 0))
    assert need(api(ben, "POST", f"/workshops/{workshop}/rsvp"), 200)["status"] == "rsvp"
    assert [item["id"] for item in pages(api, ben, "/workshops?my=true")[0]] == [workshop]


def test_a_row_whose_seat_was_never_taken_goes_away(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, max_capacity=2)
    join(api, workshop, ana)
    table = Table(api.stack)
    row = table.rows(workshop)[api.id(ana)]
    table.put({**row, "sk": f"ATTENDEE#{api.id(ben)}", "person_key": f"USER#{api.id(ben)}"})
    eventually(lambda: set(table.rows(workshop)), {api.id(ana)})
    assert join(api, workshop, ben) == ["rsvp"]


def test_a_freed_seat_that_nobody_handed_on_goes_to_the_first_who_waits(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, max_capacity=1)
    join(api, workshop, ana, ben, cleo)
    table = Table(api.stack)
    table.delete(f"WORKSHOP#{workshop}", f"ATTENDEE#{api.id(ana)}")
    table.put(seat_block(workshop, freed=1))
    eventually(lambda: table.rows(workshop)[api.id(ben)]["status"], "rsvp")
    eventually(lambda: _stored_counts(api, workshop), (1, 1))
    assert table.waiting(workshop) == [api.id(cleo)]
    assert (table.block(workshop) or {})["holders"] == {api.id(ben).removeprefix("usr_")}


def test_a_freed_seat_is_open_to_everybody_when_nobody_waits(api: Api) -> None:
    host, ana = api.people(2)
    workshop = make(api, host, max_capacity=1, waitlist_enabled=False)
    table = Table(api.stack)
    table.put(seat_block(workshop, freed=1))
    eventually(lambda: int((table.block(workshop) or {})["seats_left"]), 1)
    assert join(api, workshop, ana) == ["rsvp"]


def test_whoever_waits_beside_a_seat_they_hold_waits_no_longer(api: Api) -> None:
    host, ana, ben = api.people(3)
    workshop = make(api, host, max_capacity=2)
    join(api, workshop, ana)
    table = Table(api.stack)
    table.put(seat_block(workshop, holders=(api.id(ana), "usr_aaaaaaaaaaaaaaaa")))
    assert join(api, workshop, ben) == ["waitlisted"]
    table.put(seat_block(workshop, holders=(api.id(ana), api.id(ben))))
    eventually(lambda: table.rows(workshop)[api.id(ben)]["status"], "rsvp")
    assert table.waiting(workshop) == []
    eventually(lambda: _stored_counts(api, workshop)[1], 0)


def test_a_seat_of_somebody_who_was_removed_is_handed_on(api: Api) -> None:
    host, ana, ben, cleo = api.people(4)
    workshop = make(api, host, max_capacity=1)
    join(api, workshop, ana, ben)
    need(api(host, "DELETE", f"/workshops/{workshop}/attendees/{api.id(ana)}"), 204)
    need(api(ben, "DELETE", f"/workshops/{workshop}/rsvp"), 204)
    table = Table(api.stack)
    table.put(seat_block(workshop, holders=(api.id(ana),)))
    eventually(lambda: (table.block(workshop) or {}).get("holders"), None)
    assert join(api, workshop, cleo) == ["rsvp"]
    refused(api(ana, "POST", f"/workshops/{workshop}/rsvp"), 403, "removed")


def test_a_category_counts_its_public_workshops_that_are_not_cancelled(api: Api) -> None:
    host = api.person()
    category, other = make_category(api)["id"], make_category(api)["id"]
    made = [make(api, host, category_id=category) for _ in range(2)]
    make(api, host, category_id=category, is_private=True)
    over = make_live(api, host, category_id=category)
    need(api(host, "POST", f"/workshops/{over}/end"), 200)
    eventually(lambda: _category_count(api, category), 3)
    need(api(host, "DELETE", f"/workshops/{made[0]}"), 204)
    eventually(lambda: _category_count(api, category), 2)
    need(api(host, "PATCH", f"/workshops/{made[1]}", {"category_id": other}), 200)
    eventually(lambda: (_category_count(api, category), _category_count(api, other)), (1, 1))


def test_a_new_time_moves_a_workshop_in_the_lists_of_its_people(api: Api) -> None:
    host, ana = api.people(2)
    first, second = make(api, host, scheduled_at=in_(days=1)), make(api, host, scheduled_at=in_(days=2))
    join(api, first, ana)
    join(api, second, ana)

    def mine() -> list[Any]:
        return [item["id"] for item in pages(api, ana, "/workshops?my=true")[0]]

    assert mine() == [first, second]
    need(api(host, "PATCH", f"/workshops/{first}", {"scheduled_at": in_(days=3)}), 200)
    eventually(mine, [second, first])
