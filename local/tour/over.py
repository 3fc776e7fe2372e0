"""After the end: the recording, who was there, what it came to."""

from local.tour.room import Live
from local.tour.story import Story, StoryError


def recorded(story: Story, live: Live) -> None:
    """The recording is there to be watched."""
    story.chapter("The recording is ready")
    page = story.wait(
        "ana",
        f"{live.path}/recordings",
        lambda page: [part["status"] for part in page["items"]] == ["ready"],
        "the recording's being ready",
    )
    address = page["items"][0]["url"]
    story.say(f"to be watched for 15 minutes at {address}")
    if story.fetch(address).headers["content-type"] != "video/mp4":
        raise StoryError("the recording should be a video")
    story.wait("ana", live.path, lambda workshop: workshop["has_recording"] is True, "the workshop's recording")


def summed_up(story: Story, live: Live) -> None:
    """Attendance and summary."""
    story.chapter("Who was there, and for how long: Ana's break does not count")
    story.tell(
        "host",
        "GET",
        f"{live.path}/attendance",
        check=lambda page: [len(item["intervals"]) for item in page["items"]] == [1, 1, 1],
    )
    story.tell("ana", "GET", f"{live.path}/attendance", expect=403)
    story.tell(
        "ana", "GET", f"{live.path}/summary", check=lambda summary: summary["attendance"]["attended_count"] == len("ab")
    )
