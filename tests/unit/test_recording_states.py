"""A recording's state follows from what was heard, not from the order in which it was."""

import itertools
import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atelier.agora.notices import Notice
from atelier.recordings import states
from atelier.recordings.events import read
from atelier.recordings.items import Recording
from tests.recordings import BEGAN, BEGAN_MS, SID, UID, file, notice, recording, state, whole_session

CNAME = "channel"
RANK = states.ORDER.index


def after(*notices: Notice, of: Recording | None = None) -> Recording:
    """The recording after these notices; on the way its status never falls."""
    current = of or recording()
    for told in notices:
        event = read(told)
        if event is None:
            continue
        before = current.status
        for name, value in states.changes(current, event).items():
            setattr(current, name, value)
        assert RANK(current.status) >= RANK(before)
    return current


def repeated(notices: Iterable[Notice], dice: random.Random) -> list[Notice]:
    """Each notice one to five times, the repetitions anywhere after the first."""
    sent = list(notices)
    for told in tuple(sent):
        for _ in range(dice.randrange(5)):
            sent.insert(dice.randint(sent.index(told) + 1, len(sent)), told)
    return sent


def test_all_orders_of_a_session_end_in_the_same_recording_however_often_each_is_sent() -> None:
    dice = random.Random(31)  # noqa: S311
    session = whole_session(CNAME)
    expected = state(after(*session))
    for order in itertools.permutations(session):
        assert state(after(*repeated(order, dice))) == expected
    final = after(*session)
    assert [final.status, final.exited, final.reason] == ["ready", True, None]
    assert final.files == [{"key": f"{final.folder}/take_0.mp4", "started_ms": BEGAN_MS + 2000}]
    assert (final.started_ms, final.ended_ms) == (BEGAN_MS + 2000, BEGAN_MS + 3_600_000)


def test_a_machine_that_goes_by_the_last_notice_would_fail_that_test() -> None:
    status_by = {40: "recording", 42: "recording", 41: "processing", 31: "ready", 11: "processing"}
    last = {status_by[order[-1].type] for order in itertools.permutations(whole_session(CNAME))}
    assert len(last) > 1


