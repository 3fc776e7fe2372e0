"""Which route API Gateway finds for a request: the gateway tells a function that, and the values in the path."""

import re
from collections.abc import Iterable
from functools import cache

from tests import template

_PARAMETER = re.compile(r"\{(\w+)\}")

type Route = tuple[str, str]
"""A method, and a path with `{parameters}`."""


@cache
def deployed_routes() -> tuple[Route, ...]:
    """The routes of the template, those without parameters first, as the gateway prefers them."""
    routes = ((event["Method"], event["Path"]) for event in template.events("HttpApi"))
    return tuple(sorted(routes, key=lambda route: "{" in route[1]))


def found(method: str, path: str, routes: Iterable[Route]) -> tuple[str, dict[str, str]]:
    """The route key of a request and the values of its parameters. A request that has no route keeps its own path."""
    for wanted, pattern in routes:
        parts = _PARAMETER.split(pattern)
        expression = "".join(f"(?P<{part}>[^/]+)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts))
        if wanted == method and (match := re.fullmatch(expression, path)):
            return f"{method} {pattern}", match.groupdict()
    return f"{method} {path}", {}
