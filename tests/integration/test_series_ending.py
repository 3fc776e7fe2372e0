"""What of a series does not take place: dates that are left out, and series that end, whole or from a workshop on."""

from datetime import date, datetime
from typing import Any

import pytest

from atelier.errors import (
    NotEditableError,
    SeriesEndedError,
    ValidationFailedError,
    WorkshopOverError,
)
from atelier.series.items import occurrence_id
from atelier.workshops import lifecycle
from tests.calling import call
from tests.series import DAY, START, ask, begun, roll, stored, wanted
from tests.series_edits import HOST, dates, edit, end, on, plan_of, skip, tuesday

pytestmark = pytest.mark.usefixtures("world")


def begins(series_id: str) -> datetime:
    """The workshop of the first Tuesday goes live; when that is."""
    now = on(series_id, tuesday(0)).scheduled_at
    lifecycle.start(occurrence_id(series_id, tuesday(0)), HOST, at=lambda: now)
    return now


class TestSkip:
    def test_a_date_is_left_out_once_and_for_good(self) -> None:
        series_id = begun()
        assert skip(series_id, tuesday(2))
        assert not skip(series_id, tuesday(2))
        edit(series_id, time_of_day="20:00")
        roll(START + 30 * DAY)
        assert on(series_id, tuesday(2)).status == "cancelled"
        assert stored(series_id).version == 3

    def test_one_that_is_not_made_yet_is_never_made(self) -> None:
        series_id = begun()
        assert skip(series_id, tuesday(15))
        roll(START + 60 * DAY)
        assert tuesday(15) not in dates(series_id, "scheduled", "cancelled")
        assert tuesday(16) in dates(series_id)

    def test_what_is_no_date_of_it_or_past_is_refused(self) -> None:
        series_id = begun()
        with pytest.raises(ValidationFailedError):
            skip(series_id, tuesday(2) + DAY)
        with pytest.raises(NotEditableError):
            skip(begun(start_date="2026-12-01"), date(2026, 12, 8))
        with pytest.raises(NotEditableError):
            skip(series_id, tuesday(0), now=begins(series_id))

    def test_over_http_it_is_made_once(self) -> None:
        series_id = ask("POST", body=_soon()).json["id"]
        day = ask("GET", f"/{series_id}").json["workshops"][1]["date"]
        replies = [ask("POST", f"/{series_id}/exceptions", body={"date": day}) for _ in range(2)]
        assert [reply.status for reply in replies] == [201, 200]
        assert replies[0].json == replies[1].json == {"date": day}
        assert day not in {one["date"] for one in ask("GET", f"/{series_id}").json["workshops"]}


class TestEnd:
    def test_what_has_not_begun_is_cancelled_and_nothing_ever_comes_back(self) -> None:
        series_id = begun()
        later = START + 10 * DAY
        end(series_id, now=later)
        with pytest.raises(SeriesEndedError):
            end(series_id, now=later)
        with pytest.raises(SeriesEndedError):
            edit(series_id, title="X", now=later)
        before = plan_of(series_id)
        for days in (20, 90, 200):
            roll(START + days * DAY)
        assert plan_of(series_id) == before
        assert dates(series_id) == [tuesday(0)]
        series = stored(series_id)
        assert not series.is_active
        assert series.feed_key is None
        assert series.pending is None

    def test_from_a_workshop_on_those_before_it_stay(self) -> None:
        series_id = begun()
        end(series_id, since=tuesday(5))
        with pytest.raises(WorkshopOverError):
            end(series_id, since=tuesday(5))
        for days in (20, 90, 200):
            roll(START + days * DAY)
        assert dates(series_id) == [*map(tuesday, range(5))]
        assert len(dates(series_id, "cancelled")) == 8
        edit(series_id, title="Pit firing")
        assert on(series_id, tuesday(4)).title == "Pit firing"
        assert stored(series_id).feed_key is None

    def test_over_http_it_answers_as_for_workshops(self) -> None:
        series_id = ask("POST", body=_soon()).json["id"]
        workshop_id = ask("GET", f"/{series_id}").json["workshops"][2]["id"]
        path = f"/workshops/{workshop_id}"
        assert call("workshops", "DELETE", path, user="ana", query={"scope": "following"}).status == 403
        assert call("workshops", "DELETE", path, user="host", query={"scope": "all"}).code == "bad_query"
        assert call("workshops", "DELETE", path, user="host", query={"scope": "following"}).status == 204
        assert call("workshops", "DELETE", path, user="host", query={"scope": "following"}).code == "workshop_over"
        assert len(ask("GET", f"/{series_id}").json["workshops"]) == 2
        assert ask("DELETE", f"/{series_id}", user="ana").status == 403
        assert ask("DELETE", f"/{series_id}", headers={"If-Match": '"1"'}).status == 412
        assert ask("DELETE", f"/{series_id}").status == 204
        assert ask("DELETE", f"/{series_id}").code == "series_ended"
        assert ask("GET", f"/{series_id}").json["workshops"] == []

    def test_a_workshop_of_no_series_has_none_that_follow(self, world: Any) -> None:
        path = f"/workshops/{world.workshop()['id']}"
        assert call("workshops", "DELETE", path, user="host", query={"scope": "following"}).code == "bad_query"


def _soon() -> dict[str, Any]:
    return wanted(start_date="2026-01-06", rrule="FREQ=WEEKLY")
