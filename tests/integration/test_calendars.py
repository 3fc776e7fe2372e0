"""Calendars: one event everywhere, a sequence that rises with what matters, a feed that is cheap while it stays."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from atelier import clock, settings, table
from atelier.calendars import events, feeds
from atelier.calendars.items import feed_item_key
from atelier.rsvps.items import Attendee, attendee_key, person_sort
from atelier.workshops.items import Workshop, starts, workshop_key
from tests.calendars import events_of, feed_of, file_of, subscribe
from tests.calling import World, call, id_of
from tests.counting import counted
from tests.deliveries import deliver
from tests.messages import Outbox
from tests.rooms import rsvp, suspend
from tests.streaming import Stream
from tests.workshops import bring_near, run, set_in_table, stored


@pytest.fixture(autouse=True)
def _with_a_page_to_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOIN_URL", "https://app.example.com/workshops/{id}")
    settings.forget()


@pytest.fixture
def after(stream: Stream, sent: Outbox) -> Any:
    """Lets everything follow from what has happened."""

    def follow() -> None:
        for _ in range(2):
            stream.run()
            deliver(sent, clock.now())

    return follow


def edit(workshop_id: str, **body: Any) -> None:
    reply = call("workshops", "PATCH", f"/workshops/{workshop_id}", user="host", body=body)
    assert reply.status == 200, reply.text


def only(text: str) -> dict[str, Any]:
    [event] = events_of(text)
    return event


def test_a_workshop_is_one_event_with_all_that_a_calendar_shows(world: World) -> None:
    category = world.category()
    workshop = world.workshop(
        description="Bring gloves; and, if you have them, tongs.\nWe fire until it is dark.",
        location="Yard, behind the kiln",
        format="hybrid",
        category_id=category["id"],
        duration_minutes=90,
    )
    reply = file_of(workshop["id"])
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/calendar; charset=utf-8"
    assert reply.headers["content-disposition"].startswith('attachment; filename="workshop-20')
    start = clock.from_text(workshop["scheduled_at"])
    assert only(reply.text) == {
        "uid": f"{workshop['id']}@atelier",
        "sequence": 0,
        "status": "CONFIRMED",
        "summary": "Raku firing",
        "description": "Bring gloves; and, if you have them, tongs.\nWe fire until it is dark.",
        "location": "Yard, behind the kiln",
        "start": start,
        "end": start + timedelta(minutes=90),
        "conference": f"https://app.example.com/workshops/{workshop['id']}",
        "alarms": 1,
    }
    assert "CATEGORIES:Ceramics" in reply.text
    assert "METHOD:PUBLISH" in reply.text


def test_an_hour_counts_where_no_duration_is_given_and_no_page_where_one_meets_in_person(world: World) -> None:
    event = only(file_of(world.workshop(format="in_person")["id"]).text)
    assert event["end"] - event["start"] == timedelta(minutes=60)
    assert event["conference"] == ""


def test_the_sequence_rises_with_each_change_of_what_a_calendar_shows_and_with_no_other(world: World) -> None:
    workshop = world.workshop()
    start = clock.from_text(workshop["scheduled_at"])
    for days in (1, 2, 3):
        edit(workshop["id"], scheduled_at=clock.to_text(start + timedelta(days=days)))
    assert only(file_of(workshop["id"]).text)["sequence"] == 3
    edit(workshop["id"], description="More", max_capacity=None, records=False)
    assert only(file_of(workshop["id"]).text)["sequence"] == 3
    for change in ({"title": "Pit firing"}, {"location": "Yard"}, {"duration_minutes": 30}):
        edit(workshop["id"], **change)
    assert only(file_of(workshop["id"]).text)["sequence"] == 6
    assert call("workshops", "DELETE", f"/workshops/{workshop['id']}", user="host").status == 204
    event = only(file_of(workshop["id"]).text)
    assert (event["sequence"], event["status"]) == (7, "CANCELLED")


def test_counts_do_not_raise_the_sequence_and_states_do(world: World, after: Any) -> None:
    workshop = world.workshop(max_capacity=3)
    rsvp(workshop["id"])
    after()
    assert only(file_of(workshop["id"]).text)["sequence"] == 0
    bring_near(workshop["id"])
    before = stored(workshop["id"]).sequence
    run(workshop["id"], "start", "end")
    assert stored(workshop["id"]).sequence == before + 2


def test_an_unchanged_file_is_not_sent_again(world: World) -> None:
    workshop = world.workshop()
    tag = file_of(workshop["id"]).headers["etag"]
    again = file_of(workshop["id"], **{"If-None-Match": tag})
    assert (again.status, again.text) == (304, "")
    edit(workshop["id"], title="Pit firing")
    assert file_of(workshop["id"], **{"If-None-Match": tag}).status == 200


def test_the_file_of_somebody_who_waits_is_as_tentative_as_their_feed(world: World) -> None:
    workshop_id = world.workshop(max_capacity=1)["id"]
    for user in ("ben", "ana"):
        rsvp(workshop_id, user)
    for user, status in (("ben", "CONFIRMED"), ("ana", "TENTATIVE"), ("host", "CONFIRMED")):
        assert only(file_of(workshop_id, user).text)["status"] == status
    waiting = file_of(workshop_id).headers["etag"]
    assert file_of(workshop_id, **{"If-None-Match": waiting}).status == 304
    rsvp(workshop_id, "ben", "DELETE")
    moved_up = file_of(workshop_id, **{"If-None-Match": waiting})
    assert (moved_up.status, only(moved_up.text)["status"]) == (200, "CONFIRMED")


def test_a_private_workshops_file_is_for_those_who_see_it(world: World) -> None:
    workshop = world.workshop(is_private=True)
    assert file_of(workshop["id"], "ana").status == 404
    assert file_of(workshop["id"], "host").status == 200


def test_a_feed_holds_what_its_person_hosts_attends_and_waits_for_and_nothing_else(world: World) -> None:
    attended = world.workshop(title="Attended", max_capacity=5)
    waited = world.workshop(title="Waited", max_capacity=1)
    world.workshop(title="Another")
    hosted = world.workshop("ana", title="Hosted", is_private=True)
    rsvp(attended["id"])
    rsvp(waited["id"], "ben")
    rsvp(waited["id"])
    reply = feed_of(subscribe())
    assert reply.status == 200
    shown = {event["summary"]: event for event in events_of(reply.text)}
    assert {name: event["status"] for name, event in shown.items()} == {
        "Attended": "CONFIRMED",
        "Waited": "TENTATIVE",
        "Hosted": "CONFIRMED",
    }
    assert shown["Hosted"]["uid"] == f"{hosted['id']}@atelier"
    assert shown["Attended"]["uid"] == only(file_of(attended["id"]).text)["uid"]
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in reply.text


def test_an_unchanged_feed_is_a_304_for_two_small_reads(world: World) -> None:
    rsvp(world.workshop()["id"])
    path = subscribe()
    tag = feed_of(path).headers["etag"]
    with counted() as use:
        reply = feed_of(path, **{"If-None-Match": tag})
    assert (reply.status, reply.text) == (304, "")
    # Two items under 4 KB, read without waiting for the latest: half a unit each.
    assert use.operations == ["BatchGetItem"]


def test_a_feed_changes_with_whatever_happens_to_what_is_in_it(world: World, after: Any) -> None:
    workshop = world.workshop(max_capacity=1)
    rsvp(workshop["id"], "ben")
    path = subscribe()
    after()
    tags = [feed_of(path).headers["etag"]]

    def has_changed() -> bool:
        after()
        tags.append(feed_of(path).headers["etag"])
        return tags[-1] != tags[-2]

    assert not has_changed()
    rsvp(workshop["id"])
    assert has_changed()
    rsvp(workshop["id"], "ben", "DELETE")
    assert has_changed()
    edit(workshop["id"], location="Yard")
    assert has_changed()
    edit(workshop["id"], title="Pit firing")
    assert has_changed()
    edit(workshop["id"], description="Bring gloves.")
    assert has_changed()
    assert call("workshops", "DELETE", f"/workshops/{workshop['id']}", user="host").status == 204
    assert has_changed()
    assert [event["status"] for event in events_of(feed_of(path).text)] == ["CANCELLED"]


def test_the_hosts_feed_changes_with_their_own_edits(world: World, after: Any) -> None:
    workshop = world.workshop()
    path = subscribe("host")
    before = feed_of(path).headers["etag"]
    edit(workshop["id"], title="Pit firing")
    after()
    assert feed_of(path).headers["etag"] != before


def test_a_cancelled_workshop_stays_in_the_feed_for_60_days(world: World) -> None:
    old, older = world.workshop(), world.workshop()
    for workshop, days in ((old, 59), (older, 61)):
        rsvp(workshop["id"])
        set_in_table(workshop["id"], status="cancelled")
        _date_back(workshop["id"], days)
    events = events_of(feed_of(subscribe()).text)
    assert [(event["uid"], event["status"]) for event in events] == [(f"{old['id']}@atelier", "CANCELLED")]


def _date_back(workshop_id: str, days: float) -> None:
    then = clock.whole_seconds(clock.now() - timedelta(days=days))
    set_in_table(workshop_id, scheduled_at=then)
    if stored(workshop_id).host_id == id_of("ana"):
        return
    Attendee(*attendee_key(workshop_id, id_of("ana"))).update(
        [Attendee.person_sort.set(person_sort(starts(then, workshop_id))), Attendee.scheduled_at.set(then)]
    )


def test_what_is_ahead_comes_first_into_a_feed_then_what_is_latest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_EVENTS", 5)
    for days in (50, 40, 3, 1):
        _date_back(_hosted_or_attended(world, days), days + 0.5)
    for days in (60, 50, 2):
        _hosted_or_attended(world, days)
    begun = _hosted_or_attended(world, 1)
    _date_back(begun, 0.9)
    path = subscribe()
    starts = [event["start"] for event in events_of(feed_of(path).text)]
    shown = [round((start - clock.now()) / timedelta(days=1), 1) for start in starts]
    assert shown == [-1.5, -0.9, 2.0, 50.0, 60.0]
    monkeypatch.setattr(feeds, "MOST_EVENTS", 2)
    starts = [event["start"] for event in events_of(feed_of(path).text)]
    assert [round((start - clock.now()) / timedelta(days=1), 1) for start in starts] == [-0.9, 2.0]


def _hosted_or_attended(world: World, days: int) -> str:
    """A workshop of Ana's: hers if the number of days is odd or 50, else one that she attends."""
    host = "ana" if days % 2 or days == 50 else "host"
    workshop_id: str = world.workshop(host, starts_in=timedelta(days=days))["id"]
    if host != "ana":
        rsvp(workshop_id)
    return workshop_id


