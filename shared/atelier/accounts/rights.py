"""What administrators decide about people: whether they may host, their role, whether they are suspended."""

from typing import Any, cast

from atelier import audit, clock, edits, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.edits import Expected, until_applied
from atelier.errors import NotAllowedError, NotFoundError


def require_admin(caller: Caller, found: Profile | None) -> None:
    """Raises NotAllowedError unless the caller is an administrator, AccountSuspendedError when a suspended one."""
    profiles.require_active(profiles.seen(caller, found))
    if not caller.is_admin:
        raise NotAllowedError("Only an administrator may do this.")


def change(
    caller: Caller,
    user_id: str,
    changes: dict[str, Any],
    expected: Expected | None = None,
    *,
    at: clock.Clock = clock.now,
) -> Profile:
    """Changes a person's rights, with an audit entry in the same transaction; gives back the profile as it then is.

    Raises AccountSuspendedError, NotAllowedError, NotFoundError, StaleVersionError.
    """

    def attempt() -> Profile:
        found = table.read_many([profile_key(caller.id), profile_key(user_id)])
        require_admin(caller, cast("Profile | None", found.get(profile_key(caller.id))))
        profile = profiles.present(found.get(profile_key(user_id)))
        if profile is None:
            raise NotFoundError
        if expected:
            expected.check(int(profile.version))
        before = {name: getattr(profile, name) for name, value in changes.items() if getattr(profile, name) != value}
        if before:
            after = {name: changes[name] for name in before}
            _write(caller, profile, before, after, at)
        return profile

    return until_applied(attempt)


def _write(caller: Caller, profile: Profile, before: dict[str, Any], after: dict[str, Any], at: clock.Clock) -> None:
    with edits.transaction() as transaction:
        audit.write(
            transaction,
            object_id=profile.user_id,
            actor_id=caller.id,
            action="rights_changed",
            change={"from": before, "to": after},
            at=at,
        )
        profiles.update(transaction, profile, after, at)
