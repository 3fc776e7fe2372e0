"""What Agora is told."""

from pydantic import BaseModel


class NoticeTaken(BaseModel):
    """A notice was taken: `{}`. Agora asks for JSON, and reads nothing in it."""
