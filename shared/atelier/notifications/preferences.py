"""What a person wants to be told, and how."""

from typing import cast

from pynamodb.exceptions import PutError

from atelier import table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.edits import CollisionError, Expected, until_applied
from atelier.notifications import schemas
from atelier.notifications.items import TYPES, Preferences, preferences_key


def read(caller: Caller) -> tuple[schemas.NotificationPreferences, int]:
    """The caller's preferences and their version (0: never set). Raises AccountSuspendedError."""
    stored = _enter(caller)
    return _shape(stored), int(stored.version)


def write(
    caller: Caller, wanted: schemas.NotificationPreferencesInput, expected: Expected | None
) -> tuple[schemas.NotificationPreferences, int]:
    """Replaces the caller's preferences. Raises AccountSuspendedError, StaleVersionError, RequestInProgressError."""

    def attempt() -> tuple[schemas.NotificationPreferences, int]:
        stored = _enter(caller)
        if expected:
            expected.check(int(stored.version))
        after = _stored(caller.id, wanted, int(stored.version) + 1)
        condition = Preferences.version == stored.version if stored.version else Preferences.pk.does_not_exist()
        try:
            after.save(condition)
        except PutError as error:
            if table.condition_failed(error):
                raise CollisionError from error
            raise
        return _shape(after), int(after.version)

    return until_applied(attempt)


def _enter(caller: Caller) -> Preferences:
    mine = preferences_key(caller.id)
    found = table.read_many([profile_key(caller.id), mine])
    profiles.require_active(profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id)))))
    return cast("Preferences | None", found.get(mine)) or Preferences(*mine, version=0)


def _stored(user_id: str, wanted: schemas.NotificationPreferencesInput, version: int) -> Preferences:
    return Preferences(
        *preferences_key(user_id),
        version=version,
        no_in_app={kind for kind, channels in wanted.types.items() if not channels.in_app} or None,
        no_email={kind for kind, channels in wanted.types.items() if not channels.email} or None,
        reminder_offsets=wanted.reminder_offsets,
    )


def _shape(stored: Preferences) -> schemas.NotificationPreferences:
    return schemas.NotificationPreferences(
        types={
            kind: schemas.Channels(in_app=stored.wants_in_app(kind), email=stored.wants_email(kind)) for kind in TYPES
        },
        reminder_offsets=sorted(stored.offsets, reverse=True),
    )
