"""What follows from a recording that is ready: its workshop says that it has one."""

import pytest

from atelier import table as table_of
from atelier.recordings import following
from tests.calling import World, call
from tests.counting import counted
from tests.recordings import UID, file, hear, notice, put, read, whole_session
from tests.rooms import a_workshop
from tests.streaming import Stream
from tests.workshops import ask, set_in_table, stored


@pytest.fixture
def workshop_id(world: World, stream: Stream) -> str:
    """A workshop that has ended and made no recording yet. Nothing is told to the recorder here."""
    return a_workshop(world, "ended", records=False)


def test_a_workshop_has_a_recording_once_one_is_ready_and_no_etag_moves(workshop_id: str, stream: Stream) -> None:
    began, sliced, left, uploaded, ended = whole_session(put(workshop_id))
    before = ask("GET", f"/{workshop_id}")
    for told in (began, sliced, left):
        hear(told)
        stream.run()
        assert ask("GET", f"/{workshop_id}").json["has_recording"] is False
    hear(uploaded, ended)
    stream.run()
    after = ask("GET", f"/{workshop_id}")
    assert after.json == {**before.json, "has_recording": True}
    assert after.headers["etag"] == before.headers["etag"]
    assert call("workshops", "GET", "/workshops", query={"past": True}).json["items"][0]["has_recording"] is True


def test_it_is_written_once_and_wakes_nobody(workshop_id: str, stream: Stream) -> None:
    cname = put(workshop_id)
    put(workshop_id, "rec_02", sid="another", uid=UID + 1)
    hear(notice(31, cname, {"fileList": [file("a_0.mp4")]}))
    stream.run()
    written = stored(workshop_id).serialize()
    assert written["last_change"] == {"S": "counts"}
    hear(notice(31, cname, {"fileList": [file("b_0.mp4")]}, sid="another"), notice(11, cname, sid="another"))
    stream.run()
    assert read(workshop_id, "rec_02").status == "ready"
    assert stored(workshop_id).serialize() == written
    with counted() as use:
        following.show(workshop_id)
    assert use.operations == ["UpdateItem"]
    assert stream.run() == 0


def test_an_edit_at_the_same_time_loses_nothing(workshop_id: str, stream: Stream) -> None:
    hear(notice(31, put(workshop_id), {"fileList": [file("a_0.mp4")]}))
    set_in_table(workshop_id, title="Salt firing")
    stream.run()
    assert (stored(workshop_id).title, stored(workshop_id).has_recording) == ("Salt firing", True)


def test_a_recording_of_a_workshop_that_is_gone_makes_none(workshop_id: str) -> None:
    stored(workshop_id).delete()
    following.show(workshop_id)
    assert table_of.read_one((f"WORKSHOP#{workshop_id}", "#META")) is None
