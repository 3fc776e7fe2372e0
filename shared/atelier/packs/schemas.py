"""What goes over the wire of build packs."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from atelier.text import Input, Output, Title

type PackFormat = Literal["markdown", "json", "pdf"]
type PackStatus = Literal["pending", "ready", "failed"]


class BuildPackInput(Input):
    """A build pack to be made of the outputs as they are."""

    format_type: PackFormat
    title: Annotated[Title | None, Field(description="Left out: the title of the guided workshop.")] = None


class BuildPack(Output):
    """A document made of a guided workshop's outputs.

    step_versions: by step, the revision of the output that went in; 0 for a step without one. Until the pack is ready
    it tells what there was when it was asked for. url: where the file can be fetched for 15 minutes.
    """

    id: str
    title: str
    format_type: PackFormat
    status: PackStatus
    sha256: str | None
    size: Annotated[int | None, Field(description="Of the file, in bytes.")]
    url: str | None
    step_versions: dict[str, int]
    reason: Annotated[str | None, Field(description="Why it failed.")]
    created_by: str
    created_at: datetime
    updated_at: datetime


class BuildPackPage(Output):
    """A page of build packs, the latest first."""

    items: list[BuildPack]
    next_cursor: str | None
