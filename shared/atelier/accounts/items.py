"""What is stored of a person."""

import unicodedata

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from atelier.table import Entity, InstantAttribute, Item, Key


class Profile(Entity, discriminator="profile"):
    """A person. `barred_by` holds the ids of the hosts who banned them, so that one read tells it.

    email: the address that is theirs; mail goes nowhere else. pending_email: one they entered and have not confirmed,
    with the code that was mailed to it, when, and how often it was guessed wrong.
    mail_stopped_at: since when nothing is mailed to `email`, because it bounced or its reader complained.
    """

    user_id = UnicodeAttribute()
    display_name = UnicodeAttribute()
    username = UnicodeAttribute(null=True)
    avatar_url = UnicodeAttribute(null=True)
    avatar_color = UnicodeAttribute()
    bio = UnicodeAttribute(null=True)
    timezone = UnicodeAttribute(default="UTC")
    locale = UnicodeAttribute(default="en")
    can_host = BooleanAttribute(default=True)
    role = UnicodeAttribute(default="participant")
    status = UnicodeAttribute(default="active")
    barred_by = UnicodeSetAttribute(null=True)
    email = UnicodeAttribute(null=True)
    pending_email = UnicodeAttribute(null=True)
    email_code = UnicodeAttribute(null=True)
    email_code_at = InstantAttribute(null=True)
    email_tries = NumberAttribute(null=True)
    mail_stopped_at = InstantAttribute(null=True)

    @property
    def is_mail_stopped(self) -> bool:
        """Whether mail to this person bounced for good, or they complained about it."""
        return self.mail_stopped_at is not None


class UsernameGuard(Item, discriminator="username"):
    """Makes a username unique: whoever puts it first has it."""

    user_id = UnicodeAttribute()


class EmailGuard(Item, discriminator="email"):
    """Makes an address one person's: whoever confirms it first has it."""

    user_id = UnicodeAttribute()


class Ban(Item, discriminator="ban"):
    """A host banned a person from all of their workshops; the person's profile says the same."""

    user_id = UnicodeAttribute()
    created_at = InstantAttribute()


class AuditEntry(Item, discriminator="audit"):
    """Who changed a right or an object's state, when, and how. Ids only, written in the change's own transaction."""

    actor_id = UnicodeAttribute()
    action = UnicodeAttribute()
    at = InstantAttribute()
    change = JSONAttribute(null=True)


def profile_key(user_id: str) -> Key:
    """Where a person's profile stands."""
    return f"USER#{user_id}", "#PROFILE"


def username_key(username: str) -> Key:
    """Where the guard of a username stands; neither case nor full-width letters make another name."""
    folded = unicodedata.normalize("NFKC", username).casefold()
    return f"USERNAME#{unicodedata.normalize('NFKC', folded)}", "#GUARD"


def email_key(folded: str) -> Key:
    """Where the guard of a folded address stands."""
    return f"EMAIL#{folded}", "#GUARD"


def ban_key(host_id: str, user_id: str) -> Key:
    """Where a host's ban of a person stands."""
    return f"USER#{host_id}", f"BAN#{user_id}"


def ban_range(host_id: str, after: str | None = None) -> tuple[str, str]:
    """The first and last sort key of a host's bans, or of those after a person."""
    _, first = ban_key(host_id, "" if after is None else f"{after}\x01")
    return first, "BAN#~"