def test_places_that_were_given_up_take_no_room_in_a_feed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_EVENTS", 1)
    given_up, kept = (world.workshop(starts_in=timedelta(days=days))["id"] for days in (1, 2))
    for workshop_id in (given_up, kept):
        rsvp(workshop_id)
    rsvp(given_up, "ana", "DELETE")
    assert [event["uid"] for event in events_of(feed_of(subscribe()).text)] == [f"{kept}@atelier"]


def test_a_changed_feed_costs_four_queries_and_three_batches(world: World) -> None:
    for user in ("host", "ana"):
        rsvp(world.workshop(user)["id"], "ben")
    path = subscribe("ben")
    with counted() as use:
        assert len(events_of(feed_of(path).text)) == 2
    assert use.operations == ["BatchGetItem", *["Query"] * 4, *["BatchGetItem"] * 2]


def test_a_new_address_ends_the_old_one_and_taking_it_back_ends_both(world: World) -> None:
    first = subscribe()
    second = subscribe()
    assert [feed_of(path).status for path in (first, second)] == [404, 200]
    assert feed_of(second.removesuffix(".ics")).status == 200
    for _ in range(2):
        assert call("calendars", "DELETE", "/me/calendar-feed").status == 204
    assert feed_of(second).status == 404


def test_an_address_that_was_never_made_leads_nowhere(world: World) -> None:
    path = subscribe()
    other = path.replace(".ics", "")[:-1]
    assert feed_of(f"{other}{'0' if path[-5] != '0' else '1'}.ics").status == 404
    assert feed_of("/public/calendars/0123456789abcdef").status == 404


