"""What goes wrong."""

from datetime import timedelta

from local.tour.story import Story, StoryError, a_workshop, code


def explained(story: Story, workshop: str) -> None:
    """Refusals, each of which says why."""
    story.chapter("What goes wrong says why")
    missing = story.tell("ana", "GET", "/workshops/wks_00000000000000000000", expect=404)
    if missing.headers["content-type"].split(";")[0] != "application/problem+json":
        raise StoryError("an error should be a problem document")
    story.tell(None, "GET", missing.json()["type"].split("/v1", 1)[1])
    story.tell("ana", "PATCH", f"/workshops/{workshop}", {"title": "Mine now"}, expect=403)
    late = a_workshop("Tour: too soon", timedelta(minutes=14))
    story.tell("host", "POST", "/workshops", late, expect=422, check=code("lead_time"))
    unknown = a_workshop("Tour: odd", timedelta(days=1), colour="blue")
    story.tell("host", "POST", "/workshops", unknown, expect=422, check=lambda p: len(p["errors"]) == 1)
    story.tell("ana", "GET", "/workshops?limit=0", expect=400)
