"""RSVP to a whole series: a seat where there is one, the waitlist elsewhere, and the same in what is made later."""

from typing import Any

import pytest

from atelier.series import keeping
from tests.calling import World, call, id_of
from tests.counting import counted
from tests.following import (
    carry_out,
    come_to_rest,
    every_other_week,
    everywhere,
    follows,
    leave,
    more,
    rows_of,
    rsvp_to,
    shown,
    workshops_of,
    wrong_anywhere,
)
from tests.messages import Outbox
from tests.seats import open_workshop, remove, rsvp, withdraw
from tests.series import ask as ask_series
from tests.series import begun, set_series
from tests.streaming import Stream
from tests.workshops import ask, set_in_table

SEAT = ("rsvp", None, None)


def _ban(world: World, user: str) -> None:
    assert remove(open_workshop(world, user), user, ban=True).status == 204


def _suspend(user: str) -> None:
    body = {"status": "suspended"}
    assert call("accounts", "PATCH", f"/users/{id_of(user)}", user="admin", groups=["admin"], body=body).status == 200


def test_one_rsvp_takes_a_seat_in_every_workshop(world: World) -> None:
    series_id = every_other_week()
    reply = rsvp_to(series_id)
    assert reply.status == 201
    assert reply.json["series_id"] == series_id
    assert [item["workshop_id"] for item in reply.json["items"]] == workshops_of(series_id)
    assert [item["scheduled_at"] for item in reply.json["items"]] == [
        ask("GET", f"/{one}").json["scheduled_at"] for one in workshops_of(series_id)
    ]
    assert set(shown(reply)) == {SEAT}
    assert rows_of(series_id, "ana") == everywhere("rsvp", series_id)
    again = rsvp_to(series_id)
    assert (again.status, again.json) == (200, reply.json)
    assert ask_series("GET", f"/{series_id}", user="ana").json["my"] == {"is_host": False, "is_following": True}


def test_where_it_is_full_they_wait_and_where_nobody_may_wait_they_are_told(
    world: World, stream: Stream, sent: Outbox
) -> None:
    series_id = every_other_week(max_capacity=1)
    first, second, *rest = workshops_of(series_id)
    assert ask("PATCH", f"/{second}", body={"waitlist_enabled": False}).status == 200
    for one in (first, second):
        assert rsvp(one, "ben").status == 201
    reply = rsvp_to(series_id)
    assert shown(reply) == [("waitlisted", 1, None), (None, None, "workshop_full"), *[SEAT] * len(rest)]
    assert withdraw(first, "ben").status == 204
    assert withdraw(second, "ben").status == 204
    assert shown(rsvp_to(series_id)) == [SEAT, SEAT, *[SEAT] * len(rest)]
    come_to_rest(stream, sent)
    assert wrong_anywhere(series_id) == []


