"""Check-in as it goes over the wire."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from atelier.accounts.schemas import ADDRESS
from atelier.text import Clean, Input, Instant, Name, OneLine, Output
from atelier.workshops.schemas import Reference

type DeskState = Literal["OPEN", "CLOSED"]
type Way = Literal["code", "host", "pass", "claim"]
type ScanStatus = Literal[
    "checked_in",
    "already_checked_in",
    "unknown_person",
    "not_admitted",
    "too_early",
    "too_late",
    "in_the_future",
    "nonce_reused",
]
type CodeText = Annotated[
    str, Field(max_length=100, description="In any case; blanks and hyphens make no difference, nor do look-alikes.")
]
type GuestAddress = Annotated[str, Clean, ADDRESS, OneLine, Field(description="For the host; nothing is mailed there.")]
type Nonce = Annotated[
    str,
    StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$"),
    Field(description="Made up by the device, another one for each scan; 1 to 64 printable ASCII characters."),
]

MOST_SCANS = 500


class CheckInOpening(Input):
    """How check-in is opened."""

    rotates_every_s: Annotated[int, Field(ge=5, le=3600, description="null: the code stays the same.")] | None = None


class CheckInPatch(Input):
    """Closing check-in by hand, and opening it again."""

    state: DeskState


class CheckInDesk(Output):
    """A workshop's check-in. `code_changes_at`: when a rotating code becomes another one."""

    code_text: str
    state: DeskState
    opens_at: datetime
    closes_at: datetime
    rotates_every_s: int | None
    code_changes_at: datetime | None
    check_in_url: str


class CheckInPass(Output):
    """What stands in a person's own QR code for the door: `holder` in a scan."""

    holder: str


class CheckInCodeInput(Input):
    """A code that was shown in the room."""

    code: CodeText


class CheckInWorkshop(Output):
    """The workshop one has checked in to."""

    id: str
    title: str
    scheduled_at: datetime


class CheckIn(Output):
    """That somebody was there. `checked_in_at` is the earliest time that is known of; `checked_in_by` says how."""

    workshop: CheckInWorkshop
    checked_in_at: datetime
    checked_in_by: Way


class GuestInput(Input):
    """A code, and who gives it."""

    code: CodeText
    display_name: Name
    email: GuestAddress | None = None


class GuestCheckIn(Output):
    """That a guest was there. Whoever signs in later makes it theirs by the `claim_token`, which is told once."""

    workshop: CheckInWorkshop
    guest_name: str
    checked_in_at: datetime
    claim_token: str


class ClaimInput(Input):
    """What a guest was given."""

    claim_token: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class ScanInput(Input):
    """Somebody who was let in, whom the host knows (`user_id`) or who showed their pass (`holder`)."""

    nonce: Nonce
    user_id: Reference | None = None
    holder: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    at: Annotated[Instant, Field(description="When, by the clock of the device.")]

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.user_id is None) == (self.holder is None):
            raise ValueError("either user_id or holder must be given, and not both")
        return self


class ScanBatch(Input):
    """Scans that were taken offline."""

    items: Annotated[list[ScanInput], Field(min_length=1, max_length=MOST_SCANS)]


class ScanAnswer(Output):
    """What came of a scan. `checked_in_at`: the time that counts for the person, if they are checked in."""

    nonce: str
    status: ScanStatus
    checked_in_at: datetime | None


class ScanAnswers(Output):
    """What came of each scan, in the order in which they were sent."""

    items: list[ScanAnswer]
