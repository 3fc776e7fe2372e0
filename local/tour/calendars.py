"""Calendars: a file, and a feed that a calendar program asks again and again."""

from local.tour.story import Story


def read(story: Story, workshop: str) -> None:
    """One workshop as a file; everything of one person as a feed."""
    story.chapter("A workshop for the calendar")
    path = f"/workshops/{workshop}/calendar.ics"
    answer = story.tell("ben", "GET", path, check=lambda text: "BEGIN:VEVENT" in text)
    story.tell("ben", "GET", path, expect=304, headers={"If-None-Match": answer.headers["etag"]})

    story.chapter("Ben's own calendar, to subscribe to without signing in")
    url = story.tell("ben", "POST", "/me/calendar-feed", expect=201).json()["url"]
    feed = url.split("/v1", 1)[1]
    story.settle(feed)
    answer = story.tell(None, "GET", feed, check=lambda text: f"UID:{workshop}" in text)
    story.tell(None, "GET", feed, expect=304, headers={"If-None-Match": answer.headers["etag"]})
    story.tell("ben", "DELETE", "/me/calendar-feed", expect=204)
    story.tell(None, "GET", feed, expect=404)
