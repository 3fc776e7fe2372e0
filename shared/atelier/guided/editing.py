"""Reading, editing and deleting a guided workshop."""

from typing import Any

from atelier import audit, clock, edits, table
from atelier.accounts.caller import Caller
from atelier.edits import Expected
from atelier.guided import schemas, shapes
from atelier.guided.access import Entry, enter
from atelier.guided.items import Guided

AUDITED = ("status", "visibility")


def view(guided_id: str, caller: Caller) -> tuple[schemas.GuidedWorkshop, int]:
    """A guided workshop and its version, in one round trip. Raises NotFoundError, AccountSuspendedError."""
    entry = enter(guided_id, caller, "viewer")
    return shapes.guided(entry.guided, entry.role), int(entry.guided.version)


def edit(
    guided_id: str,
    caller: Caller,
    changes: dict[str, Any],
    expected: Expected | None = None,
    *,
    at: clock.Clock = clock.now,
) -> tuple[schemas.GuidedWorkshop, int]:
    """Changes a guided workshop; gives back its shape and its version, which stays when nothing differs.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, StaleVersionError, RequestInProgressError.
    """
    wanted = {name: None if value == "" else value for name, value in changes.items()}

    def attempt() -> tuple[schemas.GuidedWorkshop, int]:
        entry = _enter_to_edit(guided_id, caller, expected)
        differing = {name: value for name, value in wanted.items() if getattr(entry.guided, name) != value}
        if differing:
            _write(entry, differing, at)
        return shapes.guided(entry.guided, entry.role), int(entry.guided.version)

    return edits.until_applied(attempt)


def delete(guided_id: str, caller: Caller, expected: Expected | None = None, *, at: clock.Clock = clock.now) -> None:
    """Deletes a guided workshop: from here on nobody sees it. What stood under it is cleared away afterwards.

    Raises NotFoundError, AccountSuspendedError, NotAllowedError, StaleVersionError, RequestInProgressError.
    """

    def attempt() -> None:
        entry = _enter_to_edit(guided_id, caller, expected)
        with edits.transaction() as transaction:
            entry.hold(transaction, writes_workshop=True)
            transaction.delete(entry.guided, condition=Guided.version == entry.guided.version)
            audit.write(transaction, object_id=guided_id, actor_id=caller.id, action="guided_deleted", change={}, at=at)

    edits.until_applied(attempt)


def _enter_to_edit(guided_id: str, caller: Caller, expected: Expected | None) -> Entry:
    entry = enter(guided_id, caller, "owner")
    if expected:
        expected.check(int(entry.guided.version))
    return entry


def _write(entry: Entry, changes: dict[str, Any], at: clock.Clock) -> None:
    guided = entry.guided
    unchanged = Guided.version == guided.version
    before = {name: getattr(guided, name) for name in AUDITED if name in changes}
    for name, value in changes.items():
        setattr(guided, name, value)
    guided.version = int(guided.version) + 1
    guided.updated_at = clock.whole_seconds(at())
    with edits.transaction() as transaction:
        entry.hold(transaction, writes_workshop=True)
        actions = table.setting(guided, {*changes, "version", "updated_at"})
        transaction.update(Guided(*guided.key), actions, condition=unchanged)
        if before:
            audit.write(
                transaction,
                object_id=guided.id,
                actor_id=entry.caller.id,
                action="guided_changed",
                change={"from": before, "to": {name: changes[name] for name in before}},
                at=at,
            )
