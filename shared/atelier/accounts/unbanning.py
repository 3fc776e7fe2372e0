"""Undoing a ban, on both sides at once."""

from atelier import audit, clock, edits, table
from atelier.accounts.items import Ban, Profile, ban_key, profile_key
from atelier.edits import until_applied


def lift(host_id: str, user_id: str, *, at: clock.Clock = clock.now) -> None:
    """Undoes a ban of a host who is gone; where there is none, nothing happens."""

    def attempt() -> None:
        them, ban = profile_key(user_id), ban_key(host_id, user_id)
        found = table.read_many([them, ban])
        if ban in found:
            write(host_id, user_id, has_profile=them in found, at=at)

    until_applied(attempt)


def write(host_id: str, user_id: str, *, has_profile: bool, at: clock.Clock) -> None:
    """Takes a ban away, with an audit entry. Raises CollisionError when it is gone."""
    with edits.transaction() as transaction:
        transaction.delete(Ban(*ban_key(host_id, user_id)), condition=Ban.pk.exists())
        change = {"host": host_id}
        audit.write(transaction, object_id=user_id, actor_id=host_id, action="unbanned", change=change, at=at)
        if has_profile:
            person = Profile(*profile_key(user_id))
            transaction.update(person, [Profile.barred_by.delete([host_id])], condition=Profile.pk.exists())
