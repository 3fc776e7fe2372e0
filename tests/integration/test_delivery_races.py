"""Messages that come late, twice, at once or in another order, and answers that are lost: told once, and true."""

import email
import json
from datetime import timedelta
from email.policy import default
from typing import Any

import pytest
from botocore.exceptions import ClientError

from atelier import clock, table
from atelier.accounts.items import Profile, profile_key
from atelier.notifications import delivering, fan_out
from atelier.notifications.announcements import Announcement
from atelier.retries import OutOfTimeError
from atelier.rsvps.items import Attendee, attendee_key
from tests.calling import World, call, id_of
from tests.deliveries import Letters, before, carry_out, deliver, inbox_of, mailing_from, start_of, tick, told
from tests.faults import Killed, answers_lost, failing_with, killed_after, overtaken
from tests.messages import Outbox
from tests.rooms import rsvp
from tests.streaming import Stream
from tests.workshops import stored


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Any:
    with mailing_from(monkeypatch):
        yield Letters()


def a_workshop(world: World, *people: str, **fields: Any) -> dict[str, Any]:
    workshop = world.workshop(**fields)
    for user in people:
        assert rsvp(workshop["id"], user).status == 201
    return workshop


def with_address(*users: str) -> None:
    for user in users:
        call("accounts", "GET", "/me", user=user)
        table.Item.get(*profile_key(id_of(user))).update([Profile.email.set(f"{user}@example.com")])


def moved(workshop: dict[str, Any], **by: float) -> dict[str, Any]:
    later = clock.to_text(start_of(workshop) + timedelta(**by))
    reply = call("workshops", "PATCH", f"/workshops/{workshop['id']}", user="host", body={"scheduled_at": later})
    assert reply.status == 200, reply.text
    edited: dict[str, Any] = reply.json
    return edited


def row(workshop: dict[str, Any], user: str) -> Attendee:
    found = table.read_one(attendee_key(workshop["id"], user if user.startswith("usr_") else id_of(user)))
    assert isinstance(found, Attendee)
    return found


def reminded(world: World, sent: Outbox, *people: str, minutes: float = 60) -> tuple[dict[str, Any], Any]:
    """A workshop, and the message that reminds its people."""
    workshop = a_workshop(world, *people)
    tick(before(workshop, minutes))
    [message] = [task for task in sent.to("deliveries") if task["task"] == "tell"]
    return workshop, message


def test_a_mark_whose_answer_was_lost_is_known_as_ones_own_and_the_mail_goes_out(
    world: World, sent: Outbox, letters: Letters
) -> None:
    with_address("ana")
    workshop, message = reminded(world, sent, "ana")
    with answers_lost(1, on={"PutItem"}) as loss:
        carry_out(message, before(workshop, 60), letters)
    assert loss.struck
    assert letters.recipients == ["ana@example.com"]


def a_failed_mail(world: World, sent: Outbox, letters: Letters) -> tuple[dict[str, Any], Any]:
    with_address("ana")
    workshop, message = reminded(world, sent, "ana")
    letters.failures = [ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "SendEmail")]
    with pytest.raises(delivering.UndeliveredError):
        carry_out(message, before(workshop, 60), letters)
    return workshop, message


def test_two_who_try_a_failed_mail_again_at_once_send_one(world: World, sent: Outbox, letters: Letters) -> None:
    workshop, message = a_failed_mail(world, sent, letters)
    at = before(workshop, 59)
    with overtaken(2, lambda: carry_out(message, at, letters)) as race:
        carry_out(message, at, letters)
    assert race.struck
    assert letters.recipients == ["ana@example.com"]


def test_dying_over_a_failed_mail_that_is_tried_again_sends_none_rather_than_two(
    world: World, sent: Outbox, letters: Letters
) -> None:
    workshop, message = a_failed_mail(world, sent, letters)
    at = before(workshop, 59)
    with killed_after(2), pytest.raises(Killed):
        carry_out(message, at, letters)
    carry_out(message, at, letters)
    assert letters.sent == []


def test_the_link_of_a_mail_that_was_tried_again_works(world: World, sent: Outbox, letters: Letters) -> None:
    workshop, message = a_failed_mail(world, sent, letters)
    carry_out(message, before(workshop, 59), letters)
    link = email.message_from_bytes(letters.sent[0][1], policy=default)["List-Unsubscribe"]
    token = link.strip("<>").rpartition("/")[2]
    assert call("notifications", "POST", f"/public/unsubscribe/{token}", user=None).status == 200


def test_one_who_cannot_be_written_to_keeps_nobody_else_from_being_told(
    world: World, sent: Outbox, letters: Letters
) -> None:
    people = ("ana", "ben", "cleo")
    with_address(*people)
    workshop, message = reminded(world, sent, *people)
    first = min(people, key=id_of)
    table.Item.get(*profile_key(id_of(first))).update([Profile.timezone.set("Nowhere/Atall")])
    with pytest.raises(delivering.UndeliveredError):
        carry_out(message, before(workshop, 60), letters)
    assert len(letters.sent) == 2
    table.Item.get(*profile_key(id_of(first))).update([Profile.timezone.set("Europe/Berlin")])
    carry_out(message, before(workshop, 59), letters)
    assert sorted(letters.recipients) == sorted(f"{user}@example.com" for user in people)


