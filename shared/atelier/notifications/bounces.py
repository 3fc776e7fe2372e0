"""Bounces and complaints: an address that does not take mail, or whose reader does not want any, is written to no more.

SES tells of both through EventBridge (the configuration set's event destination), in the shape that its documentation
calls "Amazon SES event publishing data".
"""

from collections.abc import Mapping
from typing import Any, cast

from atelier import clock, observability, table
from atelier.accounts import addresses
from atelier.accounts.items import EmailGuard, Profile, email_key, profile_key


def note(event: Mapping[str, Any], *, at: clock.Clock = clock.now) -> int:
    """Stops mail to the addresses that an event tells of; how many of them were somebody's.

    A bounce that may pass (a full mailbox) stops nothing.
    """
    detail = event.get("detail", {})
    stopped = sum(_stop(address, at) for address in _addresses(detail))
    if stopped:
        observability.count("MailStopped", stopped)
    return stopped


def _addresses(detail: Mapping[str, Any]) -> set[str]:
    bounce, complaint = detail.get("bounce", {}), detail.get("complaint", {})
    told: list[Mapping[str, Any]] = []
    if bounce.get("bounceType") == "Permanent":
        told += bounce.get("bouncedRecipients", ())
    told += complaint.get("complainedRecipients", ())
    return {recipient["emailAddress"] for recipient in told}


def _stop(address: str, at: clock.Clock) -> bool:
    folded = addresses.folded(address)
    guard = cast("EmailGuard | None", table.read_one(email_key(folded)))
    if guard is None:
        return False
    profile = cast("Profile | None", table.read_one(profile_key(guard.user_id)))
    if profile is None or profile.is_mail_stopped or addresses.folded(profile.email or "") != folded:
        return False
    now = clock.whole_seconds(at())
    condition = Profile.email == profile.email
    return table.update_or_see(Profile, profile.key, [Profile.mail_stopped_at.set(now)], condition) is None
