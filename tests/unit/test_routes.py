"""Which route a request is for."""

import pytest

from atelier.routes import Routes


@pytest.fixture
def routes() -> Routes[str]:
    """Some routes, the general ones first."""
    made: Routes[str] = Routes("/v1")
    made.add("GET", "/things/{thing_id}", "one")
    made.add("GET", "/things/{thing_id}/parts/{part_id}", "part")
    made.add("GET", "/things/new", "new")
    made.add("POST", "/things", "make")
    made.add("GET", "/things.csv", "table")
    return made


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/v1/things/thg_1", ("one", {"thing_id": "thg_1"})),
        ("GET", "/v1/things/thg_1/parts/prt_2", ("part", {"thing_id": "thg_1", "part_id": "prt_2"})),
        ("GET", "/v1/things/new", ("new", {})),
        ("POST", "/v1/things", ("make", {})),
        ("GET", "/v1/things.csv", ("table", {})),
    ],
)
def test_a_path_leads_to_its_route(routes: Routes[str], method: str, path: str, found: object) -> None:
    assert routes.find(method, path) == found


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/things/thg_1"),
        ("GET", "/v1/things"),
        ("GET", "/v1/things/"),
        ("GET", "/v1/things/thg_1/"),
        ("GET", "/v1/things/a/b"),
        ("GET", "/v1/thingsxcsv"),
        ("GET", "/things/thg_1"),
        ("GET", "/v2/v1/things/thg_1"),
        ("GET", ""),
    ],
)
def test_anything_else_leads_nowhere(routes: Routes[str], method: str, path: str) -> None:
    assert routes.find(method, path) is None
