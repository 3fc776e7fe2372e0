"""Recordings as they go over the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from atelier.text import Output

type RecordingStatus = Literal["starting", "recording", "processing", "ready", "failed"]


class RecordingPart(Output):
    """A part of what was recorded: long recordings, and those that were interrupted, have several."""

    id: str
    status: RecordingStatus
    started_at: Annotated[datetime | None, Field(description="The first recorded frame.")]
    offset_ms: Annotated[
        int | None, Field(description="From actual_started_at to the first recorded frame, as chat messages count.")
    ]
    duration_s: int | None
    url: Annotated[str | None, Field(description="For 15 minutes, once it is ready.")]


class RecordingPage(Output):
    """All parts of a workshop's recordings, in the order of their time."""

    items: list[RecordingPart]
    next_cursor: None = None
