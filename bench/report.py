"""How results are put: one line each, with the ratio, the goal and whether it is met."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Result:
    """Samples of something and of what it is held against. `goal` is the highest ratio that will do; None sets none."""

    name: str
    ours: Sequence[float]
    theirs: Sequence[float]
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """Our median over theirs."""
        return median(self.ours) / median(self.theirs)

    @property
    def is_missed(self) -> bool:
        """Whether there is a goal that was not reached."""
        return self.goal is not None and self.ratio > self.goal


def show(title: str, unit: str, ours: str, theirs: str, results: Sequence[Result]) -> None:
    """Prints a table: medians with their range, ratio, goal."""
    print(f"\n{title}\n")
    head = ("", f"{ours}, {unit}", f"{theirs}, {unit}", "ratio", "goal", "")
    lines = [head, *map(_line, results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        print("  " + "   ".join(cells).rstrip())


def _line(result: Result) -> tuple[str, ...]:
    goal = "-" if result.goal is None else f"{result.goal:.2f}"
    verdict = "" if result.goal is None else "MISSED" if result.is_missed else "met"
    return result.name, _spread(result.ours), _spread(result.theirs), f"{result.ratio:.2f}", goal, verdict


def _spread(samples: Sequence[float]) -> str:
    return f"{median(samples):.2f} ({min(samples):.2f}..{max(samples):.2f})"
