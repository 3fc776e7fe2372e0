"""What becomes of an edit: copied, compiled, or refused."""

import importlib.util
import os
from pathlib import Path

import pytest

from local.reload import Mirror, mistake

UNCHECKED_HASH = 0b01


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    source, built = tmp_path / "source", tmp_path / "built"
    source.mkdir()
    built.mkdir()
    (source / "app.py").write_text("ANSWER = 1\n")
    mirror = Mirror(source, built, {})
    mirror.copy({source / "app.py"}, set())
    return mirror


def bytecode(path: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(path)))


def test_an_edit_is_copied_and_compiled_as_the_build_does(mirror: Mirror) -> None:
    built = mirror.built / "app.py"
    before = bytecode(built).read_bytes()
    (mirror.source / "app.py").write_text("ANSWER = 2\n")
    mirror.copy({mirror.source / "app.py"}, set())
    assert built.read_text() == "ANSWER = 2\n"
    after = bytecode(built).read_bytes()
    assert after != before
    assert after[4] == UNCHECKED_HASH


def test_a_file_shared_with_another_cloud_is_replaced_not_written(mirror: Mirror, tmp_path: Path) -> None:
    others = tmp_path / "others.py"
    os.link(mirror.built / "app.py", others)
    (mirror.source / "app.py").write_text("ANSWER = 2\n")
    mirror.copy({mirror.source / "app.py"}, set())
    assert others.read_text() == "ANSWER = 1\n"


def test_a_deleted_file_goes_with_its_bytecode(mirror: Mirror) -> None:
    mirror.copy(set(), {mirror.source / "app.py"})
    assert not (mirror.built / "app.py").exists()
    assert not bytecode(mirror.built / "app.py").exists()


def test_a_new_folder_arrives(mirror: Mirror) -> None:
    new = mirror.source / "domain" / "rules.py"
    new.parent.mkdir()
    new.write_text("X = 1\n")
    mirror.copy({new}, set())
    assert (mirror.built / "domain" / "rules.py").read_text() == "X = 1\n"


def test_bytecode_and_caches_are_not_watched(mirror: Mirror) -> None:
    cache = mirror.source / "__pycache__"
    cache.mkdir()
    (cache / "app.pyc").write_bytes(b"")
    assert set(mirror.snapshot()) == {mirror.source / "app.py"}


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [("app.py", "def f(:\n", True), ("app.py", "def f(): ...\n", False), ("notes.txt", "def f(:\n", False)],
)
def test_only_code_that_does_not_compile_is_a_mistake(tmp_path: Path, name: str, content: str, wrong: bool) -> None:
    file = tmp_path / name
    file.write_text(content)
    assert (mistake(file) is not None) is wrong
