"""What tests of reminders and deliveries do over and over: let minutes pass, let messages arrive, look into inboxes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from atelier import clock, settings, table
from atelier.invites import moving
from atelier.notifications import delivering, fan_out, mailing, reminding
from atelier.notifications.announcements import Announcement, Share
from atelier.notifications.items import Notification
from atelier.table import Item
from atelier.workshops.items import Workshop, workshop_key
from tests.calling import call, id_of
from tests.messages import Outbox


@dataclass(slots=True)
class Clock:
    """A clock that is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Letters:
    """Stands in for SES: keeps what it is handed, and fails when told to."""

    sent: list[tuple[str, bytes]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def send(self, raw: bytes, *, recipient: str, **_: object) -> str:
        """Takes a message."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((recipient, raw))
        return "accepted"

    @property
    def recipients(self) -> list[str]:
        """Who was written to, in order."""
        return [recipient for recipient, _ in self.sent]


def tick(at: datetime) -> int:
    """One run of the schedule at a moment."""
    return reminding.run(has_time=lambda: True, at=Clock(at))


def deliver(sent: Outbox, at: datetime, letters: Letters | None = None) -> int:
    """Lets every message to `deliveries` arrive, and those that follow from it; how many people were told."""
    told = 0
    while sent:
        message = sent.pop(0)
        if not message.queue_url.endswith("/deliveries"):
            continue
        told += carry_out(message.task, at, letters)
    return told


def carry_out(task: Any, at: datetime, letters: Letters | None = None) -> int:
    """Lets one message arrive."""
    if task["task"] == "announce":
        announcement = Announcement.from_task(task)
        workshop = table.read_one(workshop_key(announcement.workshop_id))
        if isinstance(workshop, Workshop):
            fan_out.fan_out(announcement, workshop)
        return 0
    if task["task"] == "move_invites":
        moving.move(task)
        return 0
    assert task["task"] == "tell", task
    mail = mailing.Mail(letters.send if letters else _nowhere)
    return delivering.tell(Share.from_task(json.loads(json.dumps(task))), mail, at=Clock(at))


def _nowhere(*_: object, **__: object) -> None:
    raise AssertionError("no mail is set up")


def inbox_of(user: str) -> list[Notification]:
    """Everything a person was told, by the time it is about."""
    found = Item.query(f"INBOX#{id_of(user)}", Item.sk.startswith("ntf_"), consistent_read=True)
    return [item for item in found if isinstance(item, Notification)]


def told(user: str) -> list[tuple[str, int | None]]:
    """The types of what a person was told, with the minutes of reminders."""
    return [(item.type, cast("dict[str, int]", item.data).get("minutes_before")) for item in inbox_of(user)]


def wish(user: str, *offsets: int) -> None:
    """A person says when they want to be reminded."""
    body = {"reminder_offsets": list(offsets)}
    reply = call("notifications", "PUT", "/me/notification-preferences", user=user, body=body)
    assert reply.status == 200, reply.text


def start_of(workshop: dict[str, Any]) -> datetime:
    """When a workshop starts."""
    return clock.from_text(workshop["scheduled_at"])


def before(workshop: dict[str, Any], minutes: float) -> datetime:
    """So many minutes before its start."""
    return start_of(workshop) - timedelta(minutes=minutes)


@contextmanager
def mailing_from(monkeypatch: Any, address: str = "studio@example.com") -> Iterator[None]:
    """Mail is set up meanwhile."""
    monkeypatch.setenv("MAIL_FROM", address)
    monkeypatch.setenv("PUBLIC_URL", "https://api.example.com/v1")
    settings.forget()
    yield
    monkeypatch.delenv("MAIL_FROM")
    settings.forget()
