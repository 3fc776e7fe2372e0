"""How large a test is: small enough for every run, or as large as it was meant to be.

ATELIER_SIZE=full plays the large ones. Small or large, what must hold is the same.
"""

import os

IS_FULL = os.environ.get("ATELIER_SIZE") == "full"


def size(usual: int, full: int) -> int:
    """The number that this run is made with."""
    return full if IS_FULL else usual
