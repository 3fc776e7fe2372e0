"""Mailing what somebody is told, to the address that is theirs."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from atelier import observability, settings, table
from atelier.accounts import profiles
from atelier.accounts.items import Profile, profile_key
from atelier.calendars import events
from atelier.mail import letters, messages, sending
from atelier.notifications.items import AnnouncedType
from atelier.settings import ApiSettings, CalendarSettings, MailSettings
from atelier.table import Item, Key
from atelier.workshops import describing
from atelier.workshops.items import Workshop

type Send = Callable[..., Any]

_METHODS = {
    "workshop_updated": "REQUEST",
    "waitlist_promoted": "REQUEST",
    "rsvp_confirmed": "REQUEST",
    "workshop_cancelled": "CANCEL",
    "attendee_removed": "CANCEL",
}
"""What a mail program is asked to do with the event (RFC 5546), by the types of mail that bring one."""
_USUALLY_LATE = 2
_HOUR, _DAY = 60, 1440


@dataclass(frozen=True, slots=True)
class OfSeries:
    """What an edit of a series came to. workshop_id, starts_at: the first workshop that it concerns, and when it is, or
    was to be. cancelled: some of those that do not take place.
    """

    title: str
    workshop_id: str
    starts_at: datetime
    cancelled: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why somebody is written to. type: of the notification. around: the host's profile and the description.
    lead_minutes: of a reminder, how far ahead the start is. formerly: of a move, the start before.
    waits: whether the person waits for a seat. series: what is told of it, where it is all of it that is concerned.
    """

    type: AnnouncedType
    workshop: Workshop
    around: Mapping[Key, Item]
    lead_minutes: int | None = None
    formerly: datetime | None = None
    waits: bool = False
    series: OfSeries | None = None

    @property
    def letter(self) -> str:
        """The kind of letter."""
        return self.type if self.series is None else self.type.replace("workshop", "series")

    @property
    def workshop_id(self) -> str:
        """The workshop that the letter leads to."""
        return self.workshop.id if self.series is None else self.series.workshop_id

    @property
    def host(self) -> str:
        """The host's name."""
        return profiles.known(self.workshop.host_id, self.around).display_name

    @property
    def description(self) -> str:
        """What the workshop is about."""
        return describing.text_of(self.workshop, self.around)


def around(workshop: Workshop) -> dict[Key, Item]:
    """What letters show beside a workshop: its host, and what it says of itself."""
    return table.read_many([profile_key(workshop.host_id), *describing.keys_of(workshop)])


def lead_minutes(offset: int, starts_at: datetime, now: datetime) -> int:
    """How far ahead a start is, as it is told: as planned, or as it is where the reminder was held up."""
    left = max(1, math.ceil((starts_at - now) / timedelta(minutes=1)))
    if left + _USUALLY_LATE >= offset:
        return offset
    unit = next((unit for unit in (_DAY, _HOUR) if left >= 2 * unit), 1)
    return left // unit * unit


def say_if_off() -> None:
    """Says in the log that no mail is sent, where no address is configured to send it from."""
    if not settings.of(MailSettings).mail_from:
        observability.logger.info("mail_off")


class Mail:
    """Mail as it is set up: no address to send from means that none is sent."""

    def __init__(self, send: Send = sending.send) -> None:
        self._send = send
        self._mail = settings.of(MailSettings)
        self._api = settings.of(ApiSettings)
        self._links = settings.of(CalendarSettings)

    @property
    def is_on(self) -> bool:
        """Whether mail is sent at all."""
        return bool(self._mail.mail_from)

    def reaches(self, profile: Profile) -> bool:
        """Whether a person has a confirmed address that takes mail."""
        return self.is_on and bool(profile.email) and not profile.is_mail_stopped

    def send(self, occasion: Occasion, profile: Profile, told_id: str, token: str) -> bool:
        """Writes to a person; False when it is to be tried again, because the mail is known not to have been sent.

        An answer that does not come may follow a mail that went out: such mail is not tried again.
        """
        stop = f"{self._api.public_url.rstrip('/')}/public/unsubscribe/{token}" if self._api.public_url else None
        letter = letters.about(
            occasion.letter,
            letters.Reader(profile.display_name, profile.locale, profile.timezone),
            _subject(occasion),
            lead_minutes=occasion.lead_minutes,
            link=events.join_url(self._links.join_url, occasion.workshop_id) or None,
            unsubscribe_url=stop,
        )
        return self._hand_over(letter, profile.email, told_id, stop, self._calendar(occasion, profile))

    def send_code(self, profile: Profile) -> bool:
        """Mails the code that confirms a pending address; False when it is to be tried again."""
        reader = letters.Reader(profile.display_name, profile.locale, profile.timezone)
        letter = letters.with_code(profile.email_code, reader)
        return self._hand_over(letter, profile.pending_email, f"code-{profile.user_id}-{profile.version}", None)

    def _calendar(self, occasion: Occasion, profile: Profile) -> messages.CalendarPart | None:
        method = _METHODS.get(occasion.type)
        if method is None or occasion.series is not None or profile.user_id == occasion.workshop.host_id:
            return None
        shown = events.Shown(
            occasion.workshop,
            occasion.description,
            occasion.host,
            join_url=events.join_url(self._links.join_url, occasion.workshop.id),
            is_tentative=occasion.waits,
        )
        sender = self._mail.mail_from
        content = events.invitation(
            shown, method=method, sender=sender, address=profile.email, name=profile.display_name
        )
        return messages.CalendarPart(method, content)

    def _hand_over(
        self,
        letter: letters.Letter,
        recipient: str,
        told_id: str,
        stop: str | None,
        calendar: messages.CalendarPart | None = None,
    ) -> bool:
        mail = self._mail
        domain = mail.mail_from.rpartition("@")[2]
        observability.count("MailClaimed")
        try:
            raw = messages.build(
                letter,
                sender=mail.mail_from,
                sender_name=mail.mail_name,
                recipient=recipient,
                message_id=f"{told_id}.{hashlib.sha256(recipient.encode()).hexdigest()[:16]}@{domain}",
                unsubscribe_url=stop,
                calendar=calendar,
            )
            self._send(
                raw, recipient=recipient, sender=mail.mail_from, configuration_set=mail.mail_configuration_set or None
            )
        except ReadTimeoutError:
            observability.count("MailUnknown")
            return True
        except (ClientError, BotoCoreError, ValueError) as error:
            observability.count("MailFailed")
            code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
            observability.logger.warning("mail failed", reason=type(error).__name__, aws_code=code)
            return code in _LASTING or isinstance(error, ValueError)
        observability.count("MailSent")
        return True


_LASTING = ("MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException", "AccountSuspendedException")
"""What SES says of mail that it will never take; trying it again would only fail again."""


def _subject(occasion: Occasion) -> letters.Subject:
    workshop, series = occasion.workshop, occasion.series
    return letters.Subject(
        title=workshop.title if series is None else series.title,
        host=occasion.host,
        starts_at=workshop.scheduled_at if series is None else series.starts_at,
        zone=workshop.timezone,
        location=workshop.location,
        is_online=workshop.format != "in_person",
        formerly=occasion.formerly,
        cancelled=() if series is None else series.cancelled,
    )
