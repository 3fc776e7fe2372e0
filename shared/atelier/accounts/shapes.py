"""People from what is stored to what goes over the wire."""

from typing import Any, cast

from atelier.accounts.items import Profile
from atelier.accounts.schemas import AccountRole, AccountStatus, ManagedUser, Me, User, UserCard


def user_card(profile: Profile) -> UserCard:
    """A person as lists show them."""
    return UserCard(**_card(profile))


def user(profile: Profile) -> User:
    """A person."""
    return User(**_card(profile), bio=profile.bio)


def managed_user(profile: Profile) -> ManagedUser:
    """A person and their rights."""
    return ManagedUser(**_card(profile), bio=profile.bio, **_rights(profile))


def me(profile: Profile) -> Me:
    """The caller. Their address is theirs alone to see; one that is not confirmed yet is shown as such."""
    return Me(
        **_card(profile),
        bio=profile.bio,
        **_rights(profile),
        email=profile.pending_email or profile.email,
        email_verified=bool(profile.email) and not profile.pending_email,
        timezone=profile.timezone,
        locale=profile.locale,
    )


def _card(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.user_id,
        "display_name": profile.display_name,
        "username": profile.username,
        "avatar_url": profile.avatar_url,
        "avatar_color": profile.avatar_color,
    }


def _rights(profile: Profile) -> dict[str, Any]:
    return {
        "can_host": bool(profile.can_host),
        "role": cast("AccountRole", profile.role),
        "status": cast("AccountStatus", profile.status),
    }
