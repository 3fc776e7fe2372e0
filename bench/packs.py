"""Build packs of ten outputs, each as large as they may be: what they take of a function's time and memory."""

import subprocess
import sys
import time

from bench.ground import Place
from bench.report import Result, show

TIMEOUT_S, MEMORY_MB, WHOLE_PROCESSOR_MB = 180, 512, 1769
GOAL = 0.6
STEPS = 10
FORMATS = ("markdown", "json", "pdf")


def run(_place: Place, _: int) -> None:
    """Measures each format in a process of its own, whose most memory is its own, and prints."""
    seconds, memory = [], []
    for format_type in FORMATS:
        done = subprocess.run(
            [sys.executable, "-m", "bench.packs", format_type],
            env={"PYTHONPATH": "shared"},
            capture_output=True,
            text=True,
            check=True,
        )
        processor_s, megabytes = map(float, done.stdout.split())
        # Lambda gives processor time by memory.
        seconds.append(Result(format_type, [processor_s * WHOLE_PROCESSOR_MB / MEMORY_MB], [TIMEOUT_S], GOAL))
        memory.append(Result(format_type, [megabytes], [MEMORY_MB], GOAL))
    show("Build packs of ten outputs of 200 KB", "s", "taken", "timeout", seconds)
    show("The same, in memory", "MB", "at most", "there is", memory)


def _measure(format_type: str) -> None:
    from tests import memory, packs  # noqa: PLC0415 - only the child, whose memory is measured, makes packs

    packs.rendered(format_type, *[packs.large()] * STEPS)
    print(time.process_time(), memory.peak_mb())


if __name__ == "__main__":
    _measure(sys.argv[1])
