"""The sample events of Agora's notices, one for every type that Agora documents, do what they show."""

import json
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atelier.agora.secrets import SecretStore, WebhookSecrets
from atelier.rooms.items import ChannelUid, new_room, uid_key
from functions.notices import app as notices
from functions.recording_webhook import app as webhook
from tests import recordings
from tests.calling import Context, id_of, send
from tests.messages import Outbox
from tests.notices import SECRET, facts, participant
from tests.template import ROOT
from tests.workshops import everything

CHANNEL, WORKSHOP = "kq5m7x3c6v4b2n7z3s5d4f6h", "wks_01"
BEGAN = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
HOST, GUEST = 1001, 1002

RTC_TYPES = (*range(101, 109), 111, 112)
RECORDING_TYPES = (
    1,
    2,
    3,
    4,
    11,
    12,
    13,
    *range(30, 34),
    *range(40, 46),
    60,
    61,
    *range(70, 74),
    80,
    81,
    90,
    100,
    1001,
)

REFUSED = (
    "refused_changed_by_one_byte",
    "refused_doubled_header",
    "refused_forged",
    "refused_sha1_only",
    "refused_unsigned",
    "refused_written_anew",
)
UNREADABLE = ("not_utf8",)

PRESENCE: dict[str, tuple[int, str, bool | None, bool | None]] = {
    "rtc_102_channel_destroyed": (HOST, "destroyed", None, None),
    "rtc_103_host_joins": (HOST, "join", True, True),
    "rtc_104_host_leaves": (HOST, "leave", False, True),
    "rtc_105_audience_joins": (GUEST, "join", True, False),
    "rtc_106_audience_leaves": (GUEST, "leave", False, False),
    "rtc_107_user_joins": (GUEST, "join", True, None),
    "rtc_108_user_leaves": (GUEST, "leave", False, None),
    "rtc_111_becomes_host": (GUEST, "role", True, True),
    "rtc_112_becomes_audience": (GUEST, "role", True, False),
}
"""Whose device, what the fact says, and of the state: is it in, may it be heard."""

_FILES = [{"key": f"recordings/wks01/rec01/{recordings.SID}_{CHANNEL}_0.mp4", "started_ms": 1795255202000}]
RECORDINGS: dict[str, dict[str, Any]] = {
    "recording_1_error": {"status": "starting", "reason": "upload_failed"},
    "recording_3_status_update": {"status": "recording"},
    "recording_4_file_infos": {"status": "starting", "sequence": 4},
    "recording_11_session_exit": {"status": "processing", "exited": True},
    "recording_12_session_failover": {"status": "starting", "other_uids": {"1934567890"}},
    "recording_30_uploader_started": {"status": "starting", "sequence": 1},
    "recording_31_uploaded": {"status": "ready", "files": _FILES},
    "recording_32_backuped": {"status": "starting", "files": _FILES},
    "recording_33_uploading_progress": {"status": "starting", "sequence": 8},
    "recording_40_recorder_started": {"status": "recording", "verified_at": BEGAN},
    "recording_41_recorder_leave": {"status": "processing", "exited": True},
    "recording_42_recorder_slice_start": {"status": "recording", "started_ms": 1795255202000},
}
"""What a recording that was asked for is after the notice."""

COUNTED = {
    "health_check": "NoticeOfUnknownChannel",
    "stale": "NoticeStale",
    "unknown_product": "NoticeIgnored",
    "unknown_type": "NoticeIgnored",
    "unknown_uid": "NoticeOfUnknownUid",
}
SILENT = ("recorder_joins",)
BATCHES = ("batch_with_poison",)


def names(function: str) -> list[str]:
    """The samples of a function."""
    return sorted(path.stem for path in (ROOT / "events" / function).glob("*.json"))


def sample(function: str, name: str) -> dict[str, Any]:
    """One of them."""
    event: dict[str, Any] = json.loads((ROOT / "events" / function / f"{name}.json").read_text(encoding="utf-8"))
    return event


def body_of(event: dict[str, Any]) -> bytes:
    """The bytes that Agora sent."""
    body: str = event["body"]
    return b64decode(body) if event["isBase64Encoded"] else body.encode()


def typed(function: str) -> list[str]:
    """Those that are named after a product and a type."""
    return [name for name in names(function) if name.startswith(("rtc_", "recording_"))]


