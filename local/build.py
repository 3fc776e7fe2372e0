"""Builds when sources changed, and gives every running cloud its own view of the result."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.errors import LocalError
from local.places import BUILD, ROOT, Home

STAMP = BUILD.parent / "local-build.sha256"
BUILD_LOCK = BUILD.parent / "local-build.lock"


def source_files() -> Iterator[Path]:
    """Everything a build depends on."""
    yield ROOT / "template.yaml"
    for folder in ("functions", "shared"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def fingerprint() -> str:
    """A digest of the sources' contents; times would change with every checkout."""
    digest = hashlib.sha256()
    for path in source_files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build_if_changed() -> bool:
    """Run the same steps as `make build`, unless the last build was of these very sources; says whether it ran.

    Raises:
        LocalError: the build failed; its own words are on the terminal.
    """
    BUILD.parent.mkdir(exist_ok=True)
    with exclusive(BUILD_LOCK):
        wanted = fingerprint()
        if (BUILD / "template.yaml").exists() and STAMP.exists() and STAMP.read_text() == wanted:
            return False
        STAMP.unlink(missing_ok=True)
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        command = ["make", "--no-print-directory", "build"]
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalError(f"The build failed:\n{done.stdout}{done.stderr}".rstrip())
        STAMP.write_text(wanted)
        return True


def take_view(home: Home) -> Path:
    """This cloud's view of the build: hard links, so it costs no space and a later build leaves it alone."""
    shutil.rmtree(home.artefacts, ignore_errors=True)
    with exclusive(BUILD_LOCK):
        shutil.copytree(BUILD, home.artefacts, copy_function=_link)
    return home.artefacts


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target)
    return target


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file; the system drops it should this process die."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
