"""The recorder's function: tasks from its queue, at an Agora over HTTP, with a bucket that is listed for real."""

import io
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from atelier import observability
from atelier.agora.secrets import SecretStore, StorageAccess
from atelier.errors import AgoraUnavailableError
from atelier.rsvps.items import Attendee, attendee_key
from functions.recorder import app
from tests.agora_simulator import ACCESS, STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY
from tests.calling import Context, id_of
from tests.faults import failing_with
from tests.live import QUEUE, Live, LiveRoom
from tests.recordings import BUCKET
from tests.rooms import CERTIFICATE, CREDENTIALS
from tests.template import ROOT

TABLE_IS_DOWN = "ValidationException"


@dataclass
class Function:
    """The function with its surroundings."""

    live: Live
    bucket: Any
    _numbers: list[int] = field(default_factory=list)

    def receive(self, *bodies: object) -> list[str]:
        """Receives messages; the bodies of those it reports as failed."""
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        records = [{"messageId": f"m{n}", "body": text, "attributes": {}} for n, text in enumerate(texts)]
        answer = app.handle({"Records": records}, Context("recorder", "request"), at=self.live.now)
        return [texts[int(entry["itemIdentifier"][1:])] for entry in answer["batchItemFailures"]]

    def work_off(self) -> None:
        """Receives whatever it has sent itself, each at its time."""
        tasks, self.live.tasks[:] = list(self.live.tasks), []
        for due, task in tasks:
            self.live.wait(due - self.live.agora.clock.now)
            assert self.receive(task) == []


def recording(room: LiveRoom) -> dict[str, str]:
    return {"task": "recording", "workshop_id": room.id}


def moderation(room: LiveRoom, user: str = "ana") -> dict[str, str]:
    return {"task": "moderation", "workshop_id": room.id, "user_id": id_of(user)}


