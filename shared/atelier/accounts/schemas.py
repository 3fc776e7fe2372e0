"""People as they go over the wire."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from atelier.text import Clean, Input, Name, OneLine, Output, ShortText, Zone, left_out

type AccountRole = Literal["organizer", "participant"]
type AccountStatus = Literal["active", "suspended"]


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or not value.isprintable() or " " in value:
        raise ValueError("must be an http or https address")
    return value


type Username = Annotated[
    str,
    Clean,
    StringConstraints(min_length=3, max_length=30, pattern=r"^[\p{L}\p{M}\p{N}_.-]+$"),
    Field(description="Letters, digits, `_`, `.` and `-`; unique, whatever the case."),
]
type WebAddress = Annotated[str, Clean, StringConstraints(max_length=2000), OneLine, AfterValidator(_web_address)]
type Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]
ADDRESS = StringConstraints(
    max_length=254, pattern=r"^[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]+\.[^\s@<>()\[\],;:\\\".]{2,63}$"
)
type EmailAddress = Annotated[
    str,
    Clean,
    ADDRESS,
    OneLine,
    Field(description="An e-mail address. A code is mailed to it; until it comes back, nothing else is."),
]
type Locale = Annotated[
    str,
    StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"),
    Field(description="A BCP 47 language tag, such as de-AT."),
]


class UserCard(Output):
    """A person as lists show them."""

    id: str
    display_name: str
    username: str | None
    avatar_url: str | None
    avatar_color: str


class User(UserCard):
    """A person."""

    bio: str | None


class ManagedUser(User):
    """A person and their rights, as administrators see them."""

    can_host: bool
    role: AccountRole
    status: AccountStatus


class Me(ManagedUser):
    """The caller."""

    email: str | None
    email_verified: bool
    timezone: str
    locale: str


class MePatch(Input):
    """What to change of one's own profile; what is left out stays, null takes away."""

    display_name: Name = Field(default_factory=left_out)
    username: Username | None = Field(default_factory=left_out)
    bio: ShortText | None = Field(default_factory=left_out)
    avatar_url: WebAddress | None = Field(default_factory=left_out)
    avatar_color: Colour = Field(default_factory=left_out)
    timezone: Zone = Field(default_factory=left_out)
    locale: Locale = Field(default_factory=left_out)
    email: EmailAddress | None = Field(default_factory=left_out)


class EmailCode(Input):
    """The code that was mailed to an address."""

    code: Annotated[str, Clean, StringConstraints(min_length=1, max_length=20)]


class UserPatch(Input):
    """What an administrator changes of a person's rights; what is left out stays."""

    can_host: bool = Field(default_factory=left_out)
    role: AccountRole = Field(default_factory=left_out)
    status: AccountStatus = Field(default_factory=left_out)


class BanItem(Output):
    """Somebody the caller banned from their workshops."""

    user: UserCard
    created_at: datetime


class BanPage(Output):
    """A page of bans."""

    items: list[BanItem]
    next_cursor: str | None


class Health(Output):
    """The service answers, and so does its table."""

    status: Literal["ok"] = "ok"
