"""Notices of recordings against the table: which recording they are about, and what they cost."""

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from atelier import table as table_of
from atelier.agora.notices import Notice
from atelier.recordings import events
from atelier.recordings.items import Recording
from tests.calling import World
from tests.counting import Use
from tests.faults import Killed, killed_after, killed_before
from tests.recordings import BEGAN_MS, SID, UID, file, hear, notice, put, read, state, whole_session
from tests.rooms import a_workshop
from tests.sizes import size

OTHER_SID = "0e11" * 8


@pytest.fixture
def workshop_id(world: World) -> str:
    """A live workshop."""
    return a_workshop(world)


def test_every_order_of_a_session_gives_the_same_item(workshop_id: str) -> None:
    session = whole_session(put(workshop_id))
    hear(*session)
    expected = state(read(workshop_id))
    for order in itertools.islice(itertools.permutations(session), 0, None, size(5, 1)):
        put(workshop_id)
        hear(*order, order[0])
        assert state(read(workshop_id)) == expected


def test_a_notice_takes_three_round_trips_and_its_repetition_no_write(
    workshop_id: str, requests_made: Callable[[], AbstractContextManager[Use]]
) -> None:
    began = notice(40, put(workshop_id), {"status": 0})
    with requests_made() as use:
        hear(began)
    assert use.operations == ["GetItem", "Query", "UpdateItem"]
    with requests_made() as use:
        hear(began)
    assert use.operations == ["GetItem", "Query"]


def test_a_notice_of_a_channel_a_task_or_a_type_that_nobody_knows_has_no_effect(
    workshop_id: str, requests_made: Callable[[], AbstractContextManager[Use]]
) -> None:
    cname = put(workshop_id)
    before = read(workshop_id).serialize()
    unknown = [
        notice(31, "nosuchchannel", {"fileList": [file("a_0.mp4")]}),
        notice(31, cname, {"fileList": [file("a_0.mp4")]}, sid=OTHER_SID, uid="4711"),
        notice(41, cname, sid=OTHER_SID, uid=str(UID)),
    ]
    odd = [
        notice(13, cname),
        notice(999, cname),
        notice(41, ""),
        notice(41, cname, sid=None),
        Notice("n", 3, 41, BEGAN_MS, {}),
    ]
    with requests_made() as use:
        assert not any(hear(*odd))
    assert use.operations == []
    with requests_made() as use:
        assert not any(hear(*unknown))
    assert use.writes == []
    assert read(workshop_id).serialize() == before


def test_a_late_end_of_an_old_task_leaves_the_newer_one_running(workshop_id: str) -> None:
    cname = put(workshop_id, "rec_01")
    put(workshop_id, "rec_02", sid=OTHER_SID, uid=UID + 1)
    hear(notice(40, cname, {"status": 0}, sid=OTHER_SID, uid=str(UID + 1)))
    hear(
        notice(41, cname),
        notice(11, cname, {"exitStatus": 0}),
        notice(31, cname, {"fileList": [file("a_0.mp4")]}),
    )
    assert read(workshop_id, "rec_01").status == "ready"
    newer = read(workshop_id, "rec_02")
    assert (newer.status, newer.exited, newer.files) == ("recording", False, None)


def test_a_lost_task_is_found_by_the_uid_of_its_recorder_and_only_once(workshop_id: str) -> None:
    cname = put(workshop_id, sid=None)
    assert hear(notice(40, cname, {"status": 0}, uid=UID)) == [True]
    assert (read(workshop_id).sid, read(workshop_id).status) == (SID, "recording")
    assert hear(notice(41, cname, sid=OTHER_SID)) == [False]
    assert not read(workshop_id).exited


def test_after_a_failover_the_files_of_both_recorders_are_parts(workshop_id: str) -> None:
    cname = put(workshop_id, sid=None)
    hear(
        notice(12, cname, {"newUid": 777}),
        *(notice(12, cname, {"newUid": uid}, uid="777") for uid in (4711, 12345, 67890)),
        notice(42, cname, {"startUtcMs": BEGAN_MS}, uid="777"),
        notice(31, cname, {"fileList": [file("a_0.mp4"), file("bak0_a_0.mp4", seconds=900)]}, uid="777"),
    )
    found = read(workshop_id)
    assert found.other_uids == {"777", "4711", "12345", "67890"}
    assert [entry["key"].rsplit("/", 1)[1] for entry in found.files] == ["a_0.mp4", "bak0_a_0.mp4"]


def test_a_write_that_came_between_is_read_and_kept(workshop_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cname = put(workshop_id)
    write = table_of.update_or_see
    between = iter([notice(31, cname, {"fileList": [file("a_0.mp4")]}), notice(41, cname)])

    def overtaken(*args: Any) -> Any:
        for told in between:
            hear(told)
        return write(*args)

    monkeypatch.setattr(table_of, "update_or_see", overtaken)
    hear(notice(42, cname, {"startUtcMs": BEGAN_MS}))
    found = read(workshop_id)
    assert (found.status, found.started_ms, len(found.files)) == ("ready", BEGAN_MS, 1)


def test_without_the_condition_the_slower_of_two_notices_would_undo_the_faster(
    workshop_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_is_as", lambda _: Recording.pk.exists())
    cname = put(workshop_id)
    write = table_of.update_or_see
    between = iter([notice(31, cname, {"fileList": [file("a_0.mp4")]})])

    def overtaken(*args: Any) -> Any:
        for told in between:
            hear(told)
        return write(*args)

    monkeypatch.setattr(table_of, "update_or_see", overtaken)
    hear(notice(42, cname, {"startUtcMs": BEGAN_MS}))
    assert read(workshop_id).status == "recording"


def test_a_notice_that_is_overtaken_each_time_is_left_to_the_queue(
    workshop_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cname = put(workshop_id)
    monkeypatch.setattr(table_of, "update_or_see", lambda *_: read(workshop_id))
    with pytest.raises(events.OvertakenError):
        hear(notice(42, cname, {"startUtcMs": BEGAN_MS}))


def test_a_recording_that_was_abandoned_in_the_meantime_does_not_come_back(
    workshop_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cname = put(workshop_id)
    write = table_of.update_or_see

    def abandoned(*args: Any) -> Any:
        read(workshop_id).delete()
        return write(*args)

    monkeypatch.setattr(table_of, "update_or_see", abandoned)
    hear(notice(42, cname, {"startUtcMs": BEGAN_MS}))
    assert read(workshop_id) is None


@pytest.mark.parametrize("killed", [killed_before, killed_after])
def test_a_process_that_dies_at_the_write_loses_nothing_when_the_notice_comes_again(
    workshop_id: str, killed: Callable[[int], AbstractContextManager[Any]]
) -> None:
    told = notice(42, put(workshop_id), {"startUtcMs": BEGAN_MS})
    with killed(1), pytest.raises(Killed):
        hear(told)
    hear(told)
    assert read(workshop_id).status == "recording"
