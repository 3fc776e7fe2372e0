"""Guided workshops as they go over the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from atelier.accounts.schemas import UserCard
from atelier.guided import outputs
from atelier.guided.access import Role
from atelier.guided.progress import StepStatus
from atelier.text import Input, Instant, Output, Place, Title, left_out
from atelier.workshops.schemas import Reference

type GuidedStatus = Literal["draft", "active", "paused", "completed"]
type Visibility = Literal["private", "shared"]
type Mode = Literal["free", "strict"]
type SharedPart = Literal["steps", "packs"]
type StepOutputValue = Annotated[
    Any, AfterValidator(outputs.cleaned), Field(description="Any JSON, up to 200 KB; null takes it away.")
]
type ForeignId = Annotated[Place | None, Field(description="What your own system calls it.")]


class StepDefinition(Output):
    """One of the ten steps. In prompt_template `{{title}}` and `{{empathize}}`, ... stand for title and outputs."""

    id: str
    order: int
    name: str
    description: str
    prompt_template: str


class StepDefinitionList(Output):
    """The ten steps, in order, and which version of the texts this is."""

    items: list[StepDefinition]
    next_cursor: None = None
    version: int


class GuidedInput(Input):
    """A guided workshop to be made."""

    title: Title
    status: GuidedStatus = "draft"
    visibility: Annotated[Visibility, Field(description="Share links work only while it is `shared`.")] = "private"
    mode: Annotated[Mode, Field(description="In `strict` mode a step opens when the one before is complete.")] = "free"
    org_id: ForeignId = None
    template_id: ForeignId = None


class GuidedPatch(Input):
    """What to change of a guided workshop; what is left out stays."""

    title: Title = Field(default_factory=left_out)
    status: GuidedStatus = Field(default_factory=left_out)
    visibility: Visibility = Field(default_factory=left_out)
    mode: Mode = Field(default_factory=left_out)
    org_id: ForeignId = Field(default_factory=left_out)
    template_id: ForeignId = Field(default_factory=left_out)


class MyRole(Output):
    """What the caller is in a guided workshop; null for an administrator who is no member."""

    role: Role | None


class GuidedWorkshop(Output):
    """A guided workshop."""

    id: str
    title: str
    status: GuidedStatus
    visibility: Visibility
    mode: Mode
    org_id: str | None
    template_id: str | None
    created_by: str
    definitions_version: int
    created_at: datetime
    updated_at: datetime
    my: MyRole


class GuidedWorkshopPage(Output):
    """A page of guided workshops."""

    items: list[GuidedWorkshop]
    next_cursor: str | None


class GuidedMember(Output):
    """Somebody's part in a guided workshop."""

    user: UserCard
    role: Role
    since: datetime


class GuidedMemberInput(Input):
    """What somebody is to be."""

    role: Role


class GuidedMemberPage(Output):
    """A page of members."""

    items: list[GuidedMember]
    next_cursor: str | None


class GuidedStep(Output):
    """A step. stale: something before it was opened or changed after it was complete.

    version: the ETag without its quotes. revision: how often the output was changed, which build packs remember.
    """

    step_id: str
    order: int
    status: StepStatus
    stale: bool
    output: Any
    started_at: datetime | None
    completed_at: datetime | None
    updated_at: datetime
    version: int
    revision: int


class GuidedStepList(Output):
    """The ten steps, in order."""

    items: list[GuidedStep]
    next_cursor: None = None


class GuidedStepPatch(Input):
    """What to change of a step; what is left out stays. An output starts a step that was not started."""

    status: StepStatus = Field(default_factory=left_out)
    output: StepOutputValue = Field(default_factory=left_out)


class GuidedSessionInput(Input):
    """A session to be opened."""

    workshop_id: Annotated[Reference | None, Field(description="The live workshop it is held in.")] = None


class GuidedSession(Output):
    """A time in which the team works through the steps together."""

    id: str
    workshop_id: str | None
    started_by: str
    started_at: datetime
    ended_at: datetime | None


class GuidedSessionPage(Output):
    """A page of sessions, the latest first."""

    items: list[GuidedSession]
    next_cursor: str | None


class ShareLinkInput(Input):
    """A share link to be made."""

    scope: Annotated[list[SharedPart], Field(min_length=1, max_length=2)]
    expires_at: Annotated[
        Instant | None, Field(description="When it stops by itself; null or left out: when it is revoked.")
    ] = None


class ShareLinkItem(Output):
    """A share link, without its token: that is told once."""

    id: str
    scope: list[SharedPart]
    expires_at: datetime | None
    revoked: bool
    access_count: int
    created_by: str
    created_at: datetime


class NewShareLink(ShareLinkItem):
    """A share link with its token and address. Whoever has them reads what it shows, so they are told once."""

    token: str
    url: str


class ShareLinkPage(Output):
    """A page of share links, the latest first."""

    items: list[ShareLinkItem]
    next_cursor: str | None


class SharedStep(Output):
    """A step as a share link shows it."""

    step_id: str
    order: int
    name: str
    status: StepStatus
    stale: bool
    output: Any
    completed_at: datetime | None
    updated_at: datetime


class SharedPack(Output):
    """A build pack as a share link shows it. url: where its file can be fetched for 15 minutes."""

    id: str
    title: str
    format_type: str
    sha256: str | None
    url: str | None
    created_at: datetime


class SharedWorkshop(Output):
    """What a share link shows: steps, packs or both, by its scope; null for what is not part of it."""

    title: str
    expires_at: datetime | None
    steps: list[SharedStep] | None
    packs: list[SharedPack] | None