def test_the_secret_of_an_address_is_not_stored(world: World) -> None:
    path = subscribe()
    secret = path.rpartition("/")[2].removesuffix(".ics")[16:]
    item = table.read_one(feed_item_key(id_of("ana")))
    assert item is not None
    assert secret not in str(item.serialize())


def test_a_suspended_person_has_no_feed(world: World) -> None:
    path = subscribe()
    suspend("ana")
    assert feed_of(path).status == 404


ZONES = {
    "America/New_York": "2027-03-14T09:30",
    "Europe/Berlin": "2027-03-28T09:30",
    "Australia/Lord_Howe": "2027-04-04T09:30",
    "Asia/Kathmandu": "2027-04-04T09:30",
    "Pacific/Apia": "2027-04-04T09:30",
    "Africa/Casablanca": "2027-02-07T09:30",
    "Pacific/Auckland": "2027-04-04T09:30",
    "Asia/Tokyo": "2027-04-04T09:30",
    "America/Santiago": "2027-04-04T09:30",
    "Asia/Tehran": "2027-03-22T09:30",
}


def a_workshop(**fields: Any) -> Workshop:
    usual: dict[str, Any] = {
        "title": "Raku firing",
        "host_id": "usr_1",
        "scheduled_at": datetime(2027, 3, 28, 17, tzinfo=UTC),
        "timezone": "Europe/Berlin",
        "format": "online",
        "status": "scheduled",
        "created_at": datetime(2027, 1, 1, tzinfo=UTC),
        "updated_at": datetime(2027, 1, 2, tzinfo=UTC),
    }
    return Workshop(*workshop_key("wks_1"), **{**usual, **fields})


