"""Who is told what because of a change: everybody it concerns, once, and nobody else; and the mail that goes along."""

import email
from datetime import timedelta
from email.policy import default
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from atelier import clock, table
from atelier.accounts.items import EmailGuard, Profile, email_key, profile_key
from atelier.notifications import bounces, delivering
from tests.calendars import events_of
from tests.calling import World, call, id_of
from tests.counting import counted
from tests.deliveries import Letters, before, carry_out, deliver, inbox_of, mailing_from, start_of, tick, told
from tests.faults import Killed, killed_after
from tests.messages import Outbox
from tests.rooms import remove, rsvp
from tests.streaming import Stream
from tests.workshops import bring_near, run


@pytest.fixture
def after(world: World, stream: Stream, sent: Outbox) -> Any:
    """Lets everything follow from what has happened; forgets what was told before when asked to."""

    def follow(letters: Letters | None = None) -> None:
        for _ in range(3):
            stream.run()
            deliver(sent, clock.now(), letters)

    return follow


def a_workshop(world: World, *people: str, **fields: Any) -> dict[str, Any]:
    workshop = world.workshop(**fields)
    for user in people:
        assert rsvp(workshop["id"], user).status == 201
    return workshop


def edit(workshop: dict[str, Any], **body: object) -> dict[str, Any]:
    reply = call("workshops", "PATCH", f"/workshops/{workshop['id']}", user="host", body=body)
    assert reply.status == 200, reply.text
    edited: dict[str, Any] = reply.json
    return edited


def cancel(workshop: dict[str, Any], user: str = "host", groups: tuple[str, ...] = ()) -> None:
    assert call("workshops", "DELETE", f"/workshops/{workshop['id']}", user=user, groups=groups).status == 204


def types(user: str) -> list[str]:
    return [kind for kind, _ in told(user)]


def test_a_cancelled_workshop_is_told_to_all_who_have_a_place_and_not_to_the_host_who_did_it(
    world: World, after: Any
) -> None:
    workshop = a_workshop(world, "ana", "ben", max_capacity=1)
    a_workshop(world, "cleo")
    cancel(workshop)
    after()
    assert types("ana") == types("ben") == ["workshop_cancelled"]
    assert types("cleo") == types("host") == []


def test_the_host_is_told_where_an_administrator_decided(world: World, after: Any) -> None:
    cancel(a_workshop(world, "ana"), "admin", ("admin",))
    after()
    assert types("ana") == types("host") == ["workshop_cancelled"]


