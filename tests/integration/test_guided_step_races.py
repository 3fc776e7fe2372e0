"""Two people at one step, and a process that dies at work: nothing that somebody wrote is lost, nothing half done."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from atelier import table
from atelier.errors import RequestInProgressError
from atelier.guided import steps
from atelier.guided.items import StepOutput, output_key
from atelier.table import Item, Key
from tests import faults
from tests.calling import World
from tests.guided import change, complete, join, make, remove_member, standing, step, stored


def test_of_two_editors_one_is_told_and_nothing_is_lost(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "editor")
    tag = change(guided_id, "define", output="as both read it").headers["etag"]
    first = change(guided_id, "define", output="the first's", if_match=tag)
    second = change(guided_id, "define", user="second", output="the second's", if_match=tag)
    assert (first.status, second.status, second.code) == (200, 412, "stale_version")
    assert step(guided_id, "define").json["output"] == "the first's"
    again = change(guided_id, "define", user="second", output="both", if_match=first.headers["etag"])
    assert again.status == 200


def test_of_many_editors_at_once_each_text_that_was_taken_was_seen_by_the_next(world: World) -> None:
    guided_id = make(world)
    change(guided_id, "define", output=[])

    def add(number: int) -> str:
        while True:
            seen = step(guided_id, "define")
            wanted = [*seen.json["output"], number]
            reply = change(guided_id, "define", output=wanted, if_match=seen.headers["etag"])
            if reply.status == 200:
                return reply.text
            assert reply.status in (409, 412), reply.text

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(add, range(10)))
    assert sorted(step(guided_id, "define").json["output"]) == list(range(10))


def test_without_if_match_the_same_crowd_would_lose_texts(world: World) -> None:
    guided_id = make(world)
    change(guided_id, "define", output=["first"])
    with faults.overtaken(1, lambda: change(guided_id, "define", output=["first", "theirs"])):
        assert change(guided_id, "define", output=["first", "mine"]).status == 200
    assert step(guided_id, "define").json["output"] == ["first", "mine"]


def test_with_if_match_who_is_overtaken_between_reading_and_writing_is_told(world: World) -> None:
    guided_id = make(world)
    tag = change(guided_id, "define", output="first").headers["etag"]
    with faults.overtaken(1, lambda: change(guided_id, "define", output="theirs")) as fault:
        reply = change(guided_id, "define", output="mine", if_match=tag)
    assert fault.struck == 1
    assert reply.status == 412
    assert step(guided_id, "define").json["output"] == "theirs"


def _torn(guided_id: str) -> dict[Key, Item]:
    """What a BatchGet may tell of a step that is written meanwhile: the step as it is, its output as it was."""
    change(guided_id, "define", output="old")
    before = table.read_many([output_key(guided_id, "define")])
    change(guided_id, "define", output="new")
    return table.read_many(steps.keys(guided_id, "define")) | before


def _settled(guided_id: str, found: dict[Key, Item]) -> str | None:
    guided = stored(guided_id)
    assert guided is not None
    (state,) = steps.settled(guided, found, ["define"])
    return state.text


def test_a_step_and_its_output_are_shown_as_they_were_written_together(world: World) -> None:
    guided_id = make(world)
    assert _settled(guided_id, _torn(guided_id)) == '"new"'


def test_without_the_revision_an_old_output_would_stand_under_a_new_tag(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    guided_id = make(world)
    monkeypatch.setattr(steps, "_fits", lambda *_: True)
    assert _settled(guided_id, _torn(guided_id)) == '"old"'


def test_a_step_that_is_always_written_while_it_is_read_is_not_shown_torn(world: World) -> None:
    guided_id = make(world)
    found = _torn(guided_id)
    StepOutput(*output_key(guided_id, "define"), text='"new"', revision=7).save()
    with pytest.raises(RequestInProgressError):
        _settled(guided_id, found)


@pytest.mark.parametrize("fault", [faults.killed_before, faults.killed_after])
def test_whoever_dies_at_work_leaves_all_of_a_change_or_nothing(world: World, fault: Any) -> None:
    guided_id = make(world)
    complete(guided_id, "empathize", "define")
    with fault(1), pytest.raises(faults.Killed):
        change(guided_id, "empathize", status="in_progress", output="new")
    shown = step(guided_id, "empathize").json
    written = fault is faults.killed_after
    assert (shown["output"] == "new", shown["status"] == "in_progress") == (written, written)
    assert standing(guided_id)["define"] == ("complete, stale" if written else "complete")


def test_a_lost_answer_does_not_make_a_change_twice(world: World) -> None:
    guided_id = make(world)
    with faults.answers_lost(on={"TransactWriteItems"}) as fault:
        reply = change(guided_id, "define", output="x")
    assert fault.struck == 1
    assert (reply.status, reply.json["revision"]) == (200, 1)


def test_who_was_taken_off_meanwhile_writes_nothing(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "editor")
    with faults.overtaken(1, lambda: remove_member(guided_id, "second")) as fault:
        reply = change(guided_id, "define", user="second", output="too late")
    assert fault.struck == 1
    assert reply.status == 404
    assert step(guided_id, "define").json["output"] is None
