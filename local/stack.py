"""`stack.json`: how tests, tools and people find the running local cloud."""

import json
import os
import tempfile
from pathlib import Path
from typing import TypedDict

from local.errors import LocalError


class User(TypedDict):
    """A person of the local cloud and a token that is theirs."""

    id: str
    token: str


class Agora(TypedDict):
    """The Agora project the cloud pretends to have. url: of the simulator that stands in for Agora's servers."""

    url: str
    app_id: str
    app_certificate: str
    webhook_secret: str


class Aws(TypedDict):
    """Where the emulated AWS is."""

    endpoint_url: str
    region: str
    table: str


class Stack(TypedDict):
    """All of `stack.json`."""

    api: str
    users: dict[str, User]
    agora: Agora
    aws: Aws


def read_stack(path: Path) -> Stack:
    """The running cloud's description.

    Raises:
        LocalError: no cloud is running there.
    """
    try:
        stack: Stack = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LocalError(f"No local cloud is running ({path} is not there). Start one with `make start`.") from None
    return stack


def write_stack(path: Path, stack: Stack) -> None:
    """Replace the file in one step, so that nobody ever reads half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(stack, file, indent=2)
        file.write("\n")
    Path(name).replace(path)
