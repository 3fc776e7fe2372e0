"""Who may do what: every route of the API, and what seven kinds of people are answered.

The routes under `/workshops/{workshop_id}` are asked about a private workshop, first while it is live and then after
its end, when it has a recording, a chat and everybody's notes. The person in `{user_id}` is another attendee.
Those under `/guided-workshops/{guided_id}` are asked by people of each role; `{user_id}` is another viewer.
The series is private, and whoever sees the workshop is invited to one of its workshops.

`python -m tests.route_matrix` writes the tables into docs/access.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "access.md"
BEGIN, END = "<!-- tables: begin -->\n", "<!-- tables: end -->\n"

PEOPLE = ("stranger", "invited", "waitlisted", "attendee", "co-host", "host", "admin")
"""`invited`: they see a private workshop and have no place in it yet."""

PRIVATE_WORKSHOP = """
                                                               live                          ended
GET    /workshops/{workshop_id}                                404 200 200 200 200 200 200   404 200 200 200 200 200 200
PATCH  /workshops/{workshop_id}                                404 403 403 403 403 409 409   404 403 403 403 403 409 409
DELETE /workshops/{workshop_id}                                404 403 403 403 403 204 204   404 403 403 403 403 409 409
POST   /workshops/{workshop_id}/lobby                          404 403 403 403 403 409 409   404 403 403 403 403 409 409
POST   /workshops/{workshop_id}/start                          404 403 403 403 403 200 200   404 403 403 403 403 409 409
POST   /workshops/{workshop_id}/end                            404 403 403 403 403 200 200   404 403 403 403 403 200 200
POST   /workshops/{workshop_id}/rsvp                           404 201 200 200 200 409 201   404 409 409 409 409 409 409
DELETE /workshops/{workshop_id}/rsvp                           404 204 204 204 204 204 204   404 204 409 409 409 204 204
GET    /workshops/{workshop_id}/attendees                      404 403 403 200 200 200 200   404 403 403 200 200 200 200
PATCH  /workshops/{workshop_id}/attendees/{user_id}            404 403 403 403 200 200 200   404 403 403 403 200 200 200
DELETE /workshops/{workshop_id}/attendees/{user_id}            404 403 403 403 204 204 204   404 403 403 403 204 204 204
POST   /workshops/{workshop_id}/invites                        404 403 403 403 200 200 200   404 403 403 403 409 409 409
GET    /workshops/{workshop_id}/invites                        404 403 403 403 200 200 200   404 403 403 403 200 200 200
DELETE /workshops/{workshop_id}/invites/{user_id}              404 403 403 403 204 204 204   404 403 403 403 204 204 204
POST   /workshops/{workshop_id}/invite-links                   404 403 403 403 201 201 201   404 403 403 403 409 409 409
DELETE /workshops/{workshop_id}/invite-links/{link_id}         404 403 403 403 204 204 204   404 403 403 403 204 204 204
POST   /workshops/{workshop_id}/token                          404 409 409 200 200 200 200   404 409 409 409 409 409 409
GET    /workshops/{workshop_id}/summary                        404 409 409 409 409 409 409   404 200 200 200 200 200 200
POST   /workshops/{workshop_id}/hand                           404 403 403 200 200 403 403   404 403 403 409 409 403 403
DELETE /workshops/{workshop_id}/hand                           404 403 403 204 204 403 403   404 403 403 204 204 403 403
GET    /workshops/{workshop_id}/hands                          404 403 403 403 200 200 200   404 403 403 403 200 200 200
POST   /workshops/{workshop_id}/chat                           404 403 403 201 201 201 201   404 403 403 409 409 409 409
GET    /workshops/{workshop_id}/chat                           404 200 200 200 200 200 200   404 200 200 200 200 200 200
GET    /workshops/{workshop_id}/note                           404 200 200 200 200 200 200   404 200 200 200 200 200 200
PUT    /workshops/{workshop_id}/note                           404 200 200 200 200 200 200   404 200 200 200 200 200 200
GET    /workshops/{workshop_id}/room                           404 403 403 403 200 200 200   404 403 403 403 200 200 200
GET    /workshops/{workshop_id}/recordings                     404 200 200 200 200 200 200   404 200 200 200 200 200 200
GET    /workshops/{workshop_id}/calendar.ics                   404 200 200 200 200 200 200   404 200 200 200 200 200 200
POST   /workshops/{workshop_id}/check-in                       404 403 403 403 200 200 200   404 403 403 403 200 200 200
PATCH  /workshops/{workshop_id}/check-in                       404 403 403 403 200 200 200   404 403 403 403 200 200 200
GET    /workshops/{workshop_id}/check-in                       404 403 403 403 200 200 200   404 403 403 403 200 200 200
GET    /workshops/{workshop_id}/check-in/qr.svg                404 403 403 403 200 200 200   404 403 403 403 200 200 200
GET    /workshops/{workshop_id}/check-in/qr.png                404 403 403 403 200 200 200   404 403 403 403 200 200 200
GET    /workshops/{workshop_id}/check-in/pass                  404 200 200 200 200 200 200   404 200 200 200 200 200 200
POST   /workshops/{workshop_id}/check-ins/batch                404 403 403 403 200 200 200   404 403 403 403 200 200 200
GET    /workshops/{workshop_id}/attendance                     404 403 403 403 200 200 200   404 403 403 403 200 200 200
GET    /workshops/{workshop_id}/attendance.csv                 404 403 403 403 200 200 200   404 403 403 403 200 200 200
"""

ELSEWHERE = """
GET    /workshops                                              200 200 200 200 200 200 200
POST   /workshops                                              201 201 201 201 201 201 201
GET    /me                                                     200 200 200 200 200 200 200
PATCH  /me                                                     200 200 200 200 200 200 200
GET    /me/export                                              200 200 200 200 200 200 200
DELETE /me                                                     204 204 204 204 204 409 204
POST   /me/email/verify                                        422 422 422 422 422 422 422
GET    /me/bans                                                200 200 200 200 200 200 200
DELETE /me/bans/{user_id}                                      204 204 204 204 204 204 204
GET    /me/notification-preferences                            200 200 200 200 200 200 200
PUT    /me/notification-preferences                            200 200 200 200 200 200 200
POST   /me/calendar-feed                                       201 201 201 201 201 201 201
DELETE /me/calendar-feed                                       204 204 204 204 204 204 204
GET    /notifications                                          200 200 200 200 200 200 200
POST   /notifications/read                                     200 200 200 200 200 200 200
POST   /invites/accept                                         404 404 404 404 404 404 404
POST   /check-ins                                              201 201 201 201 201 201 201
POST   /check-ins/claim                                        404 404 404 404 404 404 404
GET    /users/{user_id}                                        200 200 200 200 200 200 200
PATCH  /users/{user_id}                                        403 403 403 403 403 403 200
GET    /categories                                             200 200 200 200 200 200 200
POST   /categories                                             403 403 403 403 403 403 201
PATCH  /categories/{category_id}                               403 403 403 403 403 403 200
DELETE /categories/{category_id}                               403 403 403 403 403 403 204
GET    /groups                                                 200 200 200 200 200 200 200
POST   /groups                                                 403 403 403 403 403 201 201
GET    /groups/{group_id}                                      200 200 200 200 200 200 200
PATCH  /groups/{group_id}                                      403 403 403 403 403 200 200
DELETE /groups/{group_id}                                      403 403 403 403 403 204 204
GET    /groups/{group_id}/attendance.csv                       403 403 403 403 403 200 200
GET    /step-definitions                                       200 200 200 200 200 200 200
GET    /guided-workshops                                       200 200 200 200 200 200 200
POST   /guided-workshops                                       201 201 201 201 201 201 201
POST   /series/preview                                         200 200 200 200 200 200 200
GET    /series                                                 200 200 200 200 200 200 200
POST   /series                                                 201 201 201 201 201 201 201
GET    /series/{series_id}                                     404 200 200 200 200 200 200
PATCH  /series/{series_id}                                     404 403 403 403 403 200 200
DELETE /series/{series_id}                                     404 403 403 403 403 204 204
POST   /series/{series_id}/exceptions                          404 403 403 403 403 201 201
POST   /series/{series_id}/rsvp                                404 201 201 201 201 409 201
DELETE /series/{series_id}/rsvp                                404 204 204 204 204 204 204
"""

GUIDED_PEOPLE = ("stranger", "suspended", "viewer", "editor", "owner", "admin")
"""`suspended` is a member, and an editor."""

GUIDED = """
GET    /guided-workshops/{guided_id}                           404 403 200 200 200 200
PATCH  /guided-workshops/{guided_id}                           404 403 403 403 200 200
DELETE /guided-workshops/{guided_id}                           404 403 403 403 204 204
GET    /guided-workshops/{guided_id}/members                   404 403 200 200 200 200
PUT    /guided-workshops/{guided_id}/members/{user_id}         404 403 403 403 200 200
DELETE /guided-workshops/{guided_id}/members/{user_id}         404 403 403 403 204 204
GET    /guided-workshops/{guided_id}/steps                     404 403 200 200 200 200
GET    /guided-workshops/{guided_id}/steps/{step}              404 403 200 200 200 200
PATCH  /guided-workshops/{guided_id}/steps/{step}              404 403 403 200 200 200
POST   /guided-workshops/{guided_id}/sessions                  404 403 403 409 409 409
GET    /guided-workshops/{guided_id}/sessions                  404 403 200 200 200 200
POST   /guided-workshops/{guided_id}/sessions/{session_id}/end 404 403 403 200 200 200
POST   /guided-workshops/{guided_id}/build-packs               404 403 403 201 201 201
GET    /guided-workshops/{guided_id}/build-packs               404 403 200 200 200 200
GET    /guided-workshops/{guided_id}/build-packs/{pack_id}     404 403 200 200 200 200
POST   /guided-workshops/{guided_id}/share-links               404 403 403 403 201 201
GET    /guided-workshops/{guided_id}/share-links               404 403 403 403 200 200
DELETE /guided-workshops/{guided_id}/share-links/{link_id}     404 403 403 403 204 204
"""

PUBLIC = """
GET    /health                                                 200
GET    /public/check-ins                                       200
POST   /public/check-ins                                       201
GET    /public/errors/{code}                                   200
GET    /public/calendars/{token}                               404
GET    /public/shared/{token}                                  404
GET    /public/unsubscribe/{token}                             404
POST   /public/unsubscribe/{token}                             404
POST   /webhooks/agora                                         401
"""

BODIES: dict[str, Any] = {
    "PATCH /workshops/{workshop_id}": {"title": "Salt firing"},
    "PATCH /workshops/{workshop_id}/attendees/{user_id}": {"can_speak": True},
    "POST /workshops/{workshop_id}/invites": {"emails": ["someone@example.com"]},
    "POST /workshops/{workshop_id}/invite-links": {"max_uses": 5},
    "POST /invites/accept": {"token": "0" * 52},
    "POST /workshops/{workshop_id}/chat": {"message": "How hot is it?"},
    "PUT /workshops/{workshop_id}/note": {"content": "Ask about the glaze"},
    "POST /workshops/{workshop_id}/token": {"device": "main"},
    "POST /workshops": {"title": "Salt firing", "scheduled_at": "2099-03-28T17:00:00Z", "timezone": "Europe/Berlin"},
    "PATCH /me": {"bio": "Potter"},
    "POST /me/email/verify": {"code": "000000"},
    "POST /notifications/read": {"all": True},
    "PUT /me/notification-preferences": {},
    "PATCH /users/{user_id}": {"can_host": False},
    "POST /categories": {"name": "Glazes"},
    "PATCH /categories/{category_id}": {"name": "Glazes"},
    "PATCH /workshops/{workshop_id}/check-in": {"state": "OPEN"},
    "POST /workshops/{workshop_id}/check-ins/batch": {
        "items": [{"nonce": "1", "user_id": "usr_0000000000000000", "at": "2027-03-28T17:00:00Z"}]
    },
    "POST /check-ins": {"code": "ABC234"},
    "POST /check-ins/claim": {"claim_token": "0" * 27},
    "POST /public/check-ins": {"code": "ABC234", "display_name": "Gerda"},
    "POST /groups": {"name": "Summer school"},
    "PATCH /groups/{group_id}": {"name": "Winter school"},
    "POST /series/preview": {
        "rrule": "FREQ=WEEKLY",
        "start_date": "2099-03-28",
        "time_of_day": "18:30",
        "timezone": "Europe/Berlin",
    },
    "POST /guided-workshops": {"title": "A better waiting room"},
    "PATCH /guided-workshops/{guided_id}": {"title": "Taken over"},
    "PUT /guided-workshops/{guided_id}/members/{user_id}": {"role": "owner"},
    "PATCH /guided-workshops/{guided_id}/steps/{step}": {"output": "overwritten"},
    "POST /guided-workshops/{guided_id}/build-packs": {"format_type": "pdf"},
    "POST /guided-workshops/{guided_id}/share-links": {"scope": ["steps", "packs"]},
    "POST /series": {
        "title": "Salt firing",
        "rrule": "FREQ=WEEKLY",
        "start_date": "2099-03-28",
        "time_of_day": "18:30",
        "timezone": "Europe/Berlin",
    },
    "PATCH /series/{series_id}": {"title": "Salt firing"},
    "POST /series/{series_id}/exceptions": {"date": "2099-03-28"},
    "POST /webhooks/agora": {"noticeId": "1", "productId": 1, "eventType": 101, "notifyMs": 1, "payload": {}},
}
"""What is sent where something must be sent."""


@dataclass(frozen=True, slots=True)
class Row:
    """A route and the status that each kind of person is answered; of a public route, the one for everybody."""

    method: str
    path: str
    statuses: tuple[int, ...]

    @property
    def route(self) -> str:
        """How the OpenAPI document names it."""
        return f"{self.method} {self.path}"

    @property
    def body(self) -> Any:
        """What is sent."""
        return BODIES.get(self.route)


def rows(text: str) -> Iterator[Row]:
    """The rows of a table."""
    for line in text.strip().splitlines():
        words = line.split()
        if words[0].isupper():
            yield Row(words[0], words[1], tuple(map(int, words[2:])))


def tables() -> str:
    """The tables as they stand in the document."""
    workshop, guided, elsewhere, public = (list(rows(text)) for text in (PRIVATE_WORKSHOP, GUIDED, ELSEWHERE, PUBLIC))
    number = len(PEOPLE)
    parts = [
        "\n## A private workshop while it is live\n",
        *_table(PEOPLE, [(row, row.statuses[:number]) for row in workshop]),
        "\n## A private workshop after its end\n",
        *_table(PEOPLE, [(row, row.statuses[number:]) for row in workshop]),
        "\n## A guided workshop in which a session goes on\n",
        *_table(GUIDED_PEOPLE, [(row, row.statuses) for row in guided]),
        "\n## Routes that belong to no workshop\n",
        *_table(PEOPLE, [(row, row.statuses) for row in elsewhere]),
        "\n## Public routes\n",
        *_table(("everybody, without a token too",), [(row, row.statuses) for row in public]),
    ]
    return "\n".join(parts) + "\n\n"


def _table(head: tuple[str, ...], lines: list[tuple[Row, tuple[int, ...]]]) -> Iterator[str]:
    yield f"| route | {' | '.join(head)} |"
    yield f"| --- |{' --- |' * len(head)}"
    for row, statuses in lines:
        yield f"| `{row.route}` | {' | '.join(map(str, statuses))} |"


if __name__ == "__main__":
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    DOCUMENT.write_text(before + BEGIN + tables() + rest[rest.index(END) :], encoding="utf-8")
