"""Random lives of a guided workshop, beside a model of a few lines: roles, owners, order, what is stale."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atelier.guided import progress
from atelier.guided.items import STEPS
from tests.calling import Reply, World
from tests.guided import ask, make, owners, put_member, remove_member
from tests.rewinding import Rows, rewind, rows

PEOPLE = ("owner", "ana", "ben", "cleo")
TOUCHED = STEPS[:4]
"""Enough of them for everything that one step does to another."""

PERSON = st.sampled_from(PEOPLE)
ROLE = st.sampled_from(("viewer", "editor", "owner"))
ACTION = st.one_of(
    st.tuples(st.just("put"), PERSON, PERSON, ROLE),
    st.tuples(st.just("remove"), PERSON, PERSON),
    st.tuples(st.just("mode"), PERSON, st.sampled_from(("free", "strict"))),
    st.tuples(
        st.just("step"),
        PERSON,
        st.sampled_from(TOUCHED),
        st.sampled_from((None, "not_started", "in_progress", "complete")),
        st.sampled_from((..., None, "one", "two")),
    ),
)


@dataclass(slots=True)
class Model:
    """What should be: who is what, the order of work, and of each step its status, whether it is stale, its output."""

    roles: dict[str, str] = field(default_factory=lambda: {"owner": "owner"})
    mode: str = "free"
    steps: dict[str, tuple[str, bool, object]] = field(
        default_factory=lambda: dict.fromkeys(TOUCHED, ("not_started", False, None))
    )

    def may(self, who: str, *roles: str) -> int | None:
        """What somebody is refused with, or None."""
        if who not in self.roles:
            return 404
        return None if self.roles[who] in roles else 403

    def keeps_an_owner(self, whom: str, role: str | None) -> bool:
        """Whether somebody owns the workshop after this."""
        return "owner" in ({**self.roles, whom: role}).values()

    def put(self, who: str, whom: str, role: str) -> int:
        """Somebody makes somebody something."""
        if refused := self.may(who, "owner"):
            return refused
        if not self.keeps_an_owner(whom, role):
            return 409
        is_new = whom not in self.roles
        self.roles[whom] = role
        return 201 if is_new else 200

    def remove(self, who: str, whom: str) -> int:
        """Somebody takes somebody off, or leaves."""
        if refused := self.may(who, *(("owner",) if who != whom else ("viewer", "editor", "owner"))):
            return refused
        if whom not in self.roles:
            return 404
        if not self.keeps_an_owner(whom, None):
            return 409
        del self.roles[whom]
        return 204

    def set_mode(self, who: str, mode: str) -> int:
        """Somebody sets the order of work."""
        if refused := self.may(who, "owner"):
            return refused
        self.mode = mode
        return 200

    def change(self, who: str, step_id: str, status: str | None, output: object) -> int:
        """Somebody changes a step."""
        if refused := self.may(who, "editor", "owner"):
            return refused
        was, stale, text = self.steps[step_id]
        is_other = output is not ... and output != text
        now = status or ("in_progress" if is_other and output is not None and was == "not_started" else was)
        if (now, is_other) == (was, False) and not (stale and status == "complete"):
            return 200
        place = TOUCHED.index(step_id)
        if self.mode == "strict" and place and self.steps[TOUCHED[place - 1]][0] != "complete":
            return 409
        keeps_stale = stale and status != "complete" and now != "not_started"
        self.steps[step_id] = (now, keeps_stale, output if is_other else text)
        if was == "complete" and (now != "complete" or is_other):
            for later in TOUCHED[place + 1 :]:
                what, _, kept = self.steps[later]
                if what == "complete":
                    self.steps[later] = (what, True, kept)
        return 200


def do(guided_id: str, action: tuple[object, ...]) -> Reply:
    """The same in the API."""
    match action:
        case "put", str(who), str(whom), str(role):
            return put_member(guided_id, whom, role, by=who)
        case "remove", str(who), str(whom):
            return remove_member(guided_id, whom, by=who)
        case "mode", str(who), mode:
            return ask("PATCH", f"/{guided_id}", user=who, body={"mode": mode})
        case "step", str(who), str(step_id), status, output:
            patch = {name: value for name, value in (("status", status or ...), ("output", output)) if value is not ...}
            return ask("PATCH", f"/{guided_id}/steps/{step_id}", user=who, body=patch)
    raise AssertionError(action)


def expect(model: Model, action: tuple[object, ...]) -> int:
    """What the model answers."""
    name, *rest = action
    done = {"put": model.put, "remove": model.remove, "mode": model.set_mode, "step": model.change}[str(name)]
    status: int = done(*rest)  # type: ignore[operator]  # the strategies give each its own
    return status


def live(guided_id: str, actions: list[tuple[object, ...]]) -> None:
    """One life: each answer and each state is what the model says."""
    model = Model()
    for action in actions:
        reply = do(guided_id, action)
        assert reply.status == expect(model, action), (action, reply.text)
        number = list(model.roles.values()).count("owner")
        assert owners(guided_id) == (number, number)
        assert number > 0
    reader = next(iter(model.roles))
    items = ask("GET", f"/{guided_id}/steps", user=reader).json["items"]
    seen = {item["step_id"]: (item["status"], item["stale"], item["output"]) for item in items}
    assert {step_id: seen[step_id] for step_id in TOUCHED} == model.steps
    assert set(seen) == set(STEPS)


@pytest.fixture
def place(world: World) -> tuple[str, Rows]:
    """A guided workshop as it was made, to come back to."""
    world.meet(*PEOPLE)
    guided_id = make(world)
    return guided_id, rows()


@contextmanager
def fresh(place: tuple[str, Rows]) -> Iterator[str]:
    """The same workshop, as if nothing had happened to it."""
    guided_id, before = place
    try:
        yield guided_id
    finally:
        rewind(before, rows())


@given(st.lists(ACTION, min_size=1, max_size=12))
def test_whatever_people_do_the_workshop_is_what_the_model_says(
    place: tuple[str, Rows], actions: list[tuple[object, ...]]
) -> None:
    with fresh(place) as guided_id:
        live(guided_id, actions)


def test_a_step_that_forgot_the_ones_after_it_would_be_noticed(
    place: tuple[str, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_stands", lambda _: False)
    opened: list[tuple[object, ...]] = [
        ("step", "owner", "empathize", "complete", ...),
        ("step", "owner", "define", "complete", ...),
        ("step", "owner", "empathize", "in_progress", ...),
    ]
    with fresh(place) as guided_id, pytest.raises(AssertionError):
        live(guided_id, opened)
