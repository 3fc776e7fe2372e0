"""The letter that tells of an edit of a series: one for all of its workshops, in the language of its reader."""

import email
from email.policy import default
from typing import Any

import pytest

from atelier import table
from atelier.accounts.items import EmailGuard, Profile, email_key, profile_key
from atelier.series.items import occurrence_id
from tests.calling import World, call, id_of
from tests.deliveries import Letters, deliver, mailing_from
from tests.messages import Outbox
from tests.rooms import rsvp
from tests.series import START, begun
from tests.series_edits import edit, edit_by_hand, end, on, tuesday
from tests.streaming import Stream


def a_series(places: dict[str, list[int]], **fields: Any) -> str:
    """A series in which people have places, by the numbers of its Tuesdays."""
    series_id = begun(**fields)
    for user, numbers in places.items():
        for number in numbers:
            assert rsvp(occurrence_id(series_id, tuesday(number)), user).status == 201
    return series_id


@pytest.fixture
def after(world: World, stream: Stream, sent: Outbox) -> Any:
    """Lets everything follow from what has happened."""
    world.meet("host", "admin")

    def follow(letters: Letters | None = None) -> None:
        for _ in range(3):
            stream.run()
            deliver(sent, START, letters)

    return follow


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Any:
    with mailing_from(monkeypatch):
        yield Letters()


def _reads_mail(user: str, locale: str) -> None:
    call("accounts", "PATCH", "/me", user=user, body={"locale": locale, "timezone": "America/New_York"})
    table.Item.get(*profile_key(id_of(user))).update([Profile.email.set(f"{user}@example.com")])
    EmailGuard(*email_key(f"{user}@example.com"), user_id=id_of(user)).save()


@pytest.mark.parametrize(
    ("locale", "subject", "line"),
    [
        ("en", "Changed: Raku firing", "Cancelled: Tuesday, 12 January 2027, 12:30"),
        ("de-AT", "Geändert: Raku firing", "Entfällt: Dienstag, 12. Januar 2027, 12:30"),
        ("es", "Cambios: Raku firing", "Cancelado: martes, 12 de enero de 2027, 12:30"),
    ],
)
def test_one_letter_tells_of_the_whole_series_in_the_readers_language(
    after: Any, letters: Letters, locale: str, subject: str, line: str
) -> None:
    series_id = a_series({"ana": [0, 1, 2]})
    _reads_mail("ana", locale)
    after(letters)
    letters.sent.clear()
    edit(series_id, rrule="FREQ=WEEKLY;BYDAY=TU;INTERVAL=2", time_of_day="20:00")
    after(letters)
    [(recipient, raw)] = letters.sent
    message = email.message_from_bytes(raw, policy=default)
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (recipient, message["Subject"]) == ("ana@example.com", subject)
    assert line in text
    assert "14:00" in text
    assert not [part for part in message.walk() if part.get_content_type() == "text/calendar"]


def test_a_letter_of_a_public_workshop_says_nothing_of_its_private_series(after: Any, letters: Letters) -> None:
    series_id = begun(title="Secret board", is_private=True)
    edit_by_hand(series_id, tuesday(3), is_private=False, title="Open day")
    assert rsvp(occurrence_id(series_id, tuesday(3)), "ana").status == 201
    _reads_mail("ana", "en")
    after(letters)
    letters.sent.clear()
    edit(series_id, time_of_day="20:00")
    after(letters)
    [(_, raw)] = letters.sent
    message = email.message_from_bytes(raw, policy=default)
    assert message["Subject"] == "Changed: Open day"
    assert b"Secret board" not in raw
    assert [part.get_content_type() for part in message.walk()].count("text/calendar") == 1


def test_a_letter_of_a_series_that_ends_names_what_does_not_take_place(after: Any, letters: Letters) -> None:
    series_id = a_series({"ana": [0, 1, 2]})
    _reads_mail("ana", "en")
    after(letters)
    letters.sent.clear()
    end(series_id)
    after(letters)
    [(_, raw)] = letters.sent
    message = email.message_from_bytes(raw, policy=default)
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert message["Subject"] == "Cancelled: Raku firing"
    assert text.count("5 January 2027, 12:30") == 1
    assert text.count("Cancelled: ") == 9
    assert on(series_id, tuesday(0)).status == "cancelled"