@pytest.mark.parametrize("zone", ZONES)
def test_an_event_is_at_its_instant_on_the_days_when_clocks_change(zone: str) -> None:
    local = datetime.fromisoformat(ZONES[zone]).replace(tzinfo=ZoneInfo(zone))
    shown = events.Shown(a_workshop(scheduled_at=local.astimezone(UTC), timezone=zone), "", "Hanna")
    event = only(events.file(shown).decode())
    assert f"{event['start'].astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" == ZONES[zone]


def test_the_same_workshop_gives_the_same_bytes() -> None:
    shown = events.Shown(a_workshop(), "Text", "Hanna", join_url="https://app.example.com/w/1")
    assert events.file(shown) == events.file(shown)


@pytest.mark.parametrize(("method", "status"), [("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED")])
def test_what_comes_with_a_mail_is_the_same_event_for_one_person(method: str, status: str) -> None:
    shown = events.Shown(a_workshop(sequence=3), "Text", "Hanna")
    raw = events.invitation(
        shown, method=method, sender="studio@example.com", address="ana@example.com", name="Ana, B;"
    )
    text = raw.decode().replace("\r\n ", "")
    event = only(raw.decode())
    assert (event["uid"], event["sequence"], event["status"]) == ("wks_1@atelier", 3, status)
    assert f"METHOD:{method}" in text
    assert "mailto:ana@example.com" in text
    assert "mailto:studio@example.com" in text


texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200).filter(str.strip)


@effort(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=texts, location=texts, description=texts, host=texts)
def test_whatever_people_write_comes_out_of_a_parser_as_it_went_in(
    title: str, location: str, description: str, host: str
) -> None:
    shown = events.Shown(a_workshop(title=title, location=location), description, host)
    event = only(events.file(shown).decode())
    assert (event["summary"], event["location"], event["description"]) == (title, location, description)
