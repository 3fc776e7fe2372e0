"""A group of workshops, and what its end means for them."""

from datetime import timedelta

from local.tour.story import Story, a_workshop, code


def gathered(story: Story) -> None:
    """An organizer gathers workshops in a group; with it goes what has not begun."""
    story.chapter("An event group: organizers make them, and their end cancels what has not begun")
    host = f"/users/{story.stack['users']['host']['id']}"
    story.tell("host", "POST", "/groups", {"name": "Autumn"}, expect=403, check=code("not_allowed"))
    story.tell("admin", "PATCH", host, {"role": "organizer"})
    group = story.tell("host", "POST", "/groups", {"name": "Autumn"}, expect=201).json()["id"]
    wanted = a_workshop("Tour: in a group", timedelta(days=3)) | {"group_id": group}
    workshop = story.tell("host", "POST", "/workshops", wanted, expect=201).json()["id"]
    story.wait(
        "ana",
        f"/workshops?group={group}",
        lambda page: [item["id"] for item in page["items"]] == [workshop],
        "the workshop's being listed",
    )
    story.tell("ana", "DELETE", f"/groups/{group}", expect=403)
    story.tell("host", "DELETE", f"/groups/{group}", expect=204)
    story.wait("ana", f"/workshops/{workshop}", lambda told: told["status"] == "cancelled", "its being cancelled")
    story.tell("admin", "PATCH", host, {"role": "participant"})
