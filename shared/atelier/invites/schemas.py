"""Invitations as they go over the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from atelier.accounts.schemas import ADDRESS, UserCard
from atelier.rsvps.schemas import AttendeeStatus
from atelier.text import Clean, Input, Instant, OneLine, Output

MOST_AT_ONCE = 50
MOST_USES = 1000

type InvitedUser = Annotated[str, StringConstraints(min_length=1, max_length=64)]
type InvitedAddress = Annotated[str, Clean, ADDRESS, OneLine]


class InviteInput(Input):
    """Whom to invite: people by their ids, or addresses. Doubles are answered once."""

    user_ids: list[InvitedUser] | None = Field(default=None, min_length=1, max_length=MOST_AT_ONCE)
    emails: list[InvitedAddress] | None = Field(default=None, min_length=1, max_length=MOST_AT_ONCE)

    @model_validator(mode="after")
    def _one_of_both(self) -> "InviteInput":
        if (self.user_ids is None) == (self.emails is None):
            raise ValueError("needs either user_ids or emails")
        return self


class InviteResult(Output):
    """What came of one entry. `barred`: the person was removed from the workshop or banned by its host.

    An address is `created` or `already_invited`, whether or not anybody has it.
    """

    user_id: str | None = None
    email: str | None = None
    result: Literal["created", "already_invited", "unknown_user", "barred"]


class InviteResults(Output):
    """What came of each entry, in their order."""

    items: list[InviteResult]


class InviteItem(Output):
    """An invitation. `id` is what it is revoked by: the person's, or one of its own for an address.

    `user` of an address is null until its person has taken a place.
    """

    id: str
    user: UserCard | None
    email: str | None
    invited_by: UserCard
    link_id: Annotated[str | None, Field(description="The link the person came by.")]
    rsvp_status: AttendeeStatus | None
    created_at: datetime


class InvitePage(Output):
    """A page of invitations: addresses first."""

    items: list[InviteItem]
    next_cursor: str | None


class InviteLinkInput(Input):
    """An invite link to be made."""

    expires_at: Annotated[
        Instant | None, Field(description="Ahead, and within a year; left out, the planned end of the workshop.")
    ] = None
    max_uses: Annotated[int, Field(ge=1, le=MOST_USES, description="How many people it invites.")] = MOST_USES


class InviteLinkMade(Output):
    """An invite link. Its token is shown this once."""

    id: str
    token: str
    expires_at: datetime
    max_uses: int
    uses: int
    created_at: datetime


class InviteToken(Input):
    """The token of an invite link."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class AcceptedInvite(Output):
    """What the caller is invited to."""

    workshop_id: str
