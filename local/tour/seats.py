"""A workshop with one seat, and who gets it."""

import secrets
from datetime import timedelta

from local.tour.story import Story, StoryError, a_workshop, code


def workshop(story: Story, category: str) -> str:
    """A new workshop; its id."""
    story.chapter("A workshop, made once however often it is asked for")
    body = a_workshop("Tour: one seat", timedelta(days=1), category_id=category, max_capacity=1)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    created = story.tell("host", "POST", "/workshops", body, expect=201, headers=key)
    again = story.tell("host", "POST", "/workshops", body, expect=201, headers=key)
    if again.json()["id"] != created.json()["id"] or again.headers.get("idempotency-replayed") != "true":
        raise StoryError("the replay was not one")
    other = body | {"title": "Tour: another"}
    story.tell("host", "POST", "/workshops", other, expect=422, headers=key, check=code("idempotency_key_reused"))
    workshop: str = created.json()["id"]
    story.tell("ana", "GET", f"/workshops/{workshop}", check=lambda w: w["seats_left"] == 1)
    story.tell("ana", "GET", f"/workshops?category={category}", check=lambda page: len(page["items"]) == 1)
    return workshop


def taken_and_handed_on(story: Story, workshop: str) -> None:
    """Three people for one seat; afterwards there are two, for Ben and Cleo."""
    path = f"/workshops/{workshop}"
    story.chapter("One seat, three people")
    story.tell("ana", "POST", f"{path}/rsvp", expect=201, check=lambda a: a["status"] == "rsvp")
    story.tell("ana", "POST", f"{path}/rsvp", check=lambda a: a["status"] == "rsvp")
    story.tell(
        "ben", "POST", f"{path}/rsvp", expect=201, check=lambda a: (a["status"], a["position"]) == ("waitlisted", 1)
    )
    story.tell("cleo", "POST", f"{path}/rsvp", expect=201, check=lambda a: a["status"] == "waitlisted")
    story.tell("host", "POST", f"{path}/rsvp", expect=409, check=code("own_workshop"))
    story.tell("host", "GET", f"{path}/attendees", check=lambda page: len(page["items"]) == len(("ana", "ben", "cleo")))

    story.chapter("Ana cancels: the seat goes to Ben, who was first")
    story.tell("ana", "DELETE", f"{path}/rsvp", expect=204)
    story.wait("ben", path, lambda w: w["my"]["rsvp"]["status"] == "rsvp", "Ben's promotion")
    story.tell("cleo", "GET", path, check=lambda w: w["my"]["rsvp"]["status"] == "waitlisted")

    story.chapter("The host adds a seat: Cleo moves up")
    etag = story.tell("host", "GET", path).headers["etag"]
    story.tell("host", "PATCH", path, {"max_capacity": 2}, headers={"If-Match": etag})
    story.wait("cleo", path, lambda w: w["my"]["rsvp"]["status"] == "rsvp", "Cleo's promotion")
    story.wait("host", path, lambda w: (w["attendee_count"], w["waitlist_count"]) == (2, 0), "the count")
    story.tell("host", "PATCH", path, {"title": "Stale"}, expect=412, headers={"If-Match": etag})
    story.tell("host", "PATCH", path, {"max_capacity": 1}, expect=409, check=code("capacity_below_taken"))
