"""What goes wrong on purpose, with which chance."""

import random
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Failure:
    """An answer to give instead. after: the call is carried out all the same, and only its answer is lost."""

    status: int = 500
    code: int | None = None
    reason: str = "made to fail"
    after: bool = False


@dataclass(slots=True)
class Faults:
    """What misbehaves. Shares are chances from 0 to 1, drawn from a generator of `seed`.

    duplicate: a notice is sent once more, under the same id or another. shuffle: seconds that a notice may be late, at
    random. delay: seconds that every notice is late. forge: a notice is followed by one that says something else and
    is signed with a wrong secret. drop: a notice is never sent.
    down: `503` answers every request so; `unreachable` breaks every connection off.
    lose: so many of the next starts are answered and lead to nothing, without a word.
    backup: recordings end with 32 instead of 31, and their files are late.
    tells_sid: the answer that something was started already names its sid, which Agora does not promise.
    """

    seed: int = 1
    duplicate: float = 0.0
    shuffle: float = 0.0
    delay: float = 0.0
    forge: float = 0.0
    drop: float = 0.0
    down: str = ""
    lose: int = 0
    backup: bool = False
    tells_sid: bool = False
    failures: dict[str, list[Failure]] = field(default_factory=dict)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - the same faults for the same seed

    def happens(self, share: float) -> bool:
        """Whether something of this chance happens now."""
        return share > 0 and self.dice.random() < share

    def set(self, wanted: dict[str, Any]) -> None:
        """Takes some of the settings from their names. Raises ValueError for an unknown one or another type."""
        kinds = {setting.name: setting.type for setting in fields(self)}
        for name, value in wanted.items():
            kind = kinds.get(name)
            if not isinstance(kind, type) or kind not in (int, float, str, bool):
                raise ValueError(f"there is no setting {name!r}")
            if not isinstance(value, (int, float) if kind is float else kind):
                raise ValueError(f"{name} takes a value of type {kind.__name__}")
            setattr(self, name, value)
        if "seed" in wanted:
            self.dice.seed(self.seed)

    def clear(self) -> None:
        """Takes everything back to where nothing misbehaves."""
        fresh = Faults()
        for setting in fields(self):
            setattr(self, setting.name, getattr(fresh, setting.name))

    def next_failure(self, call: str) -> Failure | None:
        """The failure that the next request of a kind was told to meet."""
        waiting = self.failures.get(call)
        return waiting.pop(0) if waiting else None
