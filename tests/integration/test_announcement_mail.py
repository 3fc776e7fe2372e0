"""The mail that goes along with what people are told: to whom, with what, at most once."""

import email
from datetime import timedelta
from email.policy import default
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from atelier import clock, table
from atelier.accounts.items import EmailGuard, Profile, email_key, profile_key
from atelier.notifications import bounces, delivering
from tests.announced import a_workshop, cancel, edit
from tests.calendars import events_of
from tests.calling import World, call, id_of
from tests.deliveries import Letters, before, carry_out, mailing_from, start_of, tick, told
from tests.faults import Killed, killed_after
from tests.messages import Outbox
from tests.streaming import Stream


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


def test_no_two_letters_have_one_message_id(world: World, sent: Outbox, letters: Letters) -> None:
    for user in ("ana", "ben"):
        with_address(user, f"anna-{user}@example.com")
    workshop, task = reminded(world, sent, "ana", "ben")
    assert carry_out(task, before(workshop, 60), letters) == 2
    assert len({email.message_from_bytes(raw)["Message-ID"] for _, raw in letters.sent}) == 2


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
    after(letters)
    letters.sent.clear()
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


def test_a_seat_is_confirmed_by_mail_with_the_event_once_and_not_in_the_inbox(
    world: World, after: Any, letters: Letters
) -> None:
    with_address("ana")
    workshop = a_workshop(world, "ana", "ben")
    after(letters)
    after(letters)
    [(recipient, raw)] = letters.sent
    assert recipient == "ana@example.com"
    assert invited(raw)[0] == "REQUEST"
    assert invited(raw)[1]["uid"] == f"{workshop['id']}@atelier"
    assert call("notifications", "GET", "/notifications").json["items"] == []


def test_who_wants_no_mail_of_changes_gets_no_confirmation_either(world: World, after: Any, letters: Letters) -> None:
    with_address("ana")
    body = {"types": {"workshop_updated": {"email": False}}}
    call("notifications", "PUT", "/me/notification-preferences", user="ana", body=body)
    a_workshop(world, "ana")
    after(letters)
    assert letters.sent == []


def test_a_reminder_brings_no_event(world: World, sent: Outbox, letters: Letters) -> None:
    with_address("ana")
    workshop, message = reminded(world, sent, "ana")
    carry_out(message, before(workshop, 60), letters)
    assert b"text/calendar" not in letters.sent[0][1]
