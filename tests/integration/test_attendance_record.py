"""RSVP, check-in and presence as one record: who is listed, who was present, and who is one person."""

from typing import Any

import pytest

from atelier import clock, table
from atelier.accounts.items import profile_key
from atelier.attendance import listing
from atelier.attendance.totals import Totals, totals
from atelier.rsvps.items import Attendee, attendee_key
from atelier.table import Item
from tests import checkins, seats
from tests.attendance import HOUR_S, Session, attendance, of, put_fact
from tests.calling import World, id_of
from tests.counting import counted
from tests.streaming import Stream
from tests.workshops import set_in_table, stored


def items(workshop_id: str, **query: object) -> list[dict[str, Any]]:
    reply = attendance(workshop_id, {"limit": 100, **query})
    assert reply.status == 200, reply.text
    found: list[dict[str, Any]] = reply.json["items"]
    return found


def walked(workshop_id: str, limit: int) -> list[list[str]]:
    """Every page, followed to the end, each person by their id or their name."""
    pages: list[list[str]] = []
    query: dict[str, object] = {"limit": limit}
    while True:
        reply = attendance(workshop_id, query)
        assert reply.status == 200, reply.text
        pages.append([(item["user"] or {}).get("id") or item["guest_name"] for item in reply.json["items"]])
        if reply.json["next_cursor"] is None:
            return pages
        query["cursor"] = reply.json["next_cursor"]


