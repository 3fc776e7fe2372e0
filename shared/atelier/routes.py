"""Which route of a function a request is for. Powertools' resolver does this too, at a tenth of a cold start."""

import re
from collections.abc import Mapping

_PARAMETER = re.compile(r"\{(\w+)\}")


class Routes[T]:
    """What stands behind methods and paths such as `/workshops/{workshop_id}`."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._by_method: dict[str, list[tuple[re.Pattern[str], T]]] = {}

    def add(self, method: str, path: str, target: T) -> None:
        """Puts something behind a path; a parameter stands for one part of it, whatever that holds."""
        parts = _PARAMETER.split(path)
        pattern = "".join(f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
        routes = self._by_method.setdefault(method, [])
        # A path without parameters goes first: `/things/new` is not the thing of id `new`.
        routes.insert(len(routes) if len(parts) > 1 else 0, (re.compile(self._prefix + pattern), target))

    def find(self, method: str, path: str) -> tuple[T, Mapping[str, str]] | None:
        """What stands behind a path, and the values of its parameters; None where there is nothing."""
        for pattern, target in self._by_method.get(method, ()):
            if match := pattern.fullmatch(path):
                return target, match.groupdict()
        return None
