"""The template as the tests stand in for what AWS makes of it: tables, routes, streams."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, whose values nobody here looks at."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {suffix: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


@cache
def resources() -> dict[str, Any]:
    """Every resource of the template, by its logical id."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, _Loader)["Resources"]  # noqa: S506 - a SafeLoader
    return found


def events(kind: str) -> Iterator[dict[str, Any]]:
    """The properties of every event of a kind that some function answers to."""
    for resource in resources().values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == kind:
                yield event["Properties"]
