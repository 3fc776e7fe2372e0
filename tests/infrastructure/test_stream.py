"""The stream to `projections`: what reaches it, and what happens to what it cannot digest."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from atelier.accounts.items import ban_key, email_key
from atelier.attendance import items as attendance
from atelier.categories import items as categories
from atelier.groups import items as groups
from atelier.guided import items as guided
from atelier.invites import items as invites
from atelier.privacy import items as privacy
from atelier.recordings import items as recordings
from atelier.rooms import items as rooms
from atelier.rsvps import items as seats
from atelier.series import items as series
from atelier.workshops import items as workshops
from tests.infrastructure import expanded

(MAPPING,) = (
    resource["Properties"]
    for resource in expanded.of_type("AWS::Lambda::EventSourceMapping").values()
    if "StartingPosition" in resource["Properties"]
)
PATTERNS = [json.loads(entry["Pattern"]) for entry in MAPPING["FilterCriteria"]["Filters"]]
MOST_PATTERNS = 5


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(part, value.get(name)) for name, part in pattern.items())
    return any(_fits(wanted, value) for wanted in pattern)


def _fits(wanted: Any, value: Any) -> bool:
    match wanted:
        case {"prefix": prefix}:
            return isinstance(value, str) and value.startswith(prefix)
        case {"exists": exists}:
            return (value is not None) is exists
        case _:
            return bool(value == wanted)


def _reaches(key: tuple[str, str], happened: str = "MODIFY", **image: str) -> bool:
    written = {name: {"S": value} for name, value in image.items()}
    images = {"INSERT": ("NewImage",), "MODIFY": ("OldImage", "NewImage"), "REMOVE": ("OldImage",)}[happened]
    record = {
        "eventName": happened,
        "dynamodb": {"Keys": {"pk": {"S": key[0]}, "sk": {"S": key[1]}}, **dict.fromkeys(images, written)},
    }
    return any(_matches(pattern, record) for pattern in PATTERNS)


@pytest.mark.parametrize("happened", ["INSERT", "MODIFY", "REMOVE"])
@pytest.mark.parametrize(
    "key",
    [
        seats.block_key("wks_1", 0),
        seats.attendee_key("wks_1", "usr_1"),
        (seats.waitlist_pk("wks_1"), seats.waiting_as(datetime(2026, 1, 1, tzinfo=UTC), 1, "usr_1")),
    ],
    ids=["seat block", "attendee", "waitlist"],
)
def test_changes_of_seats_reach_it(key: tuple[str, str], happened: str) -> None:
    assert _reaches(key, happened)


@pytest.mark.parametrize("happened", ["INSERT", "MODIFY", "REMOVE"])
def test_facts_of_presence_and_changes_of_recordings_reach_it(happened: str) -> None:
    assert _reaches(rooms.presence_key("wks_1", "usr_1", 7, 1, "join"), happened)
    assert _reaches(recordings.recording_key("wks_1", "rec_1"), happened)


def test_invitations_and_confirmed_addresses_reach_it() -> None:
    assert _reaches(seats.invite_key("wks_1", "usr_1"), "INSERT", kind="invite")
    assert _reaches(invites.address_invite_key("wks_1", "inv_1"), "INSERT", kind="address_invite")
    assert _reaches(email_key("ana@example.com"), "INSERT", kind="email")
    assert not _reaches(invites.awaited_key("wks_1", "ana@example.com"), "INSERT", kind="awaited_address")
    assert not _reaches(invites.link_key("lnk_1"), kind="invite_link")


def test_edits_of_workshops_reach_it_and_its_own_counts_do_not() -> None:
    key = workshops.workshop_key("wks_1")
    assert _reaches(key, kind="workshop", last_change="edit")
    assert not _reaches(key, kind="workshop", last_change="counts")


def test_a_series_reaches_it_while_an_edit_of_it_is_carried_out() -> None:
    key = series.series_key("ser_1")
    assert _reaches(key, kind="series", last_change="edit")
    assert not _reaches(key, kind="series")
    assert not _reaches(series.series_edit_key("ser_1", 2), kind="series_edit")


def test_a_category_reaches_it_when_it_is_gone_and_not_when_it_is_counted() -> None:
    key = categories.category_key("cat_1")
    assert _reaches(key, "REMOVE", kind="category")
    assert not _reaches(key, "MODIFY", kind="category")


def test_a_group_reaches_it_when_it_is_gone_and_so_does_no_membership() -> None:
    key = groups.group_key("grp_1")
    assert _reaches(key, "REMOVE", kind="group")
    assert not _reaches(key, "MODIFY", kind="group")
    assert not _reaches(groups.membership_key("grp_1", "wks_1"), "REMOVE", kind="group_member")


def test_a_guided_workshop_reaches_it_when_it_is_gone_and_not_while_people_work_on_it() -> None:
    assert _reaches(guided.guided_key("gid_1"), "REMOVE", kind="guided")
    assert not _reaches(guided.guided_key("gid_1"), "MODIFY", kind="guided")
    assert not _reaches(guided.step_key("gid_1", "define"), "MODIFY", kind="step")
    assert not _reaches(guided.member_key("gid_1", "usr_1"), "REMOVE", kind="member")


@pytest.mark.parametrize("happened", ["INSERT", "MODIFY", "REMOVE"])
def test_whoever_begins_to_follow_a_series_or_stops_reaches_it(happened: str) -> None:
    assert _reaches(series.follower_key("ser_1", "usr_1"), happened)


def test_a_ban_reaches_it() -> None:
    assert _reaches(ban_key("usr_1", "usr_2"), "INSERT", kind="ban")


def test_an_erasure_reaches_it() -> None:
    assert _reaches(privacy.erasure_key("usr_1"), "INSERT", kind="erasure")


def test_nothing_else_wakes_it() -> None:
    assert not _reaches(workshops.description_key("wks_1"), kind="description")
    assert not _reaches(("USER#usr_1", "#PROFILE"), kind="profile")
    assert not _reaches(rooms.participant_key("wks_1", 7), kind="participant")
    assert not _reaches(rooms.message_key("wks_1", 1, "msg_1"), kind="message")
    assert not _reaches(attendance.attendance_key("wks_1", "usr_1"), kind="attendance")
    assert not _reaches(recordings.lock_key("wks_1"), kind="recorder")
    assert not _reaches(series.declined_key("ser_1", "wks_1", "usr_1"), kind="declined")


def test_there_are_no_more_patterns_than_lambda_takes() -> None:
    assert len(PATTERNS) <= MOST_PATTERNS


def test_a_change_that_fails_again_and_again_is_set_aside() -> None:
    assert MAPPING["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert MAPPING["BisectBatchOnFunctionError"] is True
    assert MAPPING["MaximumRetryAttempts"] == 10
    assert MAPPING["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["ProjectionsFailures", "Arn"]}


def test_what_is_set_aside_can_still_be_read_from_the_stream() -> None:
    stream_keeps = 24 * 3600
    assert MAPPING["MaximumRecordAgeInSeconds"] <= stream_keeps / 2
    queue = expanded.of_type("AWS::SQS::Queue")["ProjectionsFailures"]["Properties"]
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["SqsManagedSseEnabled"] is True


def test_no_change_is_skipped_and_crowds_are_taken_together() -> None:
    assert MAPPING["StartingPosition"] == "TRIM_HORIZON"
    assert MAPPING["BatchSize"] == 100
    assert MAPPING["MaximumBatchingWindowInSeconds"] == 1
