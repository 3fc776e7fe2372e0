"""People, and a category."""

import secrets

from local.tour.story import Story


def who(story: Story) -> None:
    """Who is there."""
    story.chapter("Who is there")
    story.tell(None, "GET", "/health")
    story.tell(None, "GET", "/me", expect=401)
    story.tell("host", "GET", "/me", check=lambda me: me["can_host"] is True)
    ana = story.tell("ana", "GET", "/me").json()["id"]
    story.tell("host", "GET", f"/users/{ana}", check=lambda user: user["id"] == ana)


def category(story: Story) -> str:
    """A new category; its id."""
    story.chapter("A category")
    body = {"name": f"Tour {secrets.token_hex(3)}", "description": "Made by the tour."}
    story.tell("ana", "POST", "/categories", body, expect=403)
    created: str = story.tell("admin", "POST", "/categories", body, expect=201).json()["id"]
    return created
