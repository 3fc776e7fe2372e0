"""Announcements: one thing that several people are to be told, as it goes through the queue.

`source` names what it is about, so that whoever handles it again tells nobody twice.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, Self, cast

from atelier import clock
from atelier.notifications.items import AnnouncedType

type Audience = Literal["seated", "everybody", "named"]
"""Those with a seat; those and the ones who wait; the people that are named."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What people are to be told.

    at: the instant it is about. data: what the notification shows, and what has to be true still for it to be told.
    but: who made it happen, and so knows. people: those it is for, where they are named.
    is_silent: nobody is told; only what people have of it (their calendars) is brought up to date. through: the edit of
    its series that this is part of: of that, a person is told once.
    """

    type: AnnouncedType
    workshop_id: str
    source: str
    at: datetime
    audience: Audience
    data: Mapping[str, Any] = field(default_factory=dict)
    but: str | None = None
    people: tuple[str, ...] = ()
    is_silent: bool = False
    through: str | None = None

    def to_task(self) -> dict[str, Any]:
        """The announcement as the task of a queue."""
        told = asdict(self)
        return {"task": "announce", **told, "at": clock.to_text(self.at), "people": list(self.people)}

    @classmethod
    def from_task(cls, task: Mapping[str, Any]) -> Self:
        """The inverse of `to_task`. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            type=cast("AnnouncedType", task["type"]),
            workshop_id=task["workshop_id"],
            source=task["source"],
            at=clock.from_text(task["at"]),
            audience=task["audience"],
            data=task["data"],
            but=task["but"],
            people=tuple(task["people"]),
            is_silent=task["is_silent"],
            through=task.get("through"),
        )


@dataclass(frozen=True, slots=True)
class Share:
    """The part of an announcement's people that one message is for: those of a seat block, or those it names."""

    announcement: Announcement
    block: int | None = None
    people: tuple[str, ...] = ()

    def to_message(self) -> str:
        """The message."""
        told = {**self.announcement.to_task(), "task": "tell", "block": self.block, "people": list(self.people)}
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_task(cls, task: Mapping[str, Any]) -> Self:
        """The inverse of `to_message`. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(Announcement.from_task({**task, "people": []}), task["block"], tuple(task["people"]))
