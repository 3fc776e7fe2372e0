"""The tour is what a newcomer runs first."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from local.places import ROOT


def test_the_tour_is_told_to_its_end(shared_run: dict[str, Any]) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "local", "tour"],
        cwd=ROOT,
        env=os.environ | {"ATELIER_LOCAL_DIR": str(Path(shared_run["stack"]).parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr + told.stdout[-2000:]
    assert told.stdout.splitlines()[-1].startswith("The end: ")
    for shown in (
        "bad_signature",
        "to be watched for 15 minutes at http",
        "List-Unsubscribe: <http",
        "is your code",
        "public/check-ins?code=",
    ):
        assert shown in told.stdout
