"""Watching recordings: who may, which parts there are, and addresses that a player can really open."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest

from atelier import aws
from atelier.recordings import watching
from tests.calling import Reply, World, call
from tests.counting import Use
from tests.recordings import BEGAN, BEGAN_MS, BUCKET, UID, hear, put, whole_session
from tests.rooms import a_workshop, remove, suspend
from tests.workshops import set_in_table

REGIONAL = "https://atelier-recordings.s3.eu-central-1.amazonaws.com/"

pytestmark = pytest.mark.usefixtures("bucket")


def recordings(workshop_id: str, user: str = "ana", *, admin: bool = False) -> Reply:
    """The list as somebody sees it."""
    groups = ("admin",) if admin else ()
    return call("recordings", "GET", f"/workshops/{workshop_id}/recordings", user=user, groups=groups)


def parts(workshop_id: str) -> list[dict[str, Any]]:
    """The parts as the host sees them, without their addresses."""
    reply = recordings(workshop_id, "host")
    assert reply.status == 200, reply.text
    assert reply.json["next_cursor"] is None
    return [{name: value for name, value in part.items() if name != "url"} for part in reply.json["items"]]


def files(*names: str, seconds: tuple[int | None, ...] = (2,)) -> list[dict[str, Any]]:
    """Files as they are stored."""
    starts = [None if at is None else BEGAN_MS + at * 1000 for at in seconds]
    return [{"key": f"recordings/wks01/{name}", "started_ms": start} for name, start in zip(names, starts, strict=True)]


@pytest.fixture
def workshop_id(world: World) -> str:
    """A workshop that began at ten."""
    made = a_workshop(world, "ended")
    set_in_table(made, actual_started_at=BEGAN, actual_ended_at=BEGAN + timedelta(hours=1))
    return made


def test_a_recording_is_one_part_that_says_how_far_it_is_until_it_can_be_watched(workshop_id: str) -> None:
    put(workshop_id)
    empty = {"id": "rec_01", "status": "starting", "started_at": None, "offset_ms": None, "duration_s": None}
    assert parts(workshop_id) == [empty]
    began, slice_began, left, uploaded, _ = whole_session(put(workshop_id))
    hear(began)
    assert parts(workshop_id) == [
        {**empty, "status": "recording", "started_at": "2026-11-21T10:00:01Z", "offset_ms": 1000}
    ]
    hear(slice_began)
    told = {**empty, "started_at": "2026-11-21T10:00:02Z", "offset_ms": 2000}
    assert parts(workshop_id) == [{**told, "status": "recording"}]
    hear(left)
    assert parts(workshop_id) == [{**told, "status": "processing", "duration_s": 3598}]
    assert [part["url"] for part in recordings(workshop_id).json["items"]] == [None]
    hear(uploaded)
    assert parts(workshop_id) == [{**told, "status": "ready", "duration_s": 3598}]


def test_each_part_has_its_own_offset_and_lasts_until_the_next(workshop_id: str) -> None:
    ended_ms = BEGAN_MS + 10_000_000
    put(
        workshop_id,
        status="ready",
        files=files("a_0.mp4", "a_1.mp4", "bak0_a_0.mp4", seconds=(2, 7202, 9000)),
        ended_ms=ended_ms,
    )
    put(workshop_id, "rec_02", status="ready", sid="another", files=files("b_0.mp4", seconds=(None,)), started_ms=None)
    found = [(part["id"], part["offset_ms"], part["duration_s"]) for part in parts(workshop_id)]
    assert found == [
        ("rec_01", 2000, 7200),
        ("rec_01-2", 7_202_000, 1798),
        ("rec_01-3", 9_000_000, 1000),
        ("rec_02", None, None),
    ]


def test_times_that_agora_did_not_tell_are_those_at_which_we_saw_and_asked(workshop_id: str) -> None:
    put(
        workshop_id,
        status="ready",
        files=files("a_0.mp4", "a_1.mp4", seconds=(None, None)),
        verified_at=BEGAN + timedelta(seconds=7),
        stop_asked_at=BEGAN + timedelta(seconds=600),
    )
    first, second = parts(workshop_id)
    assert (first["started_at"], first["offset_ms"], first["duration_s"]) == ("2026-11-21T10:00:07Z", 7000, None)
    assert (second["started_at"], second["offset_ms"], second["duration_s"]) == (None, None, None)


def test_the_address_of_a_part_opens_the_file_for_fifteen_minutes_and_for_reading_only(
    workshop_id: str, bucket: Any
) -> None:
    put(workshop_id, status="ready", files=files("a_0.mp4"))
    bucket.put_object(Bucket=BUCKET, Key="recordings/wks01/a_0.mp4", Body=b"a film")
    [part] = recordings(workshop_id).json["items"]
    with urlopen(part["url"]) as answer:  # noqa: S310
        assert (answer.read(), answer.headers["Content-Type"]) == (b"a film", "video/mp4")
    asked = {name: value for name, [value] in parse_qs(urlsplit(part["url"]).query).items()}
    assert (asked["X-Amz-Algorithm"], asked["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "900")
    for refused in (Request(part["url"], method="DELETE"), Request(part["url"].replace("a_0", "a_1"))):  # noqa: S310
        with pytest.raises(HTTPError, match="403"):
            urlopen(refused)  # noqa: S310


def test_an_address_is_no_longer_good_when_its_time_is_over(
    workshop_id: str, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(Bucket=BUCKET, Key="recordings/wks01/a_0.mp4", Body=b"a film")

    def made(seconds_ago: float) -> str:
        at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: at.replace(tzinfo=None))
        return watching.address("recordings/wks01/a_0.mp4")

    with urlopen(made(watching.WATCHED_FOR_S - 60)) as answer:  # noqa: S310
        assert answer.read() == b"a film"
    with pytest.raises(HTTPError, match="403"):
        urlopen(made(watching.WATCHED_FOR_S + 60))  # noqa: S310


def test_at_aws_an_address_names_the_host_of_the_buckets_own_region(
    workshop_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    aws.client.cache_clear()
    assert watching.address("recordings/wks01/a_0.mp4").startswith(f"{REGIONAL}recordings/wks01/a_0.mp4?")


def test_who_may_see_the_workshop_sees_its_recordings_and_nobody_else(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana", "rita"), is_private=False)
    put(workshop_id, status="ready", files=files("a_0.mp4"))
    remove(workshop_id, "rita")
    assert recordings(workshop_id, "stranger").status == 200
    set_in_table(workshop_id, is_private=True)
    for user in ("host", "ana"):
        assert recordings(workshop_id, user).status == 200
    assert recordings(workshop_id, "root", admin=True).status == 200
    for user in ("stranger", "rita"):
        refused = recordings(workshop_id, user)
        assert (refused.status, refused.code) == (404, "not_found")
        assert refused.json | {"request_id": ...} == recordings("wks_0000000000000000nosuch", user).json | {
            "request_id": ...
        }


def test_a_suspended_person_sees_recordings_of_public_workshops_only(world: World) -> None:
    workshop_id = a_workshop(world, seated=("ana",))
    put(workshop_id)
    suspend("ana")
    assert recordings(workshop_id).status == 200
    set_in_table(workshop_id, is_private=True)
    assert (recordings(workshop_id).status, recordings(workshop_id).code) == (403, "account_suspended")


def test_a_list_takes_two_round_trips_however_many_addresses_it_signs(
    workshop_id: str, requests_made: Callable[[], AbstractContextManager[Use]]
) -> None:
    for number in range(4):
        put(workshop_id, f"rec_{number}", sid=f"sid{number}", uid=UID + number, status="ready", files=files("a_0.mp4"))
    with requests_made() as use:
        assert len(recordings(workshop_id).json["items"]) == 4
    assert use.operations == ["BatchGetItem", "Query"]
    assert use.read_units <= 6


def test_a_workshop_without_recordings_has_an_empty_list(workshop_id: str) -> None:
    assert recordings(workshop_id).json == {"items": [], "next_cursor": None}
