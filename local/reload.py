"""Makes an edit live without a restart: copy it into the artefacts, compile it, give the emulator the new code."""

import importlib.util
import os
import py_compile
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.deploy import Deployment, zip_folder
from local.expand import read_template
from local.front import Lanes
from local.logs import Console, short_name
from local.places import LAYER, PACKAGE, ROOT

INTERVAL_SECONDS = 0.25

type Snapshot = dict[Path, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Mirror:
    """A source folder, the built folder that holds its copy, and the functions that run it with their code folders."""

    source: Path
    built: Path
    functions: dict[str, Path]

    def snapshot(self) -> Snapshot:
        """Every file with its size and time of change."""
        found: Snapshot = {}
        for path in self.source.rglob("*"):
            if "__pycache__" not in path.parts and path.is_file():
                stat = path.stat()
                found[path] = (stat.st_mtime_ns, stat.st_size)
        return found

    def copy(self, changed: set[Path], gone: set[Path]) -> None:
        """Bring the built folder up to date."""
        for path in gone:
            target = self.built / path.relative_to(self.source)
            target.unlink(missing_ok=True)
            Path(importlib.util.cache_from_source(str(target))).unlink(missing_ok=True)
        for path in changed:
            target = self.built / path.relative_to(self.source)
            target.parent.mkdir(parents=True, exist_ok=True)
            # By rename: the built file may be one and the same, by hard link, with another cloud's.
            fresh = target.with_name(f".{target.name}.new")
            shutil.copyfile(path, fresh)
            fresh.replace(target)
            if target.suffix == ".py":
                # Bytecode of a build is never checked against its source: it has to be made anew.
                py_compile.compile(
                    str(target), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
                )


def mistake(path: Path) -> str | None:
    """What the compiler says against a source file."""
    if path.suffix != ".py":
        return None
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else "?"
        return f"{os.path.relpath(path, ROOT)}, line {line}: {error}"
    return None


def mirrors(artefacts: Path) -> list[Mirror]:
    """Which source folder went where in the build."""
    source, built = (read_template(folder / "template.yaml")["Resources"] for folder in (ROOT, artefacts))
    found: list[Mirror] = []
    every = {
        name: artefacts / resource["Properties"]["CodeUri"]
        for name, resource in built.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    for name, resource in source.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            found.append(Mirror(ROOT / properties["CodeUri"], every[name], {name: every[name]}))
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            layer = artefacts / LAYER / "python" / PACKAGE
            found.append(Mirror(ROOT / properties["ContentUri"] / PACKAGE, layer, every))
    return found


@dataclass(slots=True)
class Reloader:
    """Watches the sources in the background."""

    lambda_client: Any
    deployment: Deployment
    artefacts: Path
    lanes: Lanes
    console: Console
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Watch from now on."""
        watched = mirrors(self.artefacts)
        seen = [mirror.snapshot() for mirror in watched]
        self._thread = threading.Thread(target=self._watch, args=(watched, seen), daemon=True, name="reload")
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _watch(self, watched: list[Mirror], live: list[Snapshot]) -> None:
        seen = list(live)
        template = ROOT / "template.yaml"
        template_time = template.stat().st_mtime_ns
        while not self._stop.wait(INTERVAL_SECONDS):
            try:
                for number, mirror in enumerate(watched):
                    now = mirror.snapshot()
                    if now == seen[number]:
                        continue
                    seen[number] = now
                    # Against what is live, not the last look: what a mistake held back goes along with its repair.
                    changed = {path for path, state in now.items() if live[number].get(path) != state}
                    if self._apply(mirror, changed, set(live[number]) - set(now)):
                        live[number] = now
                if template.stat().st_mtime_ns != template_time:
                    template_time = template.stat().st_mtime_ns
                    self.console.say("template.yaml changed: restart to deploy it.")
            except OSError:
                continue  # a file went away between being listed and being read; the next look sees the rest

    def _apply(self, mirror: Mirror, changed: set[Path], gone: set[Path]) -> bool:
        if mistakes := [text for path in sorted(changed) if (text := mistake(path))]:
            self.console.say("Not reloaded; the last good code stays live:\n  " + "\n  ".join(mistakes))
            return False
        with self.lanes.paused():
            self._replace(mirror, changed, gone)
        names = ", ".join(sorted(os.path.relpath(path, ROOT) for path in changed | gone))
        whom = short_name(next(iter(mirror.functions))) if len(mirror.functions) == 1 else "every function"
        self.console.say(f"Reloaded {whom}: {names}")
        return True

    def _replace(self, mirror: Mirror, changed: set[Path], gone: set[Path]) -> None:
        mirror.copy(changed, gone)
        physical = self.deployment.functions()
        for name, folder in mirror.functions.items():
            # New code ends the function's running processes; the next request starts one that imports the edit.
            self.lambda_client.update_function_code(FunctionName=physical[name], ZipFile=zip_folder(folder))
