"""Event groups as they go over the wire."""

from pydantic import Field

from atelier.accounts.schemas import UserCard
from atelier.text import Input, Output, ShortText, Title, left_out


class Group(Output):
    """An event group."""

    id: str
    name: str
    description: str | None
    owner: UserCard


class GroupInput(Input):
    """A group to be made."""

    name: Title
    description: ShortText | None = None


class GroupPatch(Input):
    """What to change of a group; what is left out stays."""

    name: Title = Field(default_factory=left_out)
    description: ShortText | None = Field(default_factory=left_out)


class GroupPage(Output):
    """A page of groups."""

    items: list[Group]
    next_cursor: str | None
