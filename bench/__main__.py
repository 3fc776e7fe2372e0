"""`python -m bench [cold] [work] [rate] [notices] [reminders] [packs]`: prints what was asked for, or everything."""

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("cold", "work", "rate", "notices", "reminders", "packs")


def main() -> int:
    """Run the benchmarks; numbers are no tests, so the exit status is 0 whatever they are."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks, each as a ratio.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them by default")
    parser.add_argument("--rounds", type=int, default=15, help="cold starts of each function (15)")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there is {', '.join(PARTS)}")
    sys.path.insert(0, str(ROOT / "shared"))

    # Imported late: they need the layer's folder on the path.
    ground = importlib.import_module("bench.ground")
    with ground.ready() as place:
        for part in arguments.parts or PARTS:
            importlib.import_module(f"bench.{part}").run(place, arguments.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
