"""The pinned requirements: complete, hashed, and free of any place to download from."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.infrastructure.expanded import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
DEPENDENCIES = PROJECT["project"]["dependencies"]
FOLLOWS_FROM = {
    "shared/requirements.txt": DEPENDENCIES,
    "functions/packs/requirements.txt": GROUPS["packs"],
    "requirements-dev.txt": DEPENDENCIES + GROUPS["dev"] + GROUPS["packs"],
    "requirements-sam.txt": GROUPS["sam"],
    "local/requirements.txt": GROUPS["local"],
    "requirements-uv.txt": GROUPS["uv"],
}
PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")

each_file = pytest.mark.parametrize("file", sorted(FOLLOWS_FROM))


def _pins(file: str) -> dict[str, str]:
    pins = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if found := PIN.fullmatch(line):
            pins[found[1]] = found[2]
        else:
            assert HASH.fullmatch(line), f"{file} holds more than names, versions and hashes: {line!r}"
    return pins


@each_file
def test_a_requirements_file_holds_names_versions_and_hashes_only(file: str) -> None:
    assert _pins(file)


@each_file
def test_the_pins_are_within_the_projects_bounds(file: str) -> None:
    pins = _pins(file)
    for wanted in map(Requirement, FOLLOWS_FROM[file]):
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), wanted


@pytest.mark.parametrize("shipped", ["shared/requirements.txt", "functions/packs/requirements.txt"])
def test_tests_run_with_the_versions_that_are_shipped(shipped: str) -> None:
    tested = _pins("requirements-dev.txt")
    assert {name: tested.get(name) for name in _pins(shipped)} == _pins(shipped)


def test_no_function_brings_another_version_of_what_the_layer_has() -> None:
    layer, own = _pins("shared/requirements.txt"), _pins("functions/packs/requirements.txt")
    assert {name: own[name] for name in own.keys() & layer} == {name: layer[name] for name in own.keys() & layer}


@pytest.mark.parametrize("file", ["pyproject.toml", "Makefile", ".github/workflows/ci.yml", ".ci/run"])
def test_no_index_is_named(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not re.search(r"(?<!no-emit-)index-url|find-links|tool\.uv\.index|py" + r"pi\.", text)
