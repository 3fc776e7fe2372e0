"""The door: a code, a QR code, a guest who signs in later, scans from where there was no network."""

from datetime import UTC, datetime, timedelta

from local.tour.story import Story, StoryError, a_workshop, code

PNG = b"\x89PNG"


def checked_in(story: Story) -> None:
    """Everybody is checked in once, however they come."""
    story.chapter("Check-in: a code on the wall, as text and as a QR code")
    workshop = story.tell("host", "POST", "/workshops", a_workshop("Tour: door", timedelta(hours=2)), expect=201)
    path = f"/workshops/{workshop.json()['id']}"
    desk = story.tell("host", "POST", f"{path}/check-in", {"rotates_every_s": 60}, expect=201).json()
    if not story.tell("host", "GET", f"{path}/check-in/qr.png").content.startswith(PNG):
        raise StoryError("that is no picture")
    story.say(f"it leads to {desk['check_in_url']}")
    typed = f"{desk['code_text'][:4].lower()} {desk['code_text'][4:].lower()}"
    story.tell("ana", "POST", "/check-ins", {"code": typed}, expect=201)
    story.tell("ana", "POST", "/check-ins", {"code": typed}, check=lambda told: told["checked_in_by"] == "code")
    story.tell("ben", "POST", "/check-ins", {"code": "ABC234"}, expect=404, check=code("code_not_valid"))

    story.chapter("A guest without an account, who turns out to be Ben")
    body = {"code": desk["code_text"], "display_name": "Benjamin"}
    guest = story.tell(None, "POST", "/public/check-ins", body, expect=201).json()
    claim = {"claim_token": guest["claim_token"]}
    story.tell("ben", "POST", "/check-ins/claim", claim, expect=201)
    story.tell("ana", "POST", "/check-ins/claim", claim, expect=404)

    story.chapter("A door without network: Cleo's pass was scanned there, and is sent later, twice")
    holder = story.tell("cleo", "GET", f"{path}/check-in/pass").json()["holder"]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    scans = {"items": [{"nonce": "door-2-0001", "holder": holder, "at": at}]}
    first = story.tell("host", "POST", f"{path}/check-ins/batch", scans)
    again = story.tell("host", "POST", f"{path}/check-ins/batch", scans)
    if first.json() != again.json() or first.json()["items"][0]["status"] != "checked_in":
        raise StoryError("the same scans should be told the same")
    there = 3
    story.tell("host", "GET", f"{path}/attendance", check=lambda page: len(page["items"]) == there)
    if len(story.tell("host", "GET", f"{path}/attendance.csv").text.splitlines()) != 1 + there:
        raise StoryError("the file should have a line for each of them")
    story.tell("host", "PATCH", f"{path}/check-in", {"state": "CLOSED"}, check=lambda told: told["state"] == "CLOSED")
    story.tell("ana", "POST", "/check-ins", {"code": typed}, expect=404, check=code("code_not_valid"))
    story.tell("host", "DELETE", path, expect=204)
