"""The requests that a function gets first, after a cold start: successful ones, so that all it needs is used."""

import json
from typing import Any

from bench.ground import Place
from bench.parameters import SECRET
from local.places import ROOT
from tests.calling import event
from tests.notices import AUDIENCE_JOINS, a_channel, batch, came, sent, signature
from tests.rooms import a_workshop
from tests.workshops import wanted

PREVIEW = {
    "rrule": "FREQ=WEEKLY;BYDAY=MO",
    "start_date": "2027-03-01",
    "time_of_day": "18:30",
    "timezone": "Europe/Berlin",
    "count": 10,
}


def first_requests(place: Place, function: str) -> list[dict[str, Any]]:
    """Requests on things that exist in the table; for a function not known here, the samples in events/."""
    workshop_id = a_workshop(place.world, seated=("guest",))
    planned = place.world.workshop()["id"]
    made: dict[str, list[dict[str, Any]]] = {
        "accounts": [event("GET", "/me"), event("PATCH", "/me", body={"display_name": "Ana"})],
        "categories": [
            event("GET", "/categories"),
            event("POST", "/categories", body={"name": "Weaving"}, groups=("admin",)),
        ],
        "workshops": [
            event("GET", "/workshops"),
            event("GET", f"/workshops/{planned}"),
            event("POST", "/workshops", body=wanted(), headers={"Idempotency-Key": "first"}),
        ],
        "rsvps": [
            event("POST", f"/workshops/{planned}/rsvp"),
            event("GET", f"/workshops/{planned}/attendees", user="host"),
            event("DELETE", f"/workshops/{planned}/rsvp"),
        ],
        "series": [event("GET", "/series"), event("POST", "/series/preview", body=PREVIEW)],
        "groups": [event("GET", "/groups"), event("POST", "/groups", body={"name": "Autumn"}, groups=("admin",))],
        "guided": [
            event("GET", "/step-definitions"),
            event("POST", "/guided-workshops", body={"title": "Better mornings"}),
            event("GET", "/guided-workshops"),
        ],
        "checkins": [
            event("POST", f"/workshops/{planned}/check-in", user="host"),
            event("GET", f"/workshops/{planned}/attendance", user="host"),
        ],
        "tokens": [event("POST", f"/workshops/{workshop_id}/token", user="guest", body={"device": "main"})],
        "recording_webhook": [_signed_notice()],
        "notices": [batch([sent(came(AUDIENCE_JOINS, a_channel(workshop_id, {1: ("guest", "main")}), 1))])],
        # S3 and Agora are not here.
        "packs": [],
        "upkeep": [],
        "projections": [{"Records": [_waiting_record(workshop_id)]}],
    }
    return made[function] if function in made else _samples(function)


def _signed_notice() -> dict[str, Any]:
    """What Agora sends, signed with the secret that the benchmarks' parameter store holds."""
    body = sent(came(AUDIENCE_JOINS, "elsewhere", 1))
    return event("POST", "/webhooks/agora", user=None, body=body, headers=signature(body.encode(), SECRET.encode()))


def _samples(function: str) -> list[dict[str, Any]]:
    files = sorted((ROOT / "events" / function).glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def _waiting_record(workshop_id: str) -> dict[str, Any]:
    """That somebody waits no more, as the table's stream tells it."""
    keys = {"pk": {"S": f"WAITLIST#{workshop_id}"}, "sk": {"S": "000000000000001#00000000#usr_aaaaaaaaaaaaaaaa"}}
    return {
        "eventID": "1",
        "eventName": "REMOVE",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": 1800000000,
            "Keys": keys,
            "OldImage": {**keys, "kind": {"S": "waiting"}, "user_id": {"S": "usr_aaaaaaaaaaaaaaaa"}},
            "SequenceNumber": "1",
        },
    }
