"""A copy of what is held about somebody, and its erasure, over HTTP."""

from tests.e2e.api import Api
from tests.e2e.scenes import Table, eventually, join, make, my_status, need, refused


def test_somebody_takes_a_copy_and_has_themselves_erased(api: Api) -> None:
    host, ana, ben = api.people(3)
    need(api(ana, "PATCH", "/me", {"bio": "Potter with a canary"}), 200)
    workshop = make(api, host, max_capacity=1)
    assert join(api, workshop, ana, ben) == ["rsvp", "waitlisted"]
    need(api(ana, "PUT", f"/workshops/{workshop}/note", {"content": "Ask about the canary"}), 200)
    guided = need(api(ana, "POST", "/guided-workshops", {"title": "A better waiting room"}), 201)["id"]
    feed = need(api(ana, "POST", "/me/calendar-feed"), 201)["url"]
    refused(api(host, "DELETE", "/me"), 409, "hosting")
    held = need(api(ana, "GET", "/me/export"), 200)
    assert held["profile"]["bio"] == "Potter with a canary"
    assert [note["content"] for note in held["notes"]] == ["Ask about the canary"]
    assert [row["workshop_id"] for row in held["attendance"]] == [workshop]
    need(api(ana, "DELETE", "/me"), 204)
    refused(api(ben, "GET", f"/users/{api.id(ana)}"), 404, "not_found")
    refused(api(ana, "GET", "/me"), 403, "account_erased")
    eventually(lambda: my_status(api, ben, workshop), wish="rsvp")
    table = Table(api.stack)
    eventually(lambda: table.item(f"USER#{api.id(ana)}", "#ERASURE"), wish=None)
    assert table.item(f"USER#{api.id(ana)}", f"NOTE#{workshop}") is None
    assert table.item(f"GUIDED#{guided}", "#META") is None
    assert api.http.get(feed).status_code == 404
    need(api(ana, "DELETE", "/me"), 204)
