"""What a process took."""

import re
import resource
from pathlib import Path


def peak_mb() -> float:
    """The most memory that this process has held, in MB.

    Linux gives it since the program began; what getrusage gives would be that of the process it was forked from, where
    that held more.
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii")) if status.exists() else None
    kilobytes = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 1024
