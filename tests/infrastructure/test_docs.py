"""The documents a person reads: their links lead somewhere, and they name what there is."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.infrastructure import expanded
from tests.infrastructure.expanded import ROOT

DOCS = ROOT / "docs"
TARGET = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|(?:^ {4}[^\n]*\n?)+", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
OUTSIDE = ("https://", "http://", "mailto:")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|home|root|Users)/\w")
INDEX_HOST = re.compile(r"\b(?:files\.pythonhosted|py" + r"pi|artifactory|nexus|jfrog|npmjs)\.\w", re.IGNORECASE)
LOCAL_INDEX = re.compile(r"file:///|/opt/py" + r"pi")


def _documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    told = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(CODE.sub("", _text(path))))
    return {title.strip().replace(" ", "-") for title in told}


each_document = pytest.mark.parametrize("path", _documents(), ids=_name)


@each_document
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for target in TARGET.findall(CODE.sub("", _text(path))):
        if target.startswith(OUTSIDE):
            continue
        file, _, anchor = unquote(target).partition("#")
        there = (path.parent / file).resolve() if file else path
        found = there.is_relative_to(ROOT) and there.exists()
        if not found or (anchor and anchor not in _anchors(there)):
            broken.append(target)
    assert not broken


def test_every_function_and_route_is_in_the_architecture() -> None:
    text = _text(DOCS / "architecture.md")
    rows = {match[1]: match[0] for match in re.finditer(r"^\| `(\w+)` \|.*$", text, re.MULTILINE)}
    assert set(rows) == set(expanded.functions())
    told = {tuple(route) for row in rows.values() for route in re.findall(r"`([A-Z]+) (/v1/[^`]*)`", row)}
    assert told == {(method, path) for method, path, _ in expanded.operations()}


def test_every_route_is_told_with_its_function() -> None:
    text = _text(DOCS / "architecture.md")
    for method, path, operation in expanded.operations():
        uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        found = re.search(r"\$\{(\w+)\.Arn\}", uri)
        assert found
        row = re.search(rf"^\| `{expanded.folder_of(found[1])}` \|.*$", text, re.MULTILINE)
        assert row, path
        assert f"`{method} {path}`" in row[0]


def test_every_index_and_function_is_in_the_data_model() -> None:
    text = _text(DOCS / "data-model.md")
    indexes = {
        index["IndexName"] for index in expanded.only("AWS::DynamoDB::Table")["Properties"]["GlobalSecondaryIndexes"]
    }
    assert not {name for name in indexes | set(expanded.functions()) if f"`{name}`" not in text}


def test_every_kind_of_item_is_in_the_data_model() -> None:
    declared = {
        kind
        for path in (ROOT / "shared" / "atelier").rglob("*.py")
        for kind in re.findall(r'^class \w+\(.*discriminator="(\w+)"\)', _text(path), re.MULTILINE)
    }
    told = set(re.findall(r"^\| `(\w+)` \| `[A-Z]+#", _text(DOCS / "data-model.md"), re.MULTILINE))
    assert told == declared


def test_every_parameter_is_in_the_deployment_guide() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.+) \|$", _text(DOCS / "deployment.md"), re.MULTILINE)
    told = {name: (default.strip("`").replace("empty", ""), meaning) for name, default, meaning in rows}
    assert {name: told.get(name) for name in expanded.source()["Parameters"]} == {
        name: (str(declared["Default"]), " ".join(declared["Description"].split()))
        for name, declared in expanded.source()["Parameters"].items()
    }


def test_every_decision_is_in_the_index_under_its_title() -> None:
    index = _text(DOCS / "decisions" / "README.md")
    for path in (DOCS / "decisions").glob("[0-9]*.md"):
        number, _, title = _text(path).partition("\n")[0].removeprefix("# ").partition(". ")
        assert int(number) == int(path.name.partition("-")[0])
        assert f"| [{number}]({path.name}) | {title} |" in index


def test_every_decision_says_what_it_would_take_to_revert_it() -> None:
    for path in (DOCS / "decisions").glob("[0-9]*.md"):
        assert {"Context", "Options", "Decision", "Cost to revert"} <= set(
            re.findall(r"^## (.+)$", _text(path), re.MULTILINE)
        ), path.name


def test_every_make_target_that_is_told_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", _text(ROOT / "Makefile"), re.MULTILINE))
    for path in _documents():
        told = set(re.findall(r"(?:`|^ {4}|&& |[A-Z]=\S+ )make ([a-z][a-z0-9-]*)", _text(path), re.MULTILINE))
        assert not told - targets, _name(path)


@cache
def _committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def _texts() -> Iterator[tuple[str, str]]:
    for path in _committed():
        try:
            yield _name(path), _text(path)
        except UnicodeDecodeError:
            continue


@pytest.mark.parametrize("pattern", [MACHINE_PATH, INDEX_HOST, LOCAL_INDEX], ids=["path", "host", "local index"])
def test_no_committed_text_names_a_machine_or_a_package_index(pattern: re.Pattern[str]) -> None:
    own = _name(Path(__file__))
    assert not {name: found[0] for name, text in _texts() if name != own and (found := pattern.search(text))}
