"""The ten steps as they are explained to people: texts of our own, in a file that has a version."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from atelier.guided.items import STEPS

_FILE = Path(__file__).with_name("definitions.toml")


@dataclass(frozen=True, slots=True)
class Definition:
    """One step. prompt_template: what to think through, with `{{title}}` and earlier steps as `{{empathize}}`."""

    id: str
    order: int
    name: str
    description: str
    prompt_template: str


@dataclass(frozen=True, slots=True)
class Definitions:
    """All ten, and which version of the texts they are."""

    version: int
    steps: tuple[Definition, ...]


@cache
def definitions() -> Definitions:
    """The step definitions, read once per process."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Definitions(
        read["version"],
        tuple(
            Definition(
                step["id"],
                STEPS.index(step["id"]) + 1,
                step["name"],
                step["description"].strip(),
                step["prompt_template"].strip(),
            )
            for step in read["steps"]
        ),
    )
