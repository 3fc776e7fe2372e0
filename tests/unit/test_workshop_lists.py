"""Where a workshop stands in the lists, who sees it, and which list answers which question."""

from datetime import UTC, datetime, timedelta

import pytest

from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile
from atelier.errors import AccountSuspendedError, NotAllowedError, NotFoundError
from atelier.rsvps.items import Attendee
from atelier.workshops import visibility
from atelier.workshops.items import Workshop, place_in_lists
from atelier.workshops.listing import Wish
from atelier.workshops.schemas import WorkshopQuery
from atelier.workshops.walking import Walk

HOST = Caller("usr_hhhhhhhhhhhhhhhh")
ANA = Caller("usr_aaaaaaaaaaaaaaaa")
ADMIN = Caller("usr_bbbbbbbbbbbbbbbb", is_admin=True)
NOW = datetime(2031, 3, 28, 17, tzinfo=UTC)


def workshop(*, status: str = "scheduled", is_private: bool = False, category_id: str | None = "cat_1") -> Workshop:
    return Workshop(
        "WORKSHOP#wks_1",
        "#META",
        host_id=HOST.id,
        status=status,
        is_private=is_private,
        category_id=category_id,
        scheduled_at=NOW,
    )


def row(status: str) -> Attendee:
    return Attendee("WORKSHOP#wks_1", f"ATTENDEE#{ANA.id}", status=status)


def profile(status: str) -> Profile:
    return Profile(f"USER#{ANA.id}", "#PROFILE", status=status)


@pytest.mark.parametrize(
    ("status", "is_private", "feed", "category"),
    [
        ("scheduled", False, "FEED#open", "CATEGORY#cat_1#open"),
        ("lobby", False, "FEED#open", "CATEGORY#cat_1#open"),
        ("live", False, "FEED#open", "CATEGORY#cat_1#open"),
        ("ended", False, "FEED#closed", "CATEGORY#cat_1#closed"),
        ("cancelled", False, None, "CATEGORY#cat_1#other"),
        ("scheduled", True, None, "CATEGORY#cat_1#other"),
        ("live", True, None, "CATEGORY#cat_1#other"),
        ("ended", True, None, "CATEGORY#cat_1#other"),
    ],
)
def test_only_public_workshops_that_are_not_cancelled_stand_in_public_lists(
    status: str, is_private: bool, feed: str | None, category: str | None
) -> None:
    placed = workshop(status=status, is_private=is_private)
    place_in_lists(placed)
    assert (placed.feed_key, placed.category_key) == (feed, category)
    assert placed.host_key == f"HOST#{HOST.id}"
    assert placed.starts == "2031-03-28T17:00:00Z#wks_1"


def test_a_workshop_without_a_category_stands_in_no_category_s_list() -> None:
    placed = workshop(category_id=None)
    place_in_lists(placed)
    assert placed.category_key is None
    assert placed.feed_key == "FEED#open"


@pytest.mark.parametrize(
    ("status", "sees"),
    [
        (None, False),
        ("rsvp", True),
        ("joined", True),
        ("left", True),
        ("waitlisted", True),
        ("removed", False),
        ("host", False),
    ],
)
def test_a_place_lets_people_see_what_is_private(status: str | None, sees: bool) -> None:
    mine = row(status) if status else None
    assert visibility.is_visible(workshop(is_private=True), mine, ANA) is sees
    assert visibility.is_visible(workshop(), mine, ANA)


def test_the_host_and_administrators_see_everything() -> None:
    for caller in (HOST, ADMIN):
        assert visibility.is_visible(workshop(is_private=True), None, caller)


def test_what_does_not_exist_is_visible_to_nobody() -> None:
    with pytest.raises(NotFoundError):
        visibility.require_visible(None, None, ADMIN)


@pytest.mark.parametrize(
    ("caller", "is_private", "status", "refusal"),
    [
        (ANA, True, "suspended", NotFoundError),
        (ANA, True, "active", NotFoundError),
        (ANA, False, "suspended", AccountSuspendedError),
        (ANA, False, "active", NotAllowedError),
        (HOST, True, "suspended", AccountSuspendedError),
    ],
)
def test_refusals_tell_no_more_than_the_caller_may_know(
    caller: Caller, is_private: bool, status: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        visibility.require_host(workshop(is_private=is_private), None, profile(status), caller)


def test_the_host_and_administrators_do_what_the_host_may() -> None:
    for caller in (HOST, ADMIN):
        assert visibility.require_host(workshop(), None, None, caller).id == "wks_1"


def wish(*statuses: str, caller: Caller = ANA, host_id: str | None = None, my: bool = False) -> Wish:
    return Wish(caller, WorkshopQuery(my=my), statuses, host_id, NOW)


def test_open_ones_come_soonest_first_and_others_latest_first() -> None:
    assert not wish("scheduled", "lobby", "live").newest_first
    assert not wish("live").newest_first
    assert wish("ended").newest_first
    assert wish("cancelled").newest_first


def test_nothing_that_has_begun_is_looked_for_in_the_future() -> None:
    assert wish("scheduled", "lobby", "live").until is None
    assert wish("cancelled").until is None
    for status in ("lobby", "live", "ended"):
        assert wish(status).until == NOW + timedelta(minutes=20)


def test_own_lists_show_all_and_so_do_an_administrator_s() -> None:
    assert not wish("live").shows_all
    assert not wish("live", host_id=HOST.id).shows_all
    assert wish("live", host_id=ANA.id).shows_all
    assert wish("live", my=True).shows_all
    assert wish("live", caller=ADMIN, host_id=HOST.id).shows_all


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_walk_reads_nothing_outside_its_part_of_the_index(newest_first: bool) -> None:
    walk = Walk(None, "person_sort", "USER#x", newest_first, prefix="ATTENDING#", until=NOW)
    low, high = walk._bounds(None)  # noqa: SLF001
    assert low <= "ATTENDING#1970-01-01T00:00:00Z#wks_1" <= high
    assert low <= "ATTENDING#2031-03-28T17:00:00Z#wks_z" <= high
    assert not low <= "ATTENDING#2031-03-28T17:00:01Z#wks_1" <= high
    assert not low <= "ATTENDED#2030-03-28T17:00:00Z#wks_1" <= high
    assert not low <= "GUIDED#2030-03-28T17:00:00Z#wks_1" <= high