@pytest.fixture
def function(live: Live, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Function:
    environment = {
        "AGORA_PARAMETER_PATH": "/studio/agora",
        "AGORA_URLS": live.agora.url,
        "RECORDER_QUEUE_URL": QUEUE,
        "AWS_REGION": "eu-central-1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(app, "access", SecretStore(lambda: ACCESS))
    monkeypatch.setattr(app, "credentials", SecretStore(lambda: CREDENTIALS))
    monkeypatch.setattr(app, "storage", SecretStore(lambda: StorageAccess(STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY)))
    live.agora.simulator.put = lambda key, content, _: bucket.put_object(Bucket=BUCKET, Key=key, Body=content)
    return Function(live, bucket)


def recorded(function: Function) -> LiveRoom:
    room = function.live.open("ana", records=True)
    room.enter("host")
    assert function.receive(recording(room)) == []
    for _ in range(3):
        function.work_off()
    assert function.live.agora.simulator.running(room.channel) == 1
    return room


def test_a_task_is_worked_off_step_by_step_by_messages_to_itself(function: Function) -> None:
    room = recorded(function)
    function.live.wait(2)
    assert [item.status for item in room.recordings] == ["recording"]


def test_files_are_listed_in_the_bucket(function: Function) -> None:
    room = recorded(function)
    function.live.agora.simulator.misbehave(drop=1.0)
    function.live.wait(2)
    room.end()
    assert function.receive(recording(room)) == []
    function.live.wait(2)
    [item] = room.recordings
    assert [stored.key.rpartition(".")[2] for stored in app.stored(item.folder)] == ["m3u8", "mp4", "ts"]
    assert app.stored("recordings/another") == []


def test_more_files_than_one_page_holds_are_all_listed(function: Function) -> None:
    def make_pages_small(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 2

    names = [f"recordings/a/b/{number}.ts" for number in range(5)]
    for name in names:
        function.bucket.put_object(Bucket=BUCKET, Key=name, Body=b"")
    event = "before-parameter-build.s3.ListObjectsV2"
    function.bucket.meta.events.register(event, make_pages_small)
    found = app.stored("recordings/a/b")
    function.bucket.meta.events.unregister(event, make_pages_small)
    assert [stored.key for stored in found] == names


@pytest.mark.parametrize(
    "poison", ["no json", "[]", {"task": "unheard of"}, {}, {"task": "recording"}, {"task": "moderation"}]
)
def test_poison_fails_alone(function: Function, counts: Counter[str], poison: object) -> None:
    room = function.live.open(records=True)
    failed = function.receive(poison, recording(room))
    assert failed == [poison if isinstance(poison, str) else json.dumps(poison)]
    assert len(room.recordings) == 1
    assert counts["RecorderTaskFailed"] == 1


def test_an_error_of_the_table_brings_the_task_again(function: Function) -> None:
    room = function.live.open(records=True)
    with failing_with(TABLE_IS_DOWN, 100):
        assert function.receive(recording(room)) == [json.dumps(recording(room))]


def test_an_outage_of_agora_is_no_failure_and_comes_back_ever_later(function: Function) -> None:
    room = function.live.open("ana", records=True)
    function.live.agora.simulator.misbehave(down="503")
    assert function.receive(recording(room)) == []
    delays = []
    for _ in range(4):
        [(due, _)] = function.live.tasks
        delays.append(due - function.live.agora.clock.now)
        function.work_off()
    assert delays == [0, 5, 10, 20]


def silence(function: Function, room: LiveRoom) -> None:
    """Somebody has just lost the right to speak."""
    row = Attendee(*attendee_key(room.id, id_of("ana")))
    row.update([Attendee.updated_at.set(function.live.now())])


def test_moderation_comes_back_after_an_outage(function: Function) -> None:
    room = function.live.open("ana")
    room.enter("ana", host=True)
    silence(function, room)
    function.live.agora.simulator.misbehave(down="503")
    assert function.receive(moderation(room)) == []
    [(due, task)] = function.live.tasks
    assert (due - function.live.agora.clock.now, task) == (5, {**moderation(room), "tries": 1})
    function.live.agora.simulator.misbehave(down="")
    function.work_off()
    uid = room.uids["ana", "main"]
    assert function.live.agora.simulator.rules.taken_from(room.channel, uid) == {"publish_audio", "publish_video"}
    assert function.live.tasks == []


def test_moderation_that_agora_refuses_is_a_failure(function: Function) -> None:
    room = function.live.open("ana")
    silence(function, room)
    function.live.agora.simulator.fail("rule", status=401)
    assert function.receive(moderation(room)) == [json.dumps(moderation(room))]


def test_without_credentials_it_comes_back(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AgoraUnavailableError

    room = function.live.open("ana", records=True)
    monkeypatch.setattr(app, "agora", refuse)
    assert function.receive(recording(room), moderation(room)) == []
    function.work_off()
    assert [task["task"] for _, task in function.live.tasks] == ["recording", "moderation"]


def test_one_client_of_agora_serves_all_tasks(function: Function) -> None:
    assert app.agora() is app.agora()


@pytest.mark.parametrize("status", [200, 400, 500])
def test_no_secret_is_logged(
    function: Function, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    out = io.StringIO()
    monkeypatch.setattr(observability.logger.registered_handler, "stream", out)
    if status != 200:
        function.live.agora.simulator.fail("start", status=status, code=2, reason=STORAGE_SECRET_KEY)
    room = function.live.open(records=True)
    function.receive(recording(room), {"task": "unheard of"})
    for _ in range(3):
        function.work_off()
    logged = out.getvalue() + "".join(capsys.readouterr())
    assert "recording_step" in logged
    for secret in (STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY, CERTIFICATE, ACCESS.customer_secret, "007eJ"):
        assert secret not in logged


@pytest.mark.parametrize("name", ["recording", "moderation"])
def test_a_sample_event_is_about_nothing_that_exists_and_does_nothing(function: Function, name: str) -> None:
    event = json.loads((ROOT / "events" / "recorder" / f"{name}.json").read_text(encoding="utf-8"))
    assert app.lambda_handler(event, Context("recorder", "request")) == {"batchItemFailures": []}
    assert (function.live.tasks, function.live.agora.simulator.requests) == ([], [])
