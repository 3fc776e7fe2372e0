"""Notes: what a person writes down for themselves about a workshop. Nobody else reads it, administrators included."""

from typing import TYPE_CHECKING, cast

from atelier import clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.edits import CollisionError, Expected
from atelier.rooms.items import Note, note_key
from atelier.rsvps import rsvp
from atelier.workshops import visibility

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


def read(workshop_id: str, caller: Caller) -> Note:
    """The caller's note on a workshop, in one round trip; an empty one of version 0 where nothing was written yet.

    Raises NotFoundError for those who may not know the workshop, AccountSuspendedError.
    """
    key = note_key(caller.id, workshop_id)
    seen = rsvp.visit(workshop_id, caller, also=[key])
    visibility.require_visible(seen.workshop, seen.row, caller, seen.invite)
    profiles.require_active(seen.profile)
    return cast("Note | None", seen.found.get(key)) or Note(*key, text="", version=0)


def write(
    workshop_id: str, caller: Caller, text: str, expected: Expected | None = None, *, at: clock.Clock = clock.now
) -> Note:
    """Replaces the caller's note, in two round trips; one that says the same already stays as it is.

    Raises NotFoundError for those who may not know the workshop, AccountSuspendedError, StaleVersionError,
    RequestInProgressError.
    """

    def attempt() -> Note:
        note = read(workshop_id, caller)
        if expected:
            expected.check(int(note.version))
        if not note.version or note.text != text:
            _put(note, text, at)
        return note

    return edits.until_applied(attempt)


def _put(note: Note, text: str, at: clock.Clock) -> None:
    unchanged = Note.version == note.version if note.version else Note.pk.does_not_exist()
    now = clock.whole_seconds(at())
    if not note.version:
        note.created_at = now
    note.text, note.version, note.updated_at = text, int(note.version) + 1, now
    told = ("text", "version", "created_at", "updated_at")
    actions: list[Action] = [Note.kind.set(Note), *table.setting(note, told)]
    there = table.update_or_see(Note, note.key, actions, unchanged)
    # A lost answer is asked for again, and then finds our own note.
    if there is not None and (getattr(there, "version", None), getattr(there, "text", None)) != (note.version, text):
        raise CollisionError
