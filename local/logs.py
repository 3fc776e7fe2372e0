"""Turns what functions log into lines a person can read.

Requests are told by the front, one line each. Of the functions' own words this shows what that line does not say:
warnings, errors, and the work of functions nobody called over HTTP. Metrics stay out of sight.
"""

import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.places import LAYER

REQUEST_MESSAGE = "request"
HIDDEN_KEYS = {
    "level", "location", "message", "timestamp", "service", "cold_start", "function_name", "function_memory_size",
    "function_arn", "function_request_id", "xray_trace_id", "correlation_id", "request_id", "sampling_rate",
    "exception", "stack_trace",
}  # fmt: skip
FUNCTION_FILES = re.compile(r"/var/task/|[^\s\"]*/ministack-lambda-[^/]+/code/")
LAYER_FILES = re.compile(rf"/opt/python/|[^\s\"]*/artefacts/{LAYER}/python/")
LOUD = {"WARNING", "ERROR", "CRITICAL"}


class Console:
    """The terminal, one whole line at a time."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self.quiet = quiet

    def name_functions(self, functions: dict[str, str]) -> None:
        """Call functions by their short names from now on."""
        self._names = {physical: short_name(logical) for logical, physical in functions.items()}

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Tell only of trouble for a while."""
        before, self.quiet = self.quiet, True
        try:
            yield
        finally:
            self.quiet = before

    def say(self, text: str = "") -> None:
        """Print a line of our own."""
        with self._lock:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def tell_request(self, method: str, path: str, status: int, ms: float) -> None:
        """One line for one request."""
        if not self.quiet:
            self.say(f"{_clock()} {status} {ms:6.0f} ms  {method:6} {path}")

    def tell_invocation(self, line: str) -> None:
        """What one invocation of a function logged, as far as it is news."""
        invocation = json.loads(line)
        name = self._names.get(invocation["function"], invocation["function"])
        told = self.quiet and not invocation["error"]
        for text in _at_source(invocation["log"], name).splitlines():
            entry = _entry(text)
            if entry is None:
                self.say(f"{_clock()}        {name:12} {text}")
                told = True
            elif "_aws" in entry or (self.quiet and entry.get("level") not in LOUD):
                continue
            elif entry.get("message") == REQUEST_MESSAGE and "method" in entry:
                told = True
            else:
                self.say(f"{_clock()}        {name:12} {_readable(entry)}")
                told = True
        if not told:
            outcome = "failed" if invocation["error"] else "done"
            self.say(f"{_clock()}        {name:12} {outcome} in {invocation['duration_ms']} ms")


def short_name(logical_id: str) -> str:
    """`RecordingWebhookFunction` is told as `recording_webhook`."""
    bare = logical_id.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in bare).lstrip("_")


def _at_source(log: str, name: str) -> str:
    """Name files as the developer knows them, not where Lambda or the emulator put their copies."""
    return LAYER_FILES.sub("shared/", FUNCTION_FILES.sub(f"functions/{name}/", log))


def _entry(text: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _readable(entry: dict[str, Any]) -> str:
    shown = [str(entry.get("message", ""))]
    if entry.get("level") in LOUD:
        shown.insert(0, str(entry["level"]))
    shown += [f"{key}={value}" for key, value in entry.items() if key not in HIDDEN_KEYS]
    trace = str(entry.get("exception", "")).strip()
    return "\n    ".join([" ".join(shown), *trace.splitlines()])


def _clock() -> str:
    return time.strftime("%H:%M:%S")
