"""Messages on the wire: MIME (RFC 5322, RFC 2045 to 2049), one-click unsubscribing (RFC 8058), calendar parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy

from atelier.mail.letters import Letter


class _Link(UnstructuredHeader, BaseHeader):
    """A header that holds a link: encoded or folded, as long ones usually are, no mail program would follow it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Link)
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """A calendar that comes with a message, so that mail programs offer to note it. method: REQUEST or CANCEL."""

    method: str
    content: bytes


def build(
    letter: Letter,
    *,
    sender: str,
    sender_name: str,
    recipient: str,
    message_id: str,
    unsubscribe_url: str | None = None,
    calendar: CalendarPart | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A message as bytes. message_id: without brackets, the same for the same thing to the same person, so that a mail
    program shows a repetition once.

    Raises ValueError for an address that is none.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(sender, sender_name)
    message["To"] = _address(recipient)
    message["Subject"] = letter.subject
    message["Message-ID"] = f"<{message_id}>"
    message["Content-Language"] = letter.language
    # So that out-of-office programs keep still (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe_url is not None:
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if calendar is not None:
        message.add_alternative(
            calendar.content, "text", "calendar", params={"method": calendar.method, "charset": "utf-8"}, cte="base64"
        )
        message.add_attachment(calendar.content, "application", "ics", filename="workshop.ics", cte="base64")
    return message.as_bytes()


def _address(text: str, name: str = "") -> Address:
    try:
        return Address(name, addr_spec=text)
    except MessageError as error:
        raise ValueError("not an address") from error
