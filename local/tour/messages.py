"""What people are told: into the inbox and by mail, until they say stop."""

import re
import secrets

from local.tour.story import Story, StoryError

PREFERENCES = "/me/notification-preferences"
ONE_CLICK = "List-Unsubscribe=One-Click"


def address_confirmed(story: Story) -> None:
    """Ben gives an address, and wants to be told everything."""
    story.chapter("Ben enters an address; the code that is mailed there confirms it")
    address = f"ben-{secrets.token_hex(3)}@example.test"
    story.tell("ben", "PATCH", "/me", {"email": address}, check=lambda me: me["email_verified"] is False)
    letter = story.letter(address, lambda letter: "code" in letter["Subject"], "the mail with the code")
    found = re.search(r"\b\d{6}\b", letter["Subject"])
    if found is None:
        raise StoryError("the mail should hold a code")
    verified = {"code": found[0]}
    story.tell("ben", "POST", "/me/email/verify", verified, check=lambda me: me["email_verified"] is True)
    story.tell("ben", "PUT", PREFERENCES, {})


def told_and_stopped(story: Story, workshop: str) -> None:
    """A change is told in the inbox and by mail; one click ends such mail."""
    story.chapter("The host moves a workshop: Ben finds it in his inbox and in his mail")
    place = {"location": "The shed behind the house"}
    story.tell("host", "PATCH", f"/workshops/{workshop}", place)
    story.wait(
        "ben",
        "/notifications?unread=true&limit=3",
        lambda page: any(_is_about(item, workshop, "workshop_updated") for item in page["items"]),
        "the notification",
    )
    story.tell("ben", "POST", "/notifications/read", {"all": True}, check=lambda told: told["unread_count"] == 0)
    address = story.tell("ben", "GET", "/me").json()["email"]
    letter = story.letter(address, lambda letter: "List-Unsubscribe" in letter["Headers"], "the mail about the change")
    link = letter["Headers"]["List-Unsubscribe"].strip("<>")
    story.say(f"List-Unsubscribe: <{link}>")

    story.chapter("One click ends such mail, without signing in")
    if letter["Headers"]["List-Unsubscribe-Post"] != ONE_CLICK:
        raise StoryError("the mail should offer to be stopped by one click")
    path = link.split("/v1", 1)[1]
    story.tell(None, "GET", path)
    story.tell("ben", "GET", PREFERENCES, check=lambda wish: wish["types"]["workshop_updated"]["email"] is True)
    story.tell(None, "POST", path)
    story.tell("ben", "GET", PREFERENCES, check=lambda wish: wish["types"]["workshop_updated"]["email"] is False)
    story.tell("ben", "PUT", PREFERENCES, {"reminder_offsets": [1440, 10]})


def _is_about(item: dict[str, object], workshop: str, kind: str) -> bool:
    return (item["entity_id"], item["type"]) == (workshop, kind)
