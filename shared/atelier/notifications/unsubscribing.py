"""Unsubscribing without signing in (RFC 8058): the link in a mail names the notification it came with.

The link's token holds where the notification stands and 130 random bits, of which only the hash is kept.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import cast

from atelier import table
from atelier.accounts.items import Profile, profile_key
from atelier.errors import NotFoundError
from atelier.mail import wording
from atelier.notifications.items import Notification, Preferences, notification_key, preferences_key

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SECRET_CHARACTERS = 26
_PERSON, _TOLD = 16, 26


@dataclass(frozen=True, slots=True)
class Subscription:
    """Mail of one type to one person."""

    user_id: str
    type: str
    language: str
    is_on: bool


def new_token(user_id: str, told_id: str, choice: Callable[[str], str] = secrets.choice) -> tuple[str, str]:
    """The token for the mail about a notification, and the hash to keep of it."""
    secret = "".join(choice(_ALPHABET) for _ in range(_SECRET_CHARACTERS))
    return f"{user_id.removeprefix('usr_')}{told_id.removeprefix('ntf_')}{secret}", _hash(secret)


def find(token: str) -> Subscription:
    """What a token unsubscribes from. Raises NotFoundError for one that was never made or is too old."""
    person, rest = token[:_PERSON], token[_PERSON:]
    told, secret = rest[:_TOLD], rest[_TOLD:]
    user_id = f"usr_{person}"
    found = table.read_many(
        [
            notification_key(user_id, f"ntf_{told}"),
            profile_key(user_id),
            preferences_key(user_id),
        ]
    )
    item = cast("Notification | None", found.get(notification_key(user_id, f"ntf_{told}")))
    kept = cast("str | None", item.unsubscribe_hash) if item is not None else None
    if item is None or kept is None or not hmac.compare_digest(kept, _hash(secret)):
        raise NotFoundError
    profile = cast("Profile | None", found.get(profile_key(user_id)))
    stored = cast("Preferences | None", found.get(preferences_key(user_id)))
    is_on = stored is None or stored.wants_email(item.type)
    return Subscription(user_id, item.type, wording.language_of(profile.locale if profile else "en"), is_on)


def stop(token: str) -> Subscription:
    """Ends mail of the type that a token came with; twice does no harm. Raises NotFoundError."""
    found = find(token)
    if found.is_on:
        _stop_mail(found.user_id, found.type)
    return Subscription(found.user_id, found.type, found.language, is_on=False)


def page(subscription: Subscription) -> str:
    """The page behind the link: a button while mail is on, and nothing that a program following links could set off."""
    words = wording.catalogue(subscription.language)["unsubscribing"]
    kind = words["types"][subscription.type]
    said = words["on" if subscription.is_on else "off"].format(type=kind)
    button = f'<form method="post"><button>{escape(words["button"])}</button></form>' if subscription.is_on else ""
    return (
        f'<!doctype html><html lang="{subscription.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(words['title'])}</title>"
        "<style>body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color:#22201c}"
        "button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#b4532a;color:#fff}</style>"
        f"</head><body><h1>{escape(words['title'])}</h1><p>{escape(said)}</p>{button}</body></html>"
    )


def _stop_mail(user_id: str, kind: str) -> None:
    table.connect()
    Preferences(*preferences_key(user_id)).update(
        [
            Preferences.kind.set(Preferences),
            Preferences.no_email.add({kind}),
            Preferences.version.set((Preferences.version | 0) + 1),
        ]
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
