"""A private workshop, and the ways into it: by name, by address, by a link."""

from datetime import timedelta

from local.tour.story import Story, a_workshop, code


def ways_in(story: Story) -> None:
    """Cleo is invited by name, Ben by his address, Ana comes by a link that is for one person."""
    story.chapter("A private workshop: nobody else knows of it")
    body = a_workshop("Tour: behind closed doors", timedelta(days=2), is_private=True)
    workshop: str = story.tell("host", "POST", "/workshops", body, expect=201).json()["id"]
    path = f"/workshops/{workshop}"
    story.tell("cleo", "GET", path, expect=404)
    cleo = story.tell("cleo", "GET", "/me").json()["id"]
    address = story.tell("ben", "GET", "/me").json()["email"]

    story.chapter("The host invites Cleo by name and Ben by his address")
    by_name = story.tell("host", "POST", f"{path}/invites", {"user_ids": [cleo, cleo, "usr_nobody"]})
    story.say(", ".join(item["result"] for item in by_name.json()["items"]))
    addresses = {"emails": [address, "somebody.else@example.test"]}
    story.tell(
        "host", "POST", f"{path}/invites", addresses, check=lambda told: len(told["items"]) == len(addresses["emails"])
    )
    story.tell("cleo", "GET", "/workshops?my=true", check=lambda page: workshop in [w["id"] for w in page["items"]])
    story.wait(
        "cleo",
        "/notifications?unread=true&limit=1",
        lambda page: any(item["type"] == "workshop_invite" for item in page["items"]),
        "the invitation in the inbox",
    )
    story.tell("ben", "POST", f"{path}/rsvp", expect=201)
    story.tell("host", "GET", f"{path}/invites")

    story.chapter("A link that is for one person: Ana comes by it, and nobody after her")
    token = story.tell("host", "POST", f"{path}/invite-links", {"max_uses": 1}, expect=201).json()["token"]
    for _ in range(2):
        story.tell(
            "ana", "POST", "/invites/accept", {"token": token}, check=lambda told: told["workshop_id"] == workshop
        )
    story.tell("admin", "POST", "/invites/accept", {"token": token}, expect=404, check=code("invite_not_valid"))

    story.chapter("Cleo's invitation is revoked; Ben keeps his seat")
    story.tell("host", "DELETE", f"{path}/invites/{cleo}", expect=204)
    story.tell("cleo", "GET", path, expect=404)
    story.tell("ben", "GET", path, check=lambda w: w["my"]["rsvp"]["status"] == "rsvp")
    story.tell("host", "DELETE", path, expect=204)
