"""Who is calling."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The person a checked access token speaks for. `name` is what the identity provider calls them, if it says so."""

    id: str
    is_admin: bool = False
    name: str | None = None
    email: str | None = None
