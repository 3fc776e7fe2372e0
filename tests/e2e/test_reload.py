"""An edit is live without a restart. Tried on a copy of the project, with a cloud of its own, so that nothing here is
touched.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.build import BUILD_LOCK, STAMP, exclusive
from local.places import BUILD, ROOT
from local.stack import read_stack
from tests.e2e.scenes import eventually

COPIED = ("functions", "shared", "local", "template.yaml", "Makefile")
LINKED = (".venv", ".local/ministack", ".local/sam", ".local/uv")
READY_SECONDS = 120.0
FUNCTION = Path("functions", "accounts", "app.py")
LAYER = Path("shared", "atelier", "accounts", "schemas.py")


def _copy_project(to: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, to / name)
    for name in LINKED:
        (to / name).parent.mkdir(exist_ok=True)
        (to / name).symlink_to(ROOT / name)
    built = to / BUILD.relative_to(ROOT)
    with exclusive(BUILD_LOCK):
        shutil.copytree(BUILD, built, copy_function=os.link)
        if STAMP.exists():
            shutil.copy2(STAMP, built.parent)


@pytest.fixture
def project(shared_run: object, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A copy of the project, and the address of the API that runs from it."""
    copy = tmp_path / "project"
    copy.mkdir()
    _copy_project(copy)
    home, log = copy / "cloud", copy / "cloud.log"
    environ = os.environ | {
        "ATELIER_LOCAL_DIR": str(home),
        "PORT": "0",
        "KEEP": "",
        "QUIET": "1",
        "RELOAD": "1",
        "STOP_WITH_PID": str(os.getpid()),
    }
    with log.open("w") as output:
        cloud = subprocess.Popen(
            [sys.executable, "-m", "local", "start"],
            cwd=copy,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not (home / "stack.json").exists():
            assert cloud.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < deadline, log.read_text()[-4000:]
            time.sleep(0.1)
        yield copy, read_stack(home / "stack.json")["api"]
    finally:
        cloud.send_signal(signal.SIGTERM)
        cloud.wait(30)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_edits_go_live_without_a_restart_and_mistakes_do_not(project: tuple[Path, str]) -> None:
    copy, address = project

    def health() -> tuple[int, str]:
        answer = httpx.get(f"{address}/health", timeout=60)
        return answer.status_code, answer.json()["status"]

    assert health() == (200, "ok")
    _edit(copy / FUNCTION, "http.Answer(200, schemas.Health())", "http.Answer(203, schemas.Health())")
    eventually(health, (203, "ok"))
    _edit(copy / LAYER, 'status: Literal["ok"] = "ok"', 'status: Literal["fine"] = "fine"')
    eventually(health, (203, "fine"))
    _edit(copy / FUNCTION, "http.Answer(203, schemas.Health())", "http.Answer(202, schemas.Health()")
    eventually(lambda: "Not reloaded" in (copy / "cloud.log").read_text(), wish=True)
    assert health() == (203, "fine")
    _edit(copy / FUNCTION, "http.Answer(202, schemas.Health()", "http.Answer(202, schemas.Health())")
    eventually(health, (202, "fine"))