class TestWhoWasPresent:
    @pytest.mark.parametrize(
        ("form", "stays", "comes", "present"),
        [
            ("online", True, False, True),
            ("online", False, True, False),
            ("in_person", True, False, False),
            ("in_person", False, True, True),
            ("hybrid", True, False, True),
            ("hybrid", False, True, True),
            ("hybrid", False, False, False),
        ],
    )
    def test_online_by_the_share_in_person_by_a_check_in_hybrid_by_either(
        self, world: World, stream: Stream, form: str, stays: bool, comes: bool, present: bool
    ) -> None:
        session = Session(world)
        assert checkins.desk(session.id, "POST").status == 201
        set_in_table(session.id, format=form)
        put_fact(session.id, "ana", "join", 0)
        put_fact(session.id, "ana", "leave", HOUR_S if stays else HOUR_S // 2, duration_s=HOUR_S if stays else 1800)
        stream.run()
        if comes:
            assert checkins.check_in(checkins.desk(session.id).json["code_text"]).status == 201
        session.end()
        ana = of(session.id, "ana")
        assert ana is not None
        assert (ana["present"], ana["checked_in_at"] is not None) == (present, comes)

    def test_somebody_who_only_checked_in_is_listed(self, world: World) -> None:
        workshop_id, code = checkins.opened(world, format="in_person")
        checkins.check_in(code, "cleo")
        [cleo] = items(workshop_id)
        assert (cleo["user"]["id"], cleo["rsvp_status"], cleo["present"]) == (id_of("cleo"), None, True)
        assert (cleo["intervals"], cleo["total_seconds"], cleo["share"]) == ([], 0, 0.0)
        assert clock.from_text(cleo["checked_in_at"]) <= clock.now()

    def test_a_check_in_and_a_presence_are_one_item(self, world: World, stream: Stream) -> None:
        session = Session(world, ("ana",), format="hybrid")
        assert checkins.desk(session.id, "POST").status == 201
        checkins.check_in(checkins.desk(session.id).json["code_text"])
        put_fact(session.id, "ana", "join", 0)
        stream.run()
        [ana] = items(session.id)
        assert (ana["rsvp_status"], len(ana["intervals"])) == ("joined", 1)
        assert ana["checked_in_at"] is not None


class TestGuests:
    def test_guests_come_after_accounts_and_have_a_name_only(self, world: World) -> None:
        workshop_id, code = checkins.opened(world, format="in_person")
        seats.rsvp(workshop_id, "ana")
        checkins.guest(code, "Gerda", email="gerda@example.com")
        ana, gerda = items(workshop_id)
        assert ana["user"]["id"] == id_of("ana")
        assert (gerda["user"], gerda["guest_name"], gerda["rsvp_status"], gerda["present"]) == (
            None,
            "Gerda",
            None,
            True,
        )
        assert "gerda@example.com" not in attendance(workshop_id).text

    def test_a_guest_who_was_claimed_is_that_account_alone(self, world: World) -> None:
        workshop_id, code = checkins.opened(world, format="in_person")
        seats.rsvp(workshop_id, "ana")
        token = checkins.guest(code, "Gerda").json["claim_token"]
        assert len(items(workshop_id)) == 2
        since = items(workshop_id)[1]["checked_in_at"]
        assert checkins.claim(token).status in (200, 201)
        [ana] = items(workshop_id)
        assert (ana["user"]["id"], ana["guest_name"], ana["checked_in_at"]) == (id_of("ana"), None, since)

    def test_a_guest_in_an_online_workshop_was_not_present_by_that(self, world: World) -> None:
        workshop_id, code = checkins.opened(world)
        checkins.guest(code, "Gerda")
        assert [(one["guest_name"], one["present"]) for one in items(workshop_id)] == [("Gerda", False)]


class TestWalk:
    def people(self, world: World, stream: Stream) -> str:
        workshop_id, code = checkins.opened(world, format="hybrid", max_capacity=5)
        for number in range(8):
            assert seats.rsvp(workshop_id, f"seated{number}").status == 201
        world.meet(*(f"visitor{number}" for number in range(4)))
        for number in range(5):
            checkins.check_in(code, f"arrived{number}")
            token = checkins.guest(code, f"Guest {number}").json["claim_token"]
            if number == 2:
                checkins.claim(token, "claimer")
        stream.run()
        return workshop_id

    def test_every_list_is_walked_in_one_order_and_nobody_comes_twice(self, world: World, stream: Stream) -> None:
        workshop_id = self.people(world, stream)
        accounts = sorted(
            id_of(user)
            for user in [
                *(f"seated{number}" for number in range(5)),
                *(f"arrived{number}" for number in range(5)),
                "claimer",
            ]
        )
        [whole] = walked(workshop_id, 100)
        assert whole[:11] == accounts
        assert sorted(whole[11:]) == ["Guest 0", "Guest 1", "Guest 3", "Guest 4"]
        for limit in (1, 2, 4, 5, 11, 14, 15):
            pages = walked(workshop_id, limit)
            assert [one for page in pages for one in page] == whole
            assert {len(page) for page in pages[:-1]} <= {limit}
            assert pages[-1]

    def test_who_comes_meanwhile_moves_nobody(self, world: World, stream: Stream) -> None:
        workshop_id = self.people(world, stream)
        code = checkins.desk(workshop_id).json["code_text"]
        [whole] = walked(workshop_id, 100)
        seen: list[str] = []
        query: dict[str, object] = {"limit": 3}
        for number in range(20):
            reply = attendance(workshop_id, query)
            seen += [(item["user"] or {}).get("id") or item["guest_name"] for item in reply.json["items"]]
            if reply.json["next_cursor"] is None:
                break
            query["cursor"] = reply.json["next_cursor"]
            checkins.check_in(code, f"late{number}")
        assert [one for one in seen if one in whole] == whole
        assert len(seen) == len(set(seen))

    def test_many_who_only_wait_take_few_requests_and_the_list_goes_on(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listing, "ROWS_AT_ONCE", 40)
        monkeypatch.setattr(listing, "MOST_LOOKED_AT", 60)
        workshop_id = world.workshop()["id"]
        now = clock.whole_seconds(clock.now())
        times: dict[str, Any] = {"rsvp_at": now, "created_at": now, "updated_at": now, "scheduled_at": now}
        with Item.batch_write() as batch:
            for number in range(100):
                key = attendee_key(workshop_id, f"usr_{number:016d}")
                status = "waitlisted" if number < 99 else "rsvp"
                batch.save(Attendee(*key, status=status, host_id=id_of("host"), **times))
        with counted() as use:
            page = attendance(workshop_id, {"limit": 2}).json
        assert (page["items"], page["next_cursor"] is None) == ([], False)
        assert use.operations == ["BatchGetItem", *["Query"] * 3]
        rest = attendance(workshop_id, {"limit": 2, "cursor": page["next_cursor"]}).json
        assert ([item["rsvp_status"] for item in rest["items"]], rest["next_cursor"]) == (["rsvp"], None)

    def test_the_last_page_takes_one_query_more_for_the_guests(self, world: World, stream: Stream) -> None:
        workshop_id = self.people(world, stream)
        with counted() as use:
            attendance(workshop_id, {"limit": 4})
        assert use.operations == ["BatchGetItem", "Query", "Query", "BatchGetItem"]
        with counted() as use:
            attendance(workshop_id, {"limit": 100})
        assert use.operations == ["BatchGetItem", "Query", "Query", "Query", "BatchGetItem"]


def test_somebody_whose_account_is_gone_still_counts(world: World) -> None:
    workshop_id, code = checkins.opened(world, format="in_person")
    checkins.check_in(code, "ana")
    profile = table.read_one(profile_key(id_of("ana")))
    assert profile is not None
    profile.delete()
    [gone] = items(workshop_id)
    assert (gone["user"], gone["guest_name"], gone["present"]) == (None, None, True)


@pytest.mark.parametrize(("form", "attended"), [("online", 1), ("hybrid", 4), ("in_person", 4)])
def test_the_sum_counts_check_ins_where_there_is_a_place_to_come_to(
    world: World, stream: Stream, form: str, attended: int
) -> None:
    session = Session(world, ("ana",))
    assert checkins.desk(session.id, "POST").status == 201
    set_in_table(session.id, format=form)
    code = checkins.desk(session.id).json["code_text"]
    for user in ("ben", "host"):
        checkins.check_in(code, user)
    checkins.guest(code, "Gerda")
    checkins.claim(checkins.guest(code, "Gisela").json["claim_token"], "cleo")
    put_fact(session.id, "ana", "join", 0)
    stream.run()
    session.end()
    assert totals(stored(session.id)) == Totals(attended, HOUR_S, 1.0)
