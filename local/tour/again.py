"""A series: what its rule comes to, its workshops, and its end."""

from datetime import UTC, datetime, timedelta

from local.tour.story import Story


def previewed(story: Story) -> None:
    """A rule, on a night on which the clocks are put forward."""
    story.chapter("Every night at half past two, over a change of the clocks")
    body = {
        "rrule": "FREQ=DAILY",
        "start_date": "2027-03-27",
        "time_of_day": "02:30",
        "timezone": "Europe/Berlin",
        "count": 3,
    }
    notes = [None, "moved_forward", None]
    story.tell(
        "host", "POST", "/series/preview", body, check=lambda told: [one["note"] for one in told["items"]] == notes
    )


def begun_and_ended(story: Story) -> None:
    """A weekly series from tomorrow on; somebody who comes each time; its end."""
    story.chapter("Every week, for as long as anybody likes")
    body = {
        "title": "Open studio",
        "rrule": "FREQ=WEEKLY",
        "start_date": (datetime.now(UTC) + timedelta(days=2)).date().isoformat(),
        "time_of_day": "18:30",
        "timezone": "Europe/Berlin",
        "max_capacity": 8,
    }
    made = story.tell("host", "POST", "/series", body, expect=201).json()
    path, workshops = f"/series/{made['id']}", [one["id"] for one in made["workshops"]]
    story.say(f"{len(workshops)} workshops stand already; the others follow as they come near.")
    story.wait(
        "ana",
        f"/workshops?series={made['id']}&limit=100",
        lambda page: [one["id"] for one in page["items"]] == workshops,
        "the list of the series",
    )
    story.tell(
        "ana", "GET", f"/workshops/{workshops[0]}", check=lambda shown: shown["next_in_series"]["id"] == workshops[1]
    )
    story.tell("ana", "POST", f"{path}/rsvp", expect=201)
    story.tell("host", "POST", f"{path}/exceptions", {"date": made["workshops"][1]["date"]}, expect=201)
    story.wait(
        "ana",
        f"/workshops/{workshops[0]}",
        lambda shown: shown["next_in_series"]["id"] == workshops[2] and shown["my"]["rsvp"] is not None,
        "the next one",
    )
    story.tell("host", "DELETE", path, expect=204)
    story.wait("ana", path, lambda shown: not shown["is_active"] and shown["workshops"] == [], "the end of the series")
