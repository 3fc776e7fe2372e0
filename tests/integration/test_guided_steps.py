"""The ten steps: read whole, changed one at a time, in order or freely; nothing that somebody wrote is lost."""

import json
from typing import Any

import pytest

from atelier.guided import steps
from atelier.guided.items import STEPS, StepOutput, step_key
from atelier.guided.outputs import MOST_BYTES
from tests import faults
from tests.calling import World
from tests.counting import counted
from tests.guided import (
    NOWHERE,
    ask,
    change,
    complete,
    make,
    standing,
    step,
    stored_step,
    under,
)

LARGEST = "x" * (MOST_BYTES - 2)


def test_a_new_workshop_has_the_ten_steps_in_order(world: World) -> None:
    guided_id = make(world)
    shown = ask("GET", f"/{guided_id}/steps").json
    assert [(item["step_id"], item["order"]) for item in shown["items"]] == list(zip(STEPS, range(1, 11), strict=True))
    assert {(item["status"], item["stale"], item["output"], item["started_at"]) for item in shown["items"]} == {
        ("not_started", False, None, None)
    }
    assert shown["next_cursor"] is None


def test_a_step_tells_what_it_holds(world: World) -> None:
    guided_id = make(world)
    output = {"people": [{"name": "Ana", "wish": "  a chair\n  and quiet "}], "count": 3, "sure": None, "ratio": 0.5}
    reply = change(guided_id, "empathize", output=output, status="complete")
    assert reply.headers["etag"] == '"2"'
    shown = step(guided_id, "empathize")
    assert shown.json == reply.json
    assert shown.headers["etag"] == '"2"'
    assert shown.json["output"] == output
    assert shown.json["status"] == "complete"
    assert shown.json["started_at"] == shown.json["completed_at"] == shown.json["updated_at"]
    assert (shown.json["version"], shown.json["revision"]) == (2, 1)


def test_an_output_can_be_any_json_and_null_takes_it_away(world: World) -> None:
    guided_id = make(world)
    outputs: list[Any] = ["text", 0, False, [], {}, 10**30, [None], {"a": {"b": []}}]
    for output in outputs:
        assert change(guided_id, "define", output=output).json["output"] == output
    emptied = change(guided_id, "define", output=None).json
    assert (emptied["output"], emptied["status"], emptied["revision"]) == (None, "in_progress", 9)
    assert change(guided_id, "define", output=None).json == emptied


def test_what_is_the_same_changes_nothing(world: World) -> None:
    guided_id = make(world)
    first = change(guided_id, "define", output={"a": 1})
    with counted() as use:
        again = change(guided_id, "define", output={"a": 1}, status="in_progress")
        nothing = change(guided_id, "define")
    assert first.json == again.json == nothing.json
    assert use.operations == ["BatchGetItem", "BatchGetItem"]