@pytest.fixture
def secrets(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret that the samples are signed with."""
    monkeypatch.setattr(webhook, "webhook_secrets", SecretStore(lambda: WebhookSecrets(SECRET.decode())))


@pytest.fixture
def room(table: str) -> None:
    """What the samples are about: a room, two people's devices, a recording that was asked for."""
    new_room(CHANNEL, WORKSHOP, BEGAN, at=BEGAN).save()
    for uid, user in ((HOST, "host"), (GUEST, "ana")):
        ChannelUid(*uid_key(CHANNEL, uid), user_id=id_of(user), device="main").save()
    recordings.recording(workshop_id=WORKSHOP).save()


def deliver(name: str) -> dict[str, Any]:
    """Hands a sample to the consumer, a second after it was sent."""
    at = BEGAN + timedelta(seconds=1)
    return notices.handle(sample("notices", name), Context("notices", "sample"), at=lambda: at)


@pytest.mark.parametrize("function", ["recording_webhook", "notices"])
def test_there_is_one_for_every_type_that_agora_documents(function: str) -> None:
    kinds = {tuple(name.split("_")[:2]) for name in typed(function)}
    assert kinds == {("rtc", str(kind)) for kind in RTC_TYPES} | {("recording", str(kind)) for kind in RECORDING_TYPES}


@pytest.mark.parametrize("name", typed("notices"))
def test_both_functions_have_the_same_notice_of_the_type_it_is_named_after(name: str) -> None:
    [record] = sample("notices", name)["Records"]
    notice = json.loads(record["body"])
    assert body_of(sample("recording_webhook", name)) == record["body"].encode()
    product, kind = name.split("_")[:2]
    assert (notice["productId"], notice["eventType"]) == ({"rtc": 1, "recording": 3}[product], int(kind))


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("name", [name for name in names("recording_webhook") if name not in (*REFUSED, *UNREADABLE)])
def test_a_signed_one_is_queued_as_it_came(sent: Outbox, name: str) -> None:
    event = sample("recording_webhook", name)
    reply = send("recording_webhook", event)
    assert (reply.status, reply.text) == (200, "{}")
    assert [message.body.encode() for message in sent] == [body_of(event)]


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("name", REFUSED)
def test_another_one_is_refused(sent: Outbox, counts: Counter[str], name: str) -> None:
    reply = send("recording_webhook", sample("recording_webhook", name))
    assert (reply.status, reply.code) == (401, "bad_signature")
    assert (sent, counts) == ([], {"WebhookForged": 1})


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("name", UNREADABLE)
def test_one_that_no_queue_takes_is_counted(sent: Outbox, counts: Counter[str], name: str) -> None:
    assert send("recording_webhook", sample("recording_webhook", name)).status == 200
    assert (sent, counts) == ([], {"UnreadableNotice": 1})


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("name", PRESENCE)
def test_a_channel_event_tells_where_somebody_is(counts: Counter[str], name: str) -> None:
    uid, what, is_in, is_publisher = PRESENCE[name]
    assert deliver(name) == {"batchItemFailures": []}
    [fact] = facts(WORKSHOP)
    assert (fact.uid, fact.what) == (uid, what)
    state = participant(WORKSHOP, uid)
    if is_in is None:
        assert state is None
    else:
        assert state is not None
        assert (state.is_in, state.is_publisher) == (is_in, is_publisher)
    assert counts == {}


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("name", RECORDINGS)
def test_an_event_of_a_recording_tells_how_it_stands(counts: Counter[str], name: str) -> None:
    assert deliver(name) == {"batchItemFailures": []}
    recording = recordings.read(WORKSHOP)
    assert {what: getattr(recording, what) for what in RECORDINGS[name]} == RECORDINGS[name]
    assert counts == {}


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize(
    "name", [name for name in names("notices") if name not in {*PRESENCE, *RECORDINGS, *SILENT, *BATCHES}]
)
def test_anything_else_is_counted_and_changes_nothing(counts: Counter[str], name: str) -> None:
    before = everything()
    assert deliver(name) == {"batchItemFailures": []}
    assert counts == {COUNTED.get(name, "NoticeIgnored"): 1}
    assert everything() == before


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("name", SILENT)
def test_a_recorder_is_nobody(counts: Counter[str], name: str) -> None:
    before = everything()
    assert deliver(name) == {"batchItemFailures": []}
    assert (counts, everything()) == ({}, before)


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("name", BATCHES)
def test_of_a_batch_only_the_bad_one_is_reported(name: str) -> None:
    records = sample("notices", name)["Records"]
    assert deliver(name) == {"batchItemFailures": [{"itemIdentifier": records[3]["messageId"]}]}
    assert sorted(fact.what for fact in facts(WORKSHOP)) == ["join", "join", "leave", "leave"]
