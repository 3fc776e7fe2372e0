"""What is stored of a guided workshop. Everything but the tokens of share links stands under one partition key."""

from datetime import datetime

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)

from atelier.table import Entity, InstantAttribute, Item, Key

STEPS = ("empathize", "define", "ideate", "prototype", "test", "prioritize", "architect", "spec", "story", "pack")
"""The ids of the ten steps, in order."""

LISTED = "GUIDED#"
"""How the guided workshops of a person begin in the list of what they are part of."""


class Guided(Entity, discriminator="guided"):
    """A guided workshop.

    owner_count: kept with each change of an owner, so that a condition can keep the last one, whatever happens at once.
    open_session: the session that goes on, if one does. Neither is an edit.
    definitions_version: the version of the step definitions it was made under.
    """

    title = UnicodeAttribute()
    status = UnicodeAttribute()
    visibility = UnicodeAttribute()
    mode = UnicodeAttribute()
    org_id = UnicodeAttribute(null=True)
    template_id = UnicodeAttribute(null=True)
    owner_count = NumberAttribute(default=1)
    open_session = UnicodeAttribute(null=True)
    definitions_version = NumberAttribute()
    created_by = UnicodeAttribute()

    @property
    def id(self) -> str:
        """The id, which stands in the key alone."""
        return self.pk.removeprefix("GUIDED#")


class Member(Item, discriminator="member"):
    """Somebody's part in a guided workshop: `owner`, `editor` or `viewer`; listed for its person by the index."""

    role = UnicodeAttribute()
    since = InstantAttribute()

    @property
    def guided_id(self) -> str:
        """The guided workshop it belongs to."""
        return self.pk.removeprefix("GUIDED#")

    @property
    def user_id(self) -> str:
        """Whose part it is."""
        return self.sk.removeprefix("MEMBER#")


class Step(Entity, discriminator="step"):
    """How far one of the ten steps is. What came of it stands beside it, so that states are changed at the price of
    states.

    revision: raised by each change of the output; 0 = there never was one. The output says the same of itself.
    stale: whether something it was built on was opened or changed after it was complete.
    """

    status = UnicodeAttribute(default="not_started")
    stale = BooleanAttribute(default=False)
    revision = NumberAttribute(default=0)
    started_at = InstantAttribute(null=True)
    completed_at = InstantAttribute(null=True)

    @property
    def step_id(self) -> str:
        """Which of the ten it is."""
        return self.sk.rpartition("#")[2]

    @property
    def order(self) -> int:
        """Its place among the ten, from 1."""
        return int(self.sk.split("#")[1])


class StepOutput(Item, discriminator="step_output"):
    """What came of a step: compact JSON text, up to 200 KB; no text where the output was taken away.

    revision: the step's, to tell whether both were read as they were written.
    """

    text = UnicodeAttribute(null=True)
    revision = NumberAttribute()


class Session(Item, discriminator="guided_session"):
    """A time in which the team worked through the steps together. workshop_id: the live workshop it was held in."""

    started_at = InstantAttribute()
    started_by = UnicodeAttribute()
    ended_at = InstantAttribute(null=True)
    workshop_id = UnicodeAttribute(null=True)

    @property
    def id(self) -> str:
        """The id, which stands in the key alone."""
        return self.sk.removeprefix("SESSION#")


class BuildPack(Entity, discriminator="build_pack"):
    """A document made of the outputs as they were: pending, then ready or failed.

    step_versions: by step, the revision of the output that went in. object_key: where in the bucket it lies.
    size: in bytes. reason: why it failed.
    """

    title = UnicodeAttribute()
    format_type = UnicodeAttribute()
    status = UnicodeAttribute(default="pending")
    step_versions = JSONAttribute()
    sha256 = UnicodeAttribute(null=True)
    size = NumberAttribute(null=True)
    object_key = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    created_by = UnicodeAttribute()

    @property
    def id(self) -> str:
        """The id, which stands in the key alone."""
        return self.sk.removeprefix("PACK#")

    @property
    def guided_id(self) -> str:
        """The guided workshop it was made from."""
        return self.pk.removeprefix("GUIDED#")


class ShareLink(Item, discriminator="share_link"):
    """A way in without an account. Of its token only the hash is kept. ends_at: when it stops by itself."""

    token_hash = UnicodeAttribute()
    scope = UnicodeSetAttribute()
    ends_at = InstantAttribute(null=True)
    revoked_at = InstantAttribute(null=True)
    access_count = NumberAttribute(default=0)
    created_by = UnicodeAttribute()
    created_at = InstantAttribute()

    @property
    def id(self) -> str:
        """The id, which stands in the key alone."""
        return self.sk.removeprefix("SHARE#")


class ShareToken(Item, discriminator="share_token"):
    """Leads from a token's hash to its link; gone when the link is revoked, and some time after it has expired."""

    guided_id = UnicodeAttribute()
    link_id = UnicodeAttribute()
    scope = UnicodeSetAttribute()


def guided_key(guided_id: str) -> Key:
    """Where a guided workshop stands."""
    return f"GUIDED#{guided_id}", "#META"


def member_key(guided_id: str, user_id: str) -> Key:
    """Where a member stands."""
    return f"GUIDED#{guided_id}", f"MEMBER#{user_id}"


def step_key(guided_id: str, step_id: str) -> Key:
    """Where a step stands. Raises ValueError for a step that is none of the ten."""
    return f"GUIDED#{guided_id}", f"STEP#{_place(step_id)}"


def output_key(guided_id: str, step_id: str) -> Key:
    """Where the output of a step stands. Raises ValueError for a step that is none of the ten."""
    return f"GUIDED#{guided_id}", f"OUTPUT#{_place(step_id)}"


def _place(step_id: str) -> str:
    return f"{STEPS.index(step_id) + 1:02d}#{step_id}"


def session_key(guided_id: str, session_id: str) -> Key:
    """Where a session stands."""
    return f"GUIDED#{guided_id}", f"SESSION#{session_id}"


def pack_key(guided_id: str, pack_id: str) -> Key:
    """Where a build pack stands."""
    return f"GUIDED#{guided_id}", f"PACK#{pack_id}"


def share_key(guided_id: str, link_id: str) -> Key:
    """Where a share link stands."""
    return f"GUIDED#{guided_id}", f"SHARE#{link_id}"


def token_key(token_hash: str) -> Key:
    """Where the hash of a share link's token stands."""
    return f"TOKEN#{token_hash}", "#TOKEN"


def new_member(guided_id: str, user_id: str, role: str, *, since: datetime) -> Member:
    """A member with the place in their person's list."""
    return Member(
        *member_key(guided_id, user_id),
        role=role,
        since=since,
        person_key=person_key(user_id),
        person_sort=f"{LISTED}{guided_id}",
    )


def person_key(user_id: str) -> str:
    """The list of what a person is part of."""
    return f"USER#{user_id}"