def test_what_the_table_refuses_for_one_is_told_to_the_others(world: World, sent: Outbox) -> None:
    workshop, message = reminded(world, sent, "ana", "ben")
    with failing_with("ValidationException", on={"PutItem"}), pytest.raises(delivering.UndeliveredError):
        carry_out(message, before(workshop, 60))
    assert len(told("ana") + told("ben")) == 1
    assert carry_out(message, before(workshop, 60)) == 1


def test_who_has_no_time_left_stops_at_once(world: World, sent: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop, message = reminded(world, sent, "ana", "ben")
    asked = []

    def too_late(item: Any) -> None:
        asked.append(item)
        raise OutOfTimeError

    monkeypatch.setattr(table, "put_if_absent", too_late)
    with pytest.raises(OutOfTimeError):
        carry_out(message, before(workshop, 60))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("left", "told_as"),
    [(60, "in 1 hour"), (58.5, "in 1 hour"), (41, "in 41 minutes"), (16, "in 16 minutes")],
    ids=["on time", "a minute late", "an outage", "a long one"],
)
def test_a_reminder_that_was_held_up_says_how_long_it_really_is(
    world: World, sent: Outbox, letters: Letters, left: float, told_as: str
) -> None:
    with_address("ana")
    workshop, message = reminded(world, sent, "ana")
    carry_out(message, before(workshop, left), letters)
    message = email.message_from_bytes(letters.sent[0][1], policy=default)
    assert message["Subject"] == f"Raku firing starts {told_as}"
    assert told("ana") == [("workshop_reminder", 60)]


def test_two_moves_at_once_leave_everybodys_list_at_the_last_one(world: World, stream: Stream, sent: Outbox) -> None:
    """The first message has read the workshop, and writes when the second has told of the second move already."""
    workshop = a_workshop(world, "ana", "ben")
    moved(workshop, days=1)
    stream.run()
    deliver_announcements(sent)
    [first] = [task for task in sent.tasks if task["type"] == "workshop_updated"]
    sent.clear()

    def move_again() -> None:
        moved(workshop, days=2)
        stream.run()
        deliver(sent, clock.now())

    with overtaken(1, move_again) as race:
        carry_out(first, clock.now())
    assert race.struck
    for user in ("ana", "ben"):
        assert row(workshop, user).scheduled_at == start_of(workshop) + timedelta(days=2)


def deliver_announcements(sent: Outbox) -> None:
    """Lets announcements be fanned out, and what is to be told wait."""
    for message in list(sent):
        sent.remove(message)
        if message.queue_url.endswith("/deliveries"):
            assert message.task["task"] == "announce"
            carry_out(message.task, clock.now())


def test_of_two_moves_in_a_minute_the_last_is_told_against_what_people_knew(
    world: World, stream: Stream, sent: Outbox
) -> None:
    workshop = a_workshop(world, "ana")
    stream.run()
    moved(workshop, days=1)
    later = moved(workshop, days=2)
    stream.run()
    deliver(sent, clock.now())
    [item] = inbox_of("ana")
    assert (item.data["moved_from"], item.data["scheduled_at"]) == (workshop["scheduled_at"], later["scheduled_at"])
    assert row(workshop, "ana").scheduled_at == start_of(later)


def test_who_comes_while_a_workshop_is_moved_finds_it_at_its_new_time(
    world: World, stream: Stream, sent: Outbox
) -> None:
    """They read it before the move, and were not there yet when the move was told."""
    workshop = a_workshop(world, "ana")
    world.meet("ben")
    stream.run()

    def move() -> None:
        moved(workshop, days=1)
        stream.run()
        deliver(sent, clock.now())

    with overtaken(1, move) as race:
        assert rsvp(workshop["id"], "ben").status == 201
    assert race.struck
    stream.run()
    assert row(workshop, "ben").scheduled_at == start_of(workshop) + timedelta(days=1)
    mine = call("workshops", "GET", "/workshops", user="ben", query={"my": "true"}).json["items"]
    assert [item["id"] for item in mine] == [workshop["id"]]


def test_who_moves_up_while_a_cancellation_is_fanned_out_is_told_of_it(
    world: World, stream: Stream, sent: Outbox
) -> None:
    workshop = a_workshop(world, "ana", "ben", max_capacity=1)
    stream.run()
    sent.clear()
    assert call("workshops", "DELETE", f"/workshops/{workshop['id']}", user="host").status == 204
    stream.run()
    [task] = sent.to("deliveries")
    for share in fan_out.shares(Announcement.from_task(task), stored(workshop["id"])):
        carry_out(json.loads(share.to_message()), clock.now())
        rsvp(workshop["id"], "ana", "DELETE")
    assert [kind for kind, _ in told("ben")] == ["workshop_cancelled"]
