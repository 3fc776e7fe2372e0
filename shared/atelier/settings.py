"""What the environment configures. Nothing is read at import: a module can be imported anywhere, a test can set what
it likes.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

TOKEN_LIFETIMES_S = range(300, 3601)


class SettingsError(RuntimeError):
    """The environment lacks variables or holds unusable values; the message names all of them at once."""


@dataclass(frozen=True, slots=True)
class TableSettings:
    """Where the data is."""

    table_name: str


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What every function that speaks HTTP needs.

    public_url: the address of the API as its clients see it, up to and including `/v1`; empty = derive it from the
    request. admin_group: the group claim that makes an administrator.
    """

    public_url: str = ""
    admin_group: str = "admin"


@dataclass(frozen=True, slots=True)
class AgoraSettings:
    """Where Agora's credentials are: the path of the parameter store that all of them stand under."""

    agora_parameter_path: str


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """How join tokens are made.

    agora_token_version: `007`, or `006` for SDKs older than 4.0.
    agora_token_lifetime_s: seconds a token lives, at most one hour.
    """

    agora_token_version: str = "007"  # noqa: S105 - a format, not a secret
    agora_token_lifetime_s: int = 3600

    def __post_init__(self) -> None:
        if self.agora_token_version not in ("006", "007"):
            raise SettingsError(f"AGORA_TOKEN_VERSION must be 006 or 007, not {self.agora_token_version!r}")
        if self.agora_token_lifetime_s not in TOKEN_LIFETIMES_S:
            raise SettingsError(f"AGORA_TOKEN_LIFETIME_S must be 300..3600, not {self.agora_token_lifetime_s}")


@dataclass(frozen=True, slots=True)
class RestSettings:
    """Where Agora's REST API is: its hosts, the first one first, separated by commas."""

    agora_urls: str = "https://api.agora.io,https://api.sd-rtn.com"


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """The queue of Agora's notices as they came."""

    notices_queue_url: str


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """The queue of what is to be brought in line at Agora: recordings and moderation."""

    recorder_queue_url: str


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """The bucket that recordings are written to."""

    recordings_bucket: str


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The queue of what people are to be told."""

    deliveries_queue_url: str


@dataclass(frozen=True, slots=True)
class PackSettings:
    """The bucket that build packs are written to."""

    packs_bucket: str


@dataclass(frozen=True, slots=True)
class PackQueueSettings:
    """The queue of build packs that are to be made or forgotten."""

    packs_queue_url: str


@dataclass(frozen=True, slots=True)
class PackRetentionSettings:
    """How many days a build pack is kept. The bucket forgets by the same number."""

    build_pack_retention_days: int


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mail is sent.

    mail_from: the address it comes from; empty = no mail is sent. mail_name: the name beside it.
    mail_configuration_set: SES's configuration set, which tells of bounces and complaints; empty = none.
    """

    mail_from: str = ""
    mail_name: str = "Atelier"
    mail_configuration_set: str = ""


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """join_url: the page where one joins a workshop, with `{id}` for its id; empty = there is none."""

    join_url: str = ""


@dataclass(frozen=True, slots=True)
class CheckInSettings:
    """check_in_url: the page that a check-in's QR code leads to, with `{code}` for the code; empty = this API's own."""

    check_in_url: str = ""


def read[S](kind: type[S], environ: Mapping[str, str]) -> S:
    """The settings of one kind from upper-case variables of the same names.

    Raises SettingsError naming every missing variable and every number that is none.
    """
    values: dict[str, str | int] = {}
    wrong: list[str] = []
    for field in fields(kind):  # type: ignore[arg-type]
        name = field.name.upper()
        text = environ.get(name)
        if text is None:
            if field.default is MISSING:
                wrong.append(f"{name} is missing")
        elif field.type is int:
            try:
                values[field.name] = int(text)
            except ValueError:
                wrong.append(f"{name} is not a whole number")
        else:
            values[field.name] = text
    if wrong:
        raise SettingsError("; ".join(wrong))
    return kind(**values)


_kept: dict[type, Any] = {}


def of[S](kind: type[S]) -> S:
    """The settings of a kind, read once per process from the environment. Raises SettingsError."""
    if kind not in _kept:
        _kept[kind] = read(kind, os.environ)
    kept: S = _kept[kind]
    return kept


def forget() -> None:
    """Takes the process back to where it has read nothing."""
    _kept.clear()


def table_settings() -> TableSettings:
    """The table's settings."""
    return of(TableSettings)


def api_settings() -> ApiSettings:
    """The API's settings."""
    return of(ApiSettings)