def test_new_workshops_are_included(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week()
    rsvp_to(series_id)
    come_to_rest(stream, sent)
    new = more(series_id)
    assert set(rows_of(series_id, "ana")) == {"rsvp", None}
    come_to_rest(stream, sent)
    assert len(new) >= 2
    assert rows_of(series_id, "ana") == everywhere("rsvp", series_id)


def test_nobody_is_asked_about_a_new_workshop_that_nobody_follows(world: World, stream: Stream, sent: Outbox) -> None:
    more(every_other_week())
    stream.run()
    assert carry_out(sent) == 0


def test_who_has_followed_longest_gets_the_seat(world: World, stream: Stream, sent: Outbox, monkeypatch: Any) -> None:
    monkeypatch.setattr(keeping, "PER_TASK", 2)
    monkeypatch.setattr(keeping, "PER_READ", 1)
    series_id = every_other_week(max_capacity=2)
    people = ["eve", "dan", "cleo", "ben", "ana"]
    for user in people:
        assert rsvp_to(series_id, user).status == 201
    come_to_rest(stream, sent)
    new = more(series_id)
    stream.run()
    assert carry_out(sent) == 3 * len(new), "two people to a task"
    for one in new:
        place = {user: call("rsvps", "POST", f"/workshops/{one}/rsvp", user=user).json for user in people}
        assert [place[user]["status"] for user in people] == ["rsvp", "rsvp", *["waitlisted"] * 3]
        assert [place[user]["position"] for user in people] == [None, None, 1, 2, 3]
    come_to_rest(stream, sent)
    assert wrong_anywhere(series_id) == []


def test_who_may_not_come_is_left_out_of_new_workshops(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week()
    for user in ("ana", "ben", "cleo", "dan"):
        assert rsvp_to(series_id, user).status == 201
    come_to_rest(stream, sent)
    _suspend("ana")
    _ban(world, "ben")
    leave(series_id, "cleo")
    new = more(series_id)
    come_to_rest(stream, sent)
    for user, expected in (("ana", None), ("ben", None), ("cleo", None), ("dan", "rsvp")):
        assert rows_of(series_id, user)[-len(new) :] == [expected] * len(new), user


def test_who_gave_one_up_by_hand_does_not_get_it_back(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week()
    rsvp_to(series_id)
    first, *rest = workshops_of(series_id)
    assert withdraw(first).status == 204
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == [None, *["rsvp"] * len(rest)]
    assert shown(rsvp_to(series_id)) == [(None, None, "declined"), *[SEAT] * len(rest)]
    new = more(series_id)
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == [None, *["rsvp"] * (len(rest) + len(new))]
    assert rsvp(first).status == 201
    assert set(shown(rsvp_to(series_id))) == {SEAT}


def test_who_gives_up_a_new_one_before_they_have_it_is_not_given_it(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week()
    rsvp_to(series_id)
    come_to_rest(stream, sent)
    new, *_ = more(series_id)
    assert withdraw(new).status == 204
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana").count(None) == 1
    assert call("rsvps", "POST", f"/workshops/{new}/rsvp").status == 201


def test_who_follows_anew_is_given_everything_again(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week()
    rsvp_to(series_id)
    withdraw(workshops_of(series_id)[0])
    assert leave(series_id).status == 204
    assert set(shown(rsvp_to(series_id))) == {SEAT}
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == everywhere("rsvp", series_id)


def test_withdrawing_gives_up_every_place_and_can_be_repeated(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week(max_capacity=1)
    first, *_ = workshops_of(series_id)
    rsvp(first, "ben")
    rsvp_to(series_id, "ana")
    rsvp_to(series_id, "cleo")
    assert leave(series_id, "ana").status == 204
    assert rows_of(series_id, "ana") == everywhere(None, series_id)
    assert rows_of(series_id, "cleo") == ["waitlisted", *["rsvp"] * (len(workshops_of(series_id)) - 1)]
    assert leave(series_id, "ana").status == 204
    assert not follows(series_id, "ana")
    more(series_id)
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == everywhere(None, series_id)
    assert wrong_anywhere(series_id) == []


def test_withdrawing_gives_up_what_was_taken_by_hand_as_well(world: World) -> None:
    series_id = every_other_week()
    rsvp(workshops_of(series_id)[0])
    assert leave(series_id).status == 204
    assert rows_of(series_id, "ana") == everywhere(None, series_id)
    assert not follows(series_id, "ana")


def test_what_is_taken_by_hand_after_withdrawing_stays(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week()
    rsvp_to(series_id)
    leave(series_id)
    first, *rest = workshops_of(series_id)
    assert rsvp(first).status == 201
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == ["rsvp", *[None] * len(rest)]


def test_what_has_begun_or_was_cancelled_is_left_alone(world: World) -> None:
    series_id = every_other_week()
    first, second, *rest = workshops_of(series_id)
    rsvp_to(series_id, "ana")
    set_in_table(first, status="live")
    assert ask("DELETE", f"/{second}").status == 204
    assert [item["workshop_id"] for item in rsvp_to(series_id, "ben").json["items"]] == rest
    assert leave(series_id, "ana").status == 204
    assert rows_of(series_id, "ana") == ["rsvp", "rsvp", *[None] * len(rest)]


def test_a_removed_person_is_told_so_and_takes_the_others(world: World) -> None:
    series_id = every_other_week()
    first, *rest = workshops_of(series_id)
    rsvp(first)
    assert remove(first, "ana").status == 204
    assert shown(rsvp_to(series_id)) == [("removed", None, "removed"), *[SEAT] * len(rest)]
    assert leave(series_id).status == 204
    assert rows_of(series_id, "ana") == ["removed", *[None] * len(rest)]


@pytest.mark.usefixtures("world")
class TestWhoMay:
    def test_not_the_host(self) -> None:
        reply = rsvp_to(every_other_week(), "host")
        assert (reply.status, reply.code) == (409, "own_workshop")

    def test_nobody_who_is_banned_or_suspended(self, world: World) -> None:
        series_id = every_other_week()
        world.meet("ana", "ben")
        _ban(world, "ana")
        _suspend("ben")
        assert (rsvp_to(series_id, "ana").status, rsvp_to(series_id, "ana").code) == (403, "banned")
        assert (rsvp_to(series_id, "ben").status, rsvp_to(series_id, "ben").code) == (403, "account_suspended")
        assert (leave(series_id, "ben").status, leave(series_id, "ben").code) == (403, "account_suspended")

    def test_nobody_where_there_is_no_series_or_none_any_more(self) -> None:
        assert rsvp_to("ser_0000000000000000000000000a").status == 404
        series_id = every_other_week()
        set_series(series_id, is_active=False)
        reply = rsvp_to(series_id)
        assert (reply.status, reply.code) == (409, "series_ended")

    def test_nobody_where_nothing_is_ahead_and_nothing_more_is_made(self, world: World) -> None:
        cut_short, over = every_other_week(), every_other_week(rrule="FREQ=DAILY;COUNT=2")
        world.meet("host")
        path = f"/{workshops_of(cut_short)[0]}"
        assert ask("DELETE", path, scope="following").status == 204
        first, second = workshops_of(over)
        set_in_table(first, status="ended")
        assert [item["workshop_id"] for item in rsvp_to(over).json["items"]] == [second]
        set_in_table(second, status="live")
        for series_id, user in ((cut_short, "ana"), (over, "ana"), (over, "ben")):
            reply = rsvp_to(series_id, user)
            assert (reply.status, reply.code) == (409, "series_ended")
        assert not follows(cut_short, "ana")
        assert follows(over, "ana")
        assert not follows(over, "ben")

    def test_a_series_whose_next_workshop_is_not_made_yet_may_be_followed(self) -> None:
        series_id = begun(rrule="FREQ=YEARLY;INTERVAL=5", start_date="2031-01-06")
        reply = rsvp_to(series_id)
        assert (reply.status, reply.json["items"]) == (201, [])

    def test_a_workshop_that_alone_is_private_is_not_given_away(self, stream: Stream, sent: Outbox) -> None:
        series_id = every_other_week()
        first, *rest = workshops_of(series_id)
        assert ask("PATCH", f"/{first}", body={"is_private": True}).status == 200
        reply = rsvp_to(series_id)
        assert [item["workshop_id"] for item in reply.json["items"]] == rest
        come_to_rest(stream, sent)
        assert rows_of(series_id, "ana") == [None, *["rsvp"] * len(rest)]


def test_a_person_gets_no_mail_for_each_of_the_seats(world: World, stream: Stream, sent: Outbox) -> None:
    series_id = every_other_week()
    rsvp_to(series_id, "ana")
    rsvp(workshops_of(series_id)[0], "ben")
    stream.run()
    confirmed = [task for task in sent.tasks if task["task"] == "announce" and task.get("type") == "rsvp_confirmed"]
    assert [task["people"] for task in confirmed] == [[id_of("ben")]]


def test_what_it_costs(world: World) -> None:
    series_id = every_other_week(max_capacity=10)
    number = len(workshops_of(series_id))
    world.meet("ana")
    with counted() as use:
        rsvp_to(series_id)
    assert use.reads == ["BatchGetItem", "Query", "BatchGetItem", "BatchGetItem"]
    assert len(use.writes) == 1 + 2 * number
    with counted() as use:
        rsvp_to(series_id)
    assert use.operations == ["BatchGetItem", "Query", "BatchGetItem", "BatchGetItem"]
    with counted() as use:
        leave(series_id)
    assert sorted(set(use.writes)) == ["DeleteItem", "TransactWriteItems", "UpdateItem"]
    assert use.writes.count("TransactWriteItems") == number
    with counted() as use:
        leave(series_id)
    assert use.operations == ["BatchGetItem", "Query", "BatchGetItem", "BatchGetItem"]


def test_ninety_days_of_every_day_fit_in_one_request(world: World) -> None:
    series_id = every_other_week(rrule="FREQ=DAILY")
    more(series_id)
    assert set(shown(rsvp_to(series_id))) == {SEAT}
    assert len(workshops_of(series_id)) >= 90