@pytest.mark.parametrize(
    ("patch", "loc"),
    [
        ({"status": "done"}, "status"),
        ({"status": None}, "status"),
        ({"output": "a\x00"}, "output"),
        ({"output": {"a": ["\ud800"]}}, "output"),
        ({"output": LARGEST + "x"}, "output"),
        ({"stale": False}, "stale"),
        ({"started_at": "2027-01-01T00:00:00Z"}, "started_at"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_step_is_refused(world: World, patch: dict[str, Any], loc: str) -> None:
    guided_id = make(world)
    reply = change(guided_id, "define", **patch)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert [error["loc"][0] for error in reply.json["errors"]] == [loc]
    assert standing(guided_id) == {}


def test_an_output_over_the_largest_body_is_refused_as_one(world: World) -> None:
    reply = change(make(world), "define", output="x" * 300_000)
    assert (reply.status, reply.code) == (413, "body_too_large")


@pytest.mark.parametrize("name", ["pack2", "Define", "define_", "wks_00000000000000000000000000"])
def test_a_step_that_is_none_of_the_ten_is_not_found(world: World, name: str) -> None:
    guided_id = make(world)
    assert step(guided_id, name).status == 404
    assert change(guided_id, name, status="complete").status == 404


def test_ten_full_steps_are_read_at_once(world: World) -> None:
    guided_id = make(world)
    for step_id in STEPS:
        assert change(guided_id, step_id, output=LARGEST).status == 200
    with counted() as use:
        shown = ask("GET", f"/{guided_id}/steps").json
        one = step(guided_id, "pack").json
    assert use.operations == ["BatchGetItem", "BatchGetItem"]
    assert [item["output"] for item in shown["items"]] == [LARGEST] * 10
    assert one == shown["items"][-1]


def test_reading_a_step_takes_one_round_trip_and_changing_it_two(world: World) -> None:
    guided_id = make(world)
    change(guided_id, "define", output="x")
    with counted() as use:
        step(guided_id, "define")
        ask("GET", f"/{guided_id}/steps")
        change(guided_id, "define", output="y")
        change(guided_id, "define", status="complete")
    transaction = ["BatchGetItem", "TransactWriteItems"]
    assert use.operations == ["BatchGetItem", "BatchGetItem", *transaction, *transaction]


def test_opening_a_step_costs_states_and_not_outputs(world: World) -> None:
    guided_id = make(world)
    for step_id in STEPS:
        change(guided_id, step_id, output=LARGEST, status="complete")
    with counted() as use:
        assert change(guided_id, "empathize", status="in_progress").status == 200
    assert use.write_units <= 2 * (len(STEPS) + 1)


# ---- Order ----


def test_in_free_mode_any_step_may_be_worked_on(world: World) -> None:
    guided_id = make(world)
    assert change(guided_id, "pack", output="first").status == 200


def test_in_strict_mode_a_step_opens_when_the_one_before_is_complete(world: World) -> None:
    guided_id = make(world, mode="strict")
    for patch in ({"output": "x"}, {"status": "in_progress"}, {"status": "complete"}):
        reply = change(guided_id, "define", **patch)
        assert (reply.status, reply.code) == (409, "step_locked")
    change(guided_id, "empathize", output="x")
    assert change(guided_id, "define", output="x").code == "step_locked"
    complete(guided_id, *STEPS)
    assert standing(guided_id) == dict.fromkeys(STEPS, "complete")


def test_in_strict_mode_an_opened_step_locks_the_next_one(world: World) -> None:
    guided_id = make(world, mode="strict")
    complete(guided_id, "empathize", "define")
    change(guided_id, "empathize", status="in_progress")
    assert change(guided_id, "define", output="y").code == "step_locked"
    change(guided_id, "empathize", status="complete")
    assert change(guided_id, "define", output="y").status == 200


def test_the_mode_counts_from_the_moment_it_is_set(world: World) -> None:
    guided_id = make(world)
    change(guided_id, "ideate", output="early")
    ask("PATCH", f"/{guided_id}", body={"mode": "strict"})
    assert change(guided_id, "ideate", output="later").code == "step_locked"
    ask("PATCH", f"/{guided_id}", body={"mode": "free"})
    assert change(guided_id, "ideate", output="later").status == 200


def test_a_step_does_not_slip_in_while_the_one_before_is_opened(world: World) -> None:
    guided_id = make(world, mode="strict")
    complete(guided_id, "empathize")
    with faults.overtaken(1, lambda: change(guided_id, "empathize", status="in_progress")) as fault:
        reply = change(guided_id, "define", output="x")
    assert fault.struck == 1
    assert (reply.status, reply.code) == (409, "step_locked")
    assert standing(guided_id) == {"empathize": "in_progress"}


# ---- Stale ----


def test_opening_a_step_again_makes_the_complete_ones_after_it_stale(world: World) -> None:
    guided_id = make(world)
    complete(guided_id, *STEPS[:4])
    change(guided_id, "test", output="begun")
    assert change(guided_id, "define", status="in_progress").status == 200
    assert standing(guided_id) == {
        "empathize": "complete",
        "define": "in_progress",
        "ideate": "complete, stale",
        "prototype": "complete, stale",
        "test": "in_progress",
    }
    change(guided_id, "define", status="complete")
    change(guided_id, "ideate", status="complete")
    assert standing(guided_id)["ideate"] == "complete"
    assert standing(guided_id)["prototype"] == "complete, stale"


def test_a_step_completed_while_an_earlier_one_is_opened_is_either_stale_or_newer(world: World) -> None:
    """Whoever completes a step just before another is opened must find it stale afterwards."""
    guided_id = make(world)
    complete(guided_id, "empathize")
    change(guided_id, "define", output="x")
    with faults.overtaken(1, lambda: change(guided_id, "define", status="complete")) as fault:
        assert change(guided_id, "empathize", status="in_progress").status == 200
    assert fault.struck == 1
    assert standing(guided_id) == {"empathize": "in_progress", "define": "complete, stale"}


def test_without_a_look_at_the_steps_that_are_not_complete_one_would_slip_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    guided_id = make(world)
    complete(guided_id, "empathize")
    change(guided_id, "define", output="x")
    monkeypatch.setattr(steps, "_mark", lambda *_: None)
    with faults.overtaken(1, lambda: change(guided_id, "define", status="complete")):
        change(guided_id, "empathize", status="in_progress")
    assert standing(guided_id)["define"] == "complete"


# ---- Definitions ----


def test_a_workshop_of_older_definitions_shows_the_steps_it_lacks_and_works(world: World) -> None:
    guided_id = make(world)
    for step_id in ("story", "pack"):
        lacking = stored_step(guided_id, step_id)
        assert lacking is not None
        lacking.delete()
    shown = ask("GET", f"/{guided_id}/steps").json["items"]
    assert [item["step_id"] for item in shown] == list(STEPS)
    assert stored_step(guided_id, "story") is None, "reading writes nothing"
    tag = step(guided_id, "story").headers["etag"]
    assert change(guided_id, "story", output="x", if_match=tag).json["version"] == 2
    assert change(guided_id, "story", output="y", if_match=tag).status == 412
    complete(guided_id, "empathize", "story")
    assert change(guided_id, "empathize", status="in_progress").status == 200
    assert standing(guided_id)["story"] == "complete, stale"


def test_of_two_who_write_the_first_of_a_step_that_is_lacking_one_is_told(world: World) -> None:
    guided_id = make(world)
    lacking = stored_step(guided_id, "pack")
    assert lacking is not None
    lacking.delete()
    with faults.overtaken(1, lambda: change(guided_id, "pack", output="theirs")):
        reply = change(guided_id, "pack", output="mine", if_match='"1"')
    assert reply.status == 412
    assert step(guided_id, "pack").json["output"] == "theirs"


def test_the_steps_are_written_once_with_the_workshop(world: World) -> None:
    guided_id = make(world)
    found = sorted(item.sk for item in under(guided_id) if item.sk.startswith("STEP#"))
    assert found == sorted(step_key(guided_id, step_id)[1] for step_id in STEPS)


def test_what_is_stored_of_an_output_is_its_compact_text(world: World) -> None:
    guided_id = make(world)
    change(guided_id, "define", output={"a": [1, 2], "ö": "x"})
    (found,) = (item for item in under(guided_id) if isinstance(item, StepOutput))
    assert found.text == json.dumps({"a": [1, 2], "ö": "x"}, separators=(",", ":"), ensure_ascii=False)


def test_steps_of_no_workshop_are_not_found(world: World) -> None:
    world.meet("owner")
    assert ask("GET", f"/{NOWHERE}/steps").status == 404
    assert step(NOWHERE, "define").status == 404
    assert change(NOWHERE, "define", output="x").status == 404