def test_the_host_is_told_of_a_no_show_that_was_cancelled(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana")
    tick(start_of(workshop) + timedelta(minutes=15))
    after()
    assert types("host") == types("ana") == ["workshop_cancelled"]


def test_a_new_time_is_told_with_the_old_one(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana")
    later = clock.to_text(start_of(workshop) + timedelta(days=1))
    edit(workshop, scheduled_at=later)
    after()
    [item] = inbox_of("ana")
    assert item.type == "workshop_updated"
    assert item.data == {
        "title": "Raku firing",
        "scheduled_at": later,
        "timezone": "Europe/Berlin",
        "changed": ["scheduled_at"],
        "moved_from": workshop["scheduled_at"],
    }


@pytest.mark.parametrize("change", [{"title": "Pit firing"}, {"description": "Bring gloves."}, {"records": False}])
def test_what_changes_nobodys_plans_is_told_to_nobody(world: World, after: Any, change: dict[str, object]) -> None:
    edit(a_workshop(world, "ana"), **change)
    after()
    assert types("ana") == []


def test_a_workshop_that_has_begun_is_told_to_those_with_a_seat(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana", "ben", max_capacity=1)
    bring_near(workshop["id"])
    after()
    run(workshop["id"], "start")
    after()
    assert "workshop_started" in types("ana")
    assert "workshop_started" not in types("ben")


def test_who_moves_up_from_the_waitlist_is_told_each_time(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana", "ben", max_capacity=1)
    rsvp(workshop["id"], "ana", "DELETE")
    after()
    assert types("ben") == ["waitlist_promoted"]
    assert rsvp(workshop["id"], "ana").json["status"] == "waitlisted"
    rsvp(workshop["id"], "ben", "DELETE")
    after()
    assert rsvp(workshop["id"], "ben").json["status"] == "waitlisted"
    rsvp(workshop["id"], "ana", "DELETE")
    after()
    assert types("ben") == ["waitlist_promoted", "waitlist_promoted"]


def test_who_is_removed_is_told_and_nothing_more_after_that(world: World, after: Any) -> None:
    workshop = a_workshop(world, "ana", "ben")
    remove(workshop["id"], "ana")
    cancel(workshop)
    after()
    assert types("ana") == ["attendee_removed"]
    assert types("ben") == ["workshop_cancelled"]


def test_who_left_before_it_was_delivered_is_told_nothing(world: World, stream: Stream, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", "ben")
    edit(workshop, location="Yard")
    stream.run()
    rsvp(workshop["id"], "ana", "DELETE")
    deliver(sent, clock.now())
    assert types("ana") == []
    assert types("ben") == ["workshop_updated"]


def test_a_workshop_that_is_cancelled_while_a_move_is_told_tells_the_rest_the_truth(
    world: World, stream: Stream, sent: Outbox
) -> None:
    workshop = a_workshop(world, "ana")
    edit(workshop, scheduled_at=clock.to_text(start_of(workshop) + timedelta(days=1)))
    stream.run()
    cancel(workshop)
    deliver(sent, clock.now())
    assert types("ana") == []
    stream.run()
    deliver(sent, clock.now())
    assert types("ana") == ["workshop_cancelled"]


def test_reading_the_same_change_twice_tells_nobody_twice(world: World, dynamodb: str, sent: Outbox) -> None:
    again = Stream(dynamodb, world.table_name)
    first = Stream(dynamodb, world.table_name)
    cancel(a_workshop(world, "ana"))
    for stream in (first, again):
        stream.run()
        deliver(sent, clock.now())
    assert types("ana") == ["workshop_cancelled"]


def test_an_earlier_reminder_that_somebody_wants_is_due_from_their_rsvp_on(world: World, after: Any) -> None:
    body = {"reminder_offsets": [120]}
    call("notifications", "PUT", "/me/notification-preferences", user="ana", body=body)
    workshop = a_workshop(world, "ana")
    after()
    assert tick(before(workshop, 120)) == 1


def test_wishes_that_change_later_hold_for_what_one_attends_already(world: World, after: Any, sent: Outbox) -> None:
    workshop = a_workshop(world, "ana", "ben")
    after()
    body = {"reminder_offsets": [120]}
    call("notifications", "PUT", "/me/notification-preferences", user="ana", body=body)
    after()
    at = before(workshop, 120)
    tick(at)
    deliver(sent, at)
    assert told("ana") == [("workshop_reminder", 120)]
    assert told("ben") == []


def test_a_seat_costs_one_write_a_person_to_tell(world: World, sent: Outbox) -> None:
    people = [f"p{number:02d}" for number in range(12)]
    workshop = a_workshop(world, *people, max_capacity=20)
    at = before(workshop, 60)
    tick(at)
    [message] = sent
    with counted() as use:
        assert carry_out(message.task, at) == len(people)
    assert len(use.writes) == len(people)
    assert use.reads == ["GetItem", "BatchGetItem"]


def with_address(user: str, address: str | None = None) -> str:
    """Gives a person a confirmed address."""
    address = address or f"{user}@example.com"
    call("accounts", "GET", "/me", user=user)
    table.Item.get(*profile_key(id_of(user))).update([Profile.email.set(address)])
    EmailGuard(*email_key(address), user_id=id_of(user)).save()
    return address


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Any:
    with mailing_from(monkeypatch):
        yield Letters()


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "SendEmail")


def reminded(world: World, sent: Outbox, *people: str) -> tuple[dict[str, Any], Any]:
    """A workshop an hour ahead, and the message that reminds its people."""
    workshop = a_workshop(world, *people)
    tick(before(workshop, 60))
    [message] = [task for task in sent.to("deliveries") if task["task"] == "tell"]
    return workshop, message


def test_mail_goes_to_confirmed_addresses_alone(world: World, sent: Outbox, letters: Letters) -> None:
    with_address("ana")
    call("accounts", "PATCH", "/me", user="ben", body={"email": "ben@example.com"})
    workshop, task = reminded(world, sent, "ana", "ben")
    assert carry_out(task, before(workshop, 60), letters) == 2
    assert letters.recipients == ["ana@example.com"]
    message = email.message_from_bytes(letters.sent[0][1], policy=default)
    assert message["List-Unsubscribe"].startswith("<https://api.example.com/v1/public/unsubscribe/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_who_wants_no_mail_of_a_kind_gets_none_and_still_finds_it_in_the_inbox(
    world: World, sent: Outbox, letters: Letters
) -> None:
    with_address("ana")
    body = {"types": {"workshop_reminder": {"email": False}}}
    call("notifications", "PUT", "/me/notification-preferences", user="ana", body=body)
    workshop, message = reminded(world, sent, "ana")
    carry_out(message, before(workshop, 60), letters)
    assert letters.sent == []
    assert told("ana") == [("workshop_reminder", 60)]


def test_a_message_that_comes_again_sends_no_second_mail(world: World, sent: Outbox, letters: Letters) -> None:
    with_address("ana")
    workshop, message = reminded(world, sent, "ana")
    for _ in range(3):
        carry_out(message, before(workshop, 60), letters)
    assert len(letters.sent) == 1


def test_dying_between_mark_and_mail_sends_none_rather_than_two(world: World, sent: Outbox, letters: Letters) -> None:
    with_address("ana")
    workshop, message = reminded(world, sent, "ana")
    with killed_after(1), pytest.raises(Killed):
        carry_out(message, before(workshop, 60), letters)
    carry_out(message, before(workshop, 60), letters)
    assert letters.sent == []
    assert told("ana") == [("workshop_reminder", 60)]


@pytest.mark.parametrize(
    "failure", [refused("TooManyRequestsException"), EndpointConnectionError(endpoint_url="https://ses")]
)
def test_mail_that_was_refused_for_now_is_tried_again_with_the_message_and_for_that_person_alone(
    world: World, sent: Outbox, letters: Letters, failure: Exception
) -> None:
    for user in ("ana", "ben"):
        with_address(user)
    workshop, message = reminded(world, sent, "ana", "ben")
    letters.failures = [failure]
    with pytest.raises(delivering.UndeliveredError):
        carry_out(message, before(workshop, 60), letters)
    assert len(letters.sent) == 1
    carry_out(message, before(workshop, 60), letters)
    carry_out(message, before(workshop, 60), letters)
    assert sorted(letters.recipients) == ["ana@example.com", "ben@example.com"]


@pytest.mark.parametrize(
    "failure", [refused("MessageRejected"), ReadTimeoutError(endpoint_url="https://ses")], ids=["rejected", "unknown"]
)
def test_mail_that_may_have_gone_out_or_never_will_is_not_tried_again(
    world: World, sent: Outbox, letters: Letters, failure: Exception
) -> None:
    with_address("ana")
    workshop, message = reminded(world, sent, "ana")
    letters.failures = [failure]
    carry_out(message, before(workshop, 60), letters)
    carry_out(message, before(workshop, 60), letters)
    assert letters.sent == []


def ses_event(kind: str, **detail: object) -> dict[str, Any]:
    return {"detail-type": "Email Bounced", "source": "aws.ses", "detail": {"eventType": kind, **detail}}


@pytest.mark.parametrize(
    "event",
    [
        ses_event(
            "Bounce", bounce={"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "Ana@example.com"}]}
        ),
        ses_event("Complaint", complaint={"complainedRecipients": [{"emailAddress": "ana@example.com"}]}),
    ],
    ids=["bounce", "complaint"],
)
def test_an_address_that_bounced_or_complained_is_written_to_no_more(
    world: World, sent: Outbox, letters: Letters, event: dict[str, Any]
) -> None:
    with_address("ana")
    assert [bounces.note(event) for _ in range(2)] == [1, 0]
    workshop, message = reminded(world, sent, "ana")
    carry_out(message, before(workshop, 60), letters)
    assert letters.sent == []
    assert told("ana") == [("workshop_reminder", 60)]


def test_a_bounce_that_may_pass_stops_nothing(world: World) -> None:
    with_address("ana")
    recipients = [{"emailAddress": "ana@example.com"}, {"emailAddress": "nobody@example.com"}]
    assert bounces.note(ses_event("Bounce", bounce={"bounceType": "Transient", "bouncedRecipients": recipients})) == 0


def test_a_code_is_announced_to_be_mailed_when_an_address_is_entered(
    world: World, stream: Stream, sent: Outbox
) -> None:
    world.meet("ana")
    stream.run()
    call("accounts", "PATCH", "/me", user="ana", body={"email": "ana@example.com"})
    stream.run()
    call("accounts", "PATCH", "/me", user="ana", body={"bio": "I fire raku."})
    stream.run()
    [task] = sent.to("deliveries")
    assert task == {"task": "code", "user_id": id_of("ana"), "code": task["code"]}


def invited(raw: bytes) -> tuple[str, dict[str, Any]]:
    """The method and the event of the calendar that a mail brings."""
    [part] = [part for part in email.message_from_bytes(raw).walk() if part.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    [event] = events_of(content.decode())
    return str(part.get_param("method")), event


def test_a_mail_brings_the_event_as_it_is_now_and_takes_it_out_again(
    world: World, after: Any, letters: Letters
) -> None:
    with_address("ana")
    workshop = a_workshop(world, "ana", description="Bring gloves.")
    start = start_of(workshop)
    for days in (1, 2, 3):
        edit(workshop, scheduled_at=clock.to_text(start + timedelta(days=days)))
        after(letters)
    cancel(workshop)
    after(letters)
    brought = [invited(raw) for _, raw in letters.sent]
    assert [(method, event["sequence"], event["status"]) for method, event in brought] == [
        ("REQUEST", 1, "CONFIRMED"),
        ("REQUEST", 2, "CONFIRMED"),
        ("REQUEST", 3, "CONFIRMED"),
        ("CANCEL", 4, "CANCELLED"),
    ]
    assert {event["uid"] for _, event in brought} == {f"{workshop['id']}@atelier"}
    assert brought[2][1]["start"] == start + timedelta(days=3)
    assert brought[2][1]["description"] == "Bring gloves."


def test_a_reminder_brings_no_event(world: World, sent: Outbox, letters: Letters) -> None:
    with_address("ana")
    workshop, message = reminded(world, sent, "ana")
    carry_out(message, before(workshop, 60), letters)
    assert b"text/calendar" not in letters.sent[0][1]
