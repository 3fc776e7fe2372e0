"""How the code is laid out: who may import whom, what a module may be called, how long a file may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infrastructure.expanded import FUNCTIONS, ROOT

LAYER = ROOT / "shared" / "atelier"
CODE = ("functions", "shared/atelier", "local", "tests", "bench")
CATCH_ALLS = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
LONGEST_FILE = 400
LONGEST_FUNCTION_MODULE = 250


def _modules() -> list[Path]:
    return sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""


def _package(module: str) -> str:
    return module.partition(".")[0]


def test_the_layer_never_imports_what_stands_on_it() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in LAYER.rglob("*.py")
        for module in _imports(path)
        if _package(module) in {"functions", "local", "tests", "bench"}
    ]
    assert not wrong


def test_functions_import_the_layer_and_not_each_other() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in FUNCTIONS.rglob("*.py")
        for module in _imports(path)
        if _package(module) in {"functions", "local", "tests", "bench"}
    ]
    assert not wrong


def test_only_http_knows_http() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in LAYER.rglob("*.py")
        if path.name != "http.py"
        for module in _imports(path)
        if module.startswith("aws_lambda_powertools.event_handler")
    ]
    assert not wrong


def test_no_module_is_a_catch_all() -> None:
    assert not [str(path.relative_to(ROOT)) for path in _modules() if {path.stem, path.parent.name} & CATCH_ALLS]


def test_no_file_is_too_long_to_read() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in _modules()}
    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE}
    assert not {
        path: lines
        for path, lines in lengths.items()
        if path.startswith("functions/") and lines > LONGEST_FUNCTION_MODULE
    }


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
def test_nothing_is_left_for_later(word: str) -> None:
    assert not [str(path.relative_to(ROOT)) for path in _modules() if word in path.read_text(encoding="utf-8")]