NAMES = st.sampled_from(["a_0.mp4", "a_1.mp4", "bak0_a_0.mp4", "a.m3u8", "a_20261121.ts"])
LISTS = st.one_of(
    st.lists(st.builds(file, NAMES, seconds=st.integers(0, 9)), max_size=3),
    st.lists(NAMES, max_size=2),
    NAMES,
    st.sampled_from(["", "[]", None, 7, {"fileName": "a_0.mp4"}]),
)
DETAILS = st.one_of(
    st.tuples(st.just(1), st.fixed_dictionaries({"errorLevel": st.integers(1, 5), "errorCode": st.integers(30, 55)})),
    st.tuples(st.just(3), st.fixed_dictionaries({"status": st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 20, "5"])})),
    st.tuples(st.just(11), st.fixed_dictionaries({"exitStatus": st.integers(0, 1)})),
    st.tuples(st.just(12), st.fixed_dictionaries({"newUid": st.sampled_from([12345, "67890", 0])})),
    st.tuples(st.sampled_from([31, 32]), st.fixed_dictionaries({}, optional={"fileList": LISTS})),
    st.tuples(st.just(40), st.fixed_dictionaries({"status": st.integers(0, 1)})),
    st.tuples(st.just(42), st.fixed_dictionaries({}, optional={"startUtcMs": st.integers(BEGAN_MS, BEGAN_MS + 9999)})),
    st.tuples(st.sampled_from([2, 4, 13, 30, 33, 41, 43, 60, 81, 90, 100, 1001]), st.just({"status": 0})),
)
NOTICES = st.builds(
    lambda told, seconds, sequence, uid: notice(told[0], CNAME, told[1], seconds=seconds, sequence=sequence, uid=uid),
    DETAILS,
    st.integers(0, 9),
    st.integers(0, 40),
    st.sampled_from([str(UID), "4711", UID, None]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(NOTICES, max_size=14), st.randoms(use_true_random=False))
def test_no_order_and_no_repetition_of_anything_agora_sends_makes_another_recording(
    notices: list[Notice], dice: random.Random
) -> None:
    shuffled = [*notices, *(told for told in notices if dice.random() < 0.5)]
    dice.shuffle(shuffled)
    assert state(after(*shuffled)) == state(after(*notices))


@settings(max_examples=100, deadline=None)
@given(st.lists(NOTICES, max_size=12), st.data())
def test_what_is_heard_of_fewer_notices_is_never_further_than_of_all(notices: list[Notice], data: Any) -> None:
    some = [told for told in notices if data.draw(st.booleans())]
    assert RANK(after(*some).status) <= RANK(after(*notices).status)


def test_a_recording_is_proved_by_its_recorder_a_slice_or_a_status() -> None:
    assert after(notice(40, CNAME, {"status": 0})).status == "recording"
    assert after(notice(42, CNAME, {"startUtcMs": BEGAN_MS})).status == "recording"
    assert after(notice(3, CNAME, {"status": 4})).status == "recording"
    assert after(notice(3, CNAME, {"status": 5})).verified_at == BEGAN
    assert after(notice(3, CNAME, {"status": 3}), notice(40, CNAME, {"status": 1})).status == "starting"
    assert after(notice(4, CNAME, {"fileList": "a.m3u8"}), notice(30, CNAME), notice(33, CNAME)).status == "starting"


def test_the_first_frame_is_the_earliest_slice_though_the_recorder_was_in_the_room_before() -> None:
    first, again = (notice(42, CNAME, {"startUtcMs": BEGAN_MS + ms}) for ms in (90_000, 700_000))
    final = after(again, notice(40, CNAME, {"status": 0}, seconds=1), first)
    assert final.started_ms == BEGAN_MS + 90_000
    assert final.verified_at == BEGAN


def test_the_last_frame_is_when_the_recorder_left_and_not_when_the_upload_was_over() -> None:
    final = after(notice(11, CNAME, {"exitStatus": 0}, seconds=700), notice(41, CNAME, seconds=600))
    assert final.ended_ms == BEGAN_MS + 600_000
    assert (final.status, final.exited) == ("processing", True)


def test_files_that_are_still_in_agoras_backup_do_not_make_a_recording_ready() -> None:
    backed_up = notice(32, CNAME, {"fileList": [file("a_0.mp4")]})
    assert after(notice(41, CNAME), backed_up).status == "processing"
    assert after(notice(41, CNAME), backed_up, notice(31, CNAME, {"fileList": [file("a_0.mp4")]})).status == "ready"


def test_an_upload_without_files_fails_a_recording_only_when_it_is_over() -> None:
    nothing = notice(31, CNAME, {"fileList": []})
    assert after(nothing).status == "starting"
    final = after(nothing, notice(41, CNAME))
    assert (final.status, final.reason) == ("failed", "nothing_recorded")
    assert after(nothing, notice(41, CNAME), notice(31, CNAME, {"fileList": [file("a_0.mp4")]})).status == "ready"


def test_an_upload_that_names_no_list_is_left_to_whoever_looks_into_the_bucket() -> None:
    final = after(notice(41, CNAME), notice(31, CNAME, {"status": 0}))
    assert (final.status, final.files) == ("processing", None)


def test_an_abnormal_exit_is_kept_as_a_reason_and_files_that_come_all_the_same_win() -> None:
    broken = after(notice(11, CNAME, {"exitStatus": 1}))
    assert (broken.status, broken.exited, broken.reason) == ("processing", True, "abnormal_exit")
    mended = after(notice(31, CNAME, {"fileList": [file("a_0.mp4")]}), of=broken)
    assert [mended.status, mended.reason] == ["ready", None]
    assert after(notice(3, CNAME, {"status": 20})).reason == "abnormal_exit"


def test_of_several_reasons_the_most_telling_is_kept_and_the_recorders_own_is_not_written_over() -> None:
    storage = notice(1, CNAME, {"module": 1, "errorLevel": 5, "errorCode": 32})
    minor = notice(1, CNAME, {"module": 1, "errorLevel": 2, "errorCode": 47})
    assert after(notice(11, CNAME, {"exitStatus": 1}), storage, minor).reason == "storage_refused"
    assert after(minor).reason is None
    assert after(storage, of=recording(status="failed", reason="gave_up")).reason == "gave_up"


def test_what_the_recorder_decided_is_never_taken_back() -> None:
    stopped = recording(status="processing", stop_asked_at=BEGAN, verified_at=BEGAN)
    assert after(notice(42, CNAME, {"startUtcMs": BEGAN_MS}), of=stopped).status == "processing"
    assert after(notice(40, CNAME, {"status": 0}), of=recording(status="failed", reason="gave_up")).status == "failed"


def test_a_recorder_that_agora_moved_has_further_uids() -> None:
    final = after(notice(12, CNAME, {"newUid": "777"}), notice(42, CNAME, {"startUtcMs": BEGAN_MS}, uid="888"))
    assert final.other_uids == {"777", "888"}
    assert after(notice(12, CNAME, {"newUid": 0}), notice(12, CNAME, {"newUid": UID})).other_uids is None


@pytest.mark.parametrize(
    ("listed", "keys"),
    [
        ([file("a_0.mp4"), file("a.m3u8")], ["a_0.mp4"]),
        ([file("a.m3u8"), file("a_1.ts")], ["a.m3u8"]),
        ([file("bak0_a_0.mp4", seconds=900), file("a_0.mp4")], ["a_0.mp4", "bak0_a_0.mp4"]),
        ([{"filename": "a_0.mp4"}], ["a_0.mp4"]),
        (["b_0.mp4", "a_0.mp4"], ["a_0.mp4", "b_0.mp4"]),
        ("a_0.mp4", ["a_0.mp4"]),
        ("a_0.mp4;b_0.mp4", ["a_0.mp4", "b_0.mp4"]),
        ('[{"fileName": "a_0.mp4"}]', ["a_0.mp4"]),
        ([file("recordings/wks01/rec01/a_0.mp4")], ["a_0.mp4"]),
        ([file("/a_0.mp4")], ["a_0.mp4"]),
        ([file("recordings/other/a_0.mp4")], ["recordings/other/a_0.mp4"]),
    ],
)
def test_file_lists_are_read_in_every_shape_and_always_under_the_recordings_own_folder(
    listed: object, keys: list[str]
) -> None:
    final = after(notice(31, CNAME, {"fileList": listed}))
    assert [entry["key"] for entry in final.files] == [f"{final.folder}/{key}" for key in keys]


def test_details_of_any_shape_do_no_harm() -> None:
    odd_ones: list[object] = [*({"status": odd} for odd in ("x", None, [1], -1, 1e300, True)), [], "text", 7]
    for odd in odd_ones:
        assert after(*(notice(kind, CNAME, odd) for kind in states.Kind), of=recording(sid=SID)).sid == SID
