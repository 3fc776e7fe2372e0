"""What is stored of recordings."""

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from atelier.table import InstantAttribute, Item, Key

UNFINISHED = ("starting", "recording", "processing")
FINAL = ("ready", "failed")


class Recording(Item, discriminator="recording"):
    """One recording task at Agora: a recorder that enters the channel under a uid of its own and writes files.

    status: `starting`, `recording`, `processing`, then `ready` or `failed`; it never goes back.
    uid: chosen before Agora is asked for anything, so that whatever happens at Agora can be told to be ours.
    other_uids: those that Agora gave the recorder after a failover.
    resource_id, resource_at: what acquire answered, and when. start_asked_at: when start was first asked for: from then
    on a recorder may be running. sid: the task's id, from start's answer or from the first notice under our uid.
    verified_at: when a query, or a notice, first showed that it records. missing_since: since when Agora says there is
    no such task, though it should record; a move to another server looks the same. stop_asked_at: when it was stopped.
    exited: whether the task is known to be over at Agora.
    folder: where its files are in the bucket. files: the playable ones, `{"key", "started_ms"}` each.
    started_ms, ended_ms: the first and the last recorded frame, in milliseconds since 1970.
    sequence: the highest number among its notices. reason: why it failed; a word.
    """

    status = UnicodeAttribute(default="starting")
    uid = NumberAttribute()
    other_uids = UnicodeSetAttribute(null=True)
    resource_id = UnicodeAttribute(null=True)
    resource_at = InstantAttribute(null=True)
    start_asked_at = InstantAttribute(null=True)
    sid = UnicodeAttribute(null=True)
    verified_at = InstantAttribute(null=True)
    missing_since = InstantAttribute(null=True)
    stop_asked_at = InstantAttribute(null=True)
    exited = BooleanAttribute(default=False)
    folder = UnicodeAttribute()
    files = JSONAttribute(null=True)
    started_ms = NumberAttribute(null=True)
    ended_ms = NumberAttribute(null=True)
    sequence = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    created_at = InstantAttribute()
    updated_at = InstantAttribute()

    @property
    def id(self) -> str:
        """The id."""
        return self.sk.removeprefix("RECORDING#")

    @property
    def workshop_id(self) -> str:
        """The workshop."""
        return self.pk.removeprefix("WORKSHOP#")


class RecorderLock(Item, discriminator="recorder"):
    """Who works on a workshop's recordings right now. held_until_ms: the lease's end; what is past it is free.

    look_at_ms: when the message that was last sent for another look arrives.
    """

    holder = UnicodeAttribute()
    held_until_ms = NumberAttribute()
    look_at_ms = NumberAttribute(null=True)


def recording_key(workshop_id: str, recording_id: str) -> Key:
    """Where a recording stands."""
    return f"WORKSHOP#{workshop_id}", f"RECORDING#{recording_id}"


def lock_key(workshop_id: str) -> Key:
    """Where the lock of a workshop's recorder stands."""
    return f"WORKSHOP#{workshop_id}", "#RECORDER"
