"""Builds when sources changed, and gives every running cloud its own view of the result."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.places import BUILD, LAYER, PACKAGE, PACKAGES, ROOT, Home

STAMP = BUILD.parent / "local-build.sha256"
BUILD_LOCK = BUILD.parent / "local-build.lock"


def source_files() -> Iterator[Path]:
    """Everything a build depends on."""
    yield from (ROOT / "template.yaml", ROOT / "Makefile")
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


@dataclass(frozen=True, slots=True)
class View:
    """One cloud's own copy of the build, so that a later build does not pull it away.

    artefacts: template, functions, and of the layer only our package, which edits change.
    packages: everything else of the layer; thousands of files, so all clouds share one copy per set of requirements.
    """

    artefacts: Path
    packages: Path


def take_view(home: Home) -> View:
    """Copy what was built."""
    shutil.rmtree(home.artefacts, ignore_errors=True)
    layer = Path(LAYER, "python")
    with exclusive(BUILD_LOCK):
        packages = _packages(BUILD / layer)
        for source in BUILD.iterdir():
            if source.name != LAYER:
                _copy(source, home.artefacts / source.name)
        _copy(BUILD / layer / PACKAGE, home.artefacts / layer / PACKAGE)
    return View(home.artefacts, packages)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _packages(layer: Path) -> Path:
    """The layer without our package, by hard links, made once for these requirements."""
    requirements = (ROOT / "shared" / "requirements.txt").read_bytes()
    packages = PACKAGES / hashlib.sha256(requirements).hexdigest()[:16]
    if not packages.exists():
        fresh = packages.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(layer, fresh, copy_function=_link, ignore=_leave_out_package)
        fresh.rename(packages)
    return packages


def _leave_out_package(folder: str, _names: list[str]) -> list[str]:
    return [PACKAGE] if folder.endswith("python") else []


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
