"""A private series while it is made and while it goes on: nothing of it is ever in a public list, feed or count."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from atelier import clock, http
from atelier.categories import counts
from atelier.series import making
from atelier.table import Item
from atelier.workshops.items import Workshop
from tests import workshops
from tests.calling import World, call, id_of
from tests.faults import after_each_write
from tests.series import ask, begun, dates_of, made_by, roll, wanted

PUBLIC_LISTS: tuple[dict[str, Any], ...] = ({}, {"past": True}, {"host": id_of("host")}, {"status": "scheduled"})


@pytest.fixture(autouse=True)
def _in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody reads within a request may take its time."""
    monkeypatch.setattr(http, "START_WITHIN_S", 60.0)


class Reader:
    """Somebody who reads every public list whenever anything was written."""

    def __init__(self, category_id: str) -> None:
        self.category_id = category_id
        self.rounds = 0
        self.seen: set[str] = set()

    def watch(self, act: Callable[[], object]) -> None:
        """Reads after each write of `act`, and once more after it."""
        with after_each_write(self._read):
            act()
        self._read()

    def _read(self) -> None:
        for query in (*PUBLIC_LISTS, {"category": self.category_id}):
            self.seen |= set(workshops.ids(workshops.ask("GET", user="stranger", limit=5, **query)))
        self.seen |= {row.id for row in Item.by_feed.query("FEED#open") if isinstance(row, Workshop)}
        if counts.recount(self.category_id):
            self.seen.add("counted")
        self.rounds += 1


def make(world: World, category_id: str) -> Callable[[], object]:
    world.meet("host")
    body = wanted(rrule="FREQ=DAILY", is_private=True, category_id=category_id)

    def make_two() -> None:
        assert [ask("POST", body=body).status for _ in range(2)] == [201, 201]

    return make_two


def go_on(_world: World, category_id: str) -> Callable[[], object]:
    early = clock.now() - timedelta(days=80)
    for _ in range(2):
        begun(early, rrule="FREQ=DAILY", is_private=True, category_id=category_id)
    return lambda: [roll(early + timedelta(days=day)) for day in range(5, 81, 25)]


@pytest.mark.parametrize("act", [make, go_on])
def test_nothing_of_it_shows_at_any_moment(world: World, act: Any, stream: Any) -> None:
    category_id = world.category()["id"]
    reader = Reader(category_id)
    reader.watch(act(world, category_id))
    stream.run()
    reader.watch(lambda: None)
    assert reader.rounds >= 4, "after each of two writes or more, and twice in the end"
    assert reader.seen == set()
    made = [row for row in Item.scan() if isinstance(row, Workshop)]
    assert len(made) > 150
    assert {row.feed_key for row in made} == {None}
    assert {row.category_key for row in made} == {f"CATEGORY#{category_id}#other"}
    assert call("categories", "GET", "/categories", user="ana").json["items"][0]["workshop_count"] == 0


@pytest.mark.parametrize("act", [make, go_on])
def test_what_is_made_public_and_hidden_at_once_would_be_seen(
    world: World, act: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    category_id = world.category()["id"]
    steps = act(world, category_id)
    real = making.occurrence

    def public_at_first(series: Any, *given: Any, **named: Any) -> Workshop:
        series.is_private = False
        made = real(series, *given, **named)
        series.is_private = True
        return made

    monkeypatch.setattr(making, "occurrence", public_at_first)

    def make_and_hide_some() -> None:
        steps()
        for one in itertools.islice((row for row in Item.scan() if isinstance(row, Workshop)), 5):
            workshops.set_in_table(one.id, is_private=True)

    reader = Reader(category_id)
    reader.watch(make_and_hide_some)
    assert {"counted"} < reader.seen


def test_a_series_stands_in_no_list_of_workshops(world: World) -> None:
    series_id = begun(clock.now())
    assert dates_of(series_id)
    rows = [row for key in ("FEED#open", "FEED#closed") for row in Item.by_feed.query(key)]
    assert {type(row) for row in rows} == {Workshop}
    assert {row.pk for row in rows} == {row.pk for row in made_by(series_id)}
