"""Making build packs when something goes wrong: crashes, twins, deletions, a bucket that does not answer."""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from atelier import queues
from atelier.packs import files, finishing
from functions.packs import app as function
from tests import faults, guided, packs
from tests.calling import World
from tests.messages import Outbox
from tests.streaming import Stream

pytestmark = pytest.mark.usefixtures("pack_files")

type Task = dict[str, str]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """When what failed was told to come again."""
    told: list[int] = []
    monkeypatch.setattr(queues, "come_again", lambda _url, _receipt, *, delay_s: told.append(delay_s))
    return told


@pytest.fixture
def asked(world: World, stream: Stream, sent: Outbox) -> Task:
    """A pack that was asked for; the task to make it."""
    guided_id = guided.make(world)
    assert guided.change(guided_id, "define", output="A problem.").status == 200
    assert packs.order(guided_id, "json").status == 201
    stream.run()
    (task,) = sent.to("packs")
    sent.clear()
    made: Task = task
    return made


def state(task: Task) -> tuple[str, str | None]:
    """What a pack stands at, and its digest."""
    pack = packs.stored(task["guided_id"], task["pack_id"])
    assert pack is not None
    return pack.status, pack.sha256


def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket does not answer from now on."""

    def fail(*_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://s3")

    monkeypatch.setattr(files, "put", fail)


@pytest.mark.parametrize("kill", [faults.killed_before, faults.killed_after])
def test_a_crash_between_file_and_mark_leaves_nothing_half_done(asked: Task, kill: Callable[[int], Any]) -> None:
    with kill(1) as fault, pytest.raises(faults.Killed):
        packs.receive(asked)
    assert fault.struck == 1
    assert len(packs.files()) == 1
    assert packs.receive(asked)
    ((_, content),) = packs.files().items()
    assert state(asked) == ("ready", packs.sha256(content))


def test_a_lost_answer_changes_nothing(asked: Task) -> None:
    with faults.answers_lost(on={"UpdateItem"}):
        packs.receive(asked)
    assert packs.receive(asked)
    ((_, content),) = packs.files().items()
    assert state(asked) == ("ready", packs.sha256(content))


def test_a_task_that_comes_twice_makes_one_file(asked: Task) -> None:
    assert packs.receive(asked)
    before = packs.stored(asked["guided_id"], asked["pack_id"])
    assert packs.receive(asked)
    after = packs.stored(asked["guided_id"], asked["pack_id"])
    assert before is not None
    assert after is not None
    assert before.serialize() == after.serialize()
    assert len(packs.files()) == 1


def test_two_at_once_make_one_file(asked: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    barrier, answers, put = threading.Barrier(2), [], files.put

    def put_when_both_have_read(*file: Any) -> None:
        barrier.wait(10)
        put(*file)

    def work() -> None:
        answers.append(packs.receive(asked))

    monkeypatch.setattr(files, "put", put_when_both_have_read)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True, True]
    ((_, content),) = packs.files().items()
    assert state(asked) == ("ready", packs.sha256(content))


def test_without_keys_that_name_the_content_two_at_once_would_leave_two_files(
    asked: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = count()
    monkeypatch.setattr(files, "object_key", lambda pack, _sha256: f"packs/{pack.id}/{next(names)}.json")
    monkeypatch.setattr(files, "forget", lambda _key: None)
    with pytest.raises(ValueError, match="too many values"):
        test_two_at_once_make_one_file(asked, monkeypatch)


def test_of_two_that_read_different_outputs_the_first_counts_and_no_file_is_left_over(asked: Task) -> None:
    def other() -> None:
        assert guided.change(asked["guided_id"], "define", output="Changed meanwhile.").status == 200
        assert packs.receive(asked)

    with faults.overtaken(1, other, on={"UpdateItem"}):
        assert packs.receive(asked)
    ((_, content),) = packs.files().items()
    assert b"Changed meanwhile." in content
    assert state(asked) == ("ready", packs.sha256(content))


def test_without_that_look_a_file_would_be_left_over(asked: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "forget", lambda _key: None)
    test_of_two = test_of_two_that_read_different_outputs_the_first_counts_and_no_file_is_left_over
    with pytest.raises(ValueError, match="too many values"):
        test_of_two(asked)


def test_a_workshop_that_is_deleted_meanwhile_leaves_no_file(asked: Task, stream: Stream) -> None:
    def delete() -> None:
        assert guided.ask("DELETE", f"/{asked['guided_id']}").status == 204
        stream.run()

    with faults.overtaken(1, delete, on={"UpdateItem"}):
        assert packs.receive(asked)
    assert not packs.files()
    assert not guided.under(asked["guided_id"])


def test_a_workshop_that_was_deleted_is_no_failure(asked: Task, stream: Stream) -> None:
    assert guided.ask("DELETE", f"/{asked['guided_id']}").status == 204
    stream.run()
    assert packs.receive(asked)
    assert packs.receive(asked, tries=5)
    assert not packs.files()
    assert not guided.under(asked["guided_id"])


def test_what_fails_comes_again_soon_and_then_later(
    asked: Task, pauses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch)
    for tries in range(1, 5):
        assert not packs.receive(asked, tries=tries)
        assert state(asked) == ("pending", None)
    assert pauses == [10, 30, 90, 270]


def test_after_the_last_try_a_pack_has_failed_with_a_reason(asked: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch)
    assert not packs.receive(asked, tries=function.MOST_TRIES)
    shown = packs.read(asked["guided_id"], asked["pack_id"])
    assert (shown["status"], shown["reason"], shown["url"]) == ("failed", finishing.GAVE_UP, None)


def test_a_last_try_that_dies_leaves_a_pack_that_has_failed(asked: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> None:
        raise faults.Killed

    monkeypatch.setattr(files, "put", die)
    with pytest.raises(faults.Killed):
        packs.receive(asked, tries=function.MOST_TRIES)
    assert state(asked) == ("failed", None)


def test_a_last_try_that_works_out_makes_it_ready(asked: Task) -> None:
    assert packs.receive(asked, tries=function.MOST_TRIES)
    shown = packs.read(asked["guided_id"], asked["pack_id"])
    assert (shown["status"], shown["reason"]) == ("ready", None)


def test_a_failure_that_is_brought_back_is_made(asked: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        failing(patch)
        packs.receive(asked, tries=function.MOST_TRIES)
    assert packs.receive(asked)
    assert state(asked)[0] == "ready"


@pytest.mark.parametrize("task", [{}, {"task": "other"}, {"task": "make", "guided_id": "gid_1"}])
def test_a_message_that_is_none_of_ours_is_set_aside(world: World, task: Task) -> None:
    assert not packs.receive(task)


def test_the_queue_gives_up_when_the_function_thinks_it_does() -> None:
    from tests.infrastructure import expanded  # noqa: PLC0415 - the transform is slow, and needed here alone

    queue = expanded.of_type("AWS::SQS::Queue")["PacksQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == function.MOST_TRIES
