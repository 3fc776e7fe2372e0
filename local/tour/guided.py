"""A guided workshop: a team of two, a step that both would change, and a link for somebody without an account."""

import hashlib

from local.tour.story import Story, StoryError, code

STEPS = 10


def worked_through(story: Story) -> str:
    """Steps are filled in, by two people; the path of the guided workshop."""
    story.chapter("A guided workshop: the host and Ana think a problem through, step by step")
    story.tell("host", "GET", "/step-definitions", check=lambda told: len(told["items"]) == STEPS)
    wanted = {"title": "Tour: a better waiting room", "mode": "strict", "status": "active"}
    made = story.tell("host", "POST", "/guided-workshops", wanted, expect=201).json()
    path = f"/guided-workshops/{made['id']}"
    ana = story.tell("ana", "GET", "/me").json()["id"]
    story.tell("ana", "GET", path, expect=404)
    story.tell("host", "PUT", f"{path}/members/{ana}", {"role": "editor"}, expect=201)
    story.tell("host", "POST", f"{path}/sessions", expect=201)
    story.tell("ana", "PATCH", f"{path}/steps/define", {"output": "too early"}, expect=409, check=code("step_locked"))
    heard = {"people": [{"name": "Irma, 71", "said": "I never know whether they have forgotten me."}]}
    story.tell("ana", "PATCH", f"{path}/steps/empathize", {"output": heard, "status": "complete"})
    return path


def changed_by_two(story: Story, path: str) -> None:
    """Two people change one step: the second is told, and nothing is lost."""
    story.chapter("Both change the next step at once: one is told, and nothing is lost")
    step = f"{path}/steps/define"
    seen = story.tell("host", "GET", step).headers["etag"]
    as_seen = {"If-Match": seen}
    story.tell("ana", "PATCH", step, {"output": {"need": "to know when one's turn comes"}}, headers=as_seen)
    mine = {"output": {"need": "shorter queues"}}
    story.tell("host", "PATCH", step, mine, expect=412, headers=as_seen, check=code("stale_version"))
    story.tell("host", "GET", step, check=lambda told: told["output"]["need"].startswith("to know"))
    story.tell("host", "PATCH", step, {"status": "complete"})

    story.chapter("Who opens a step again sees what was built on it")
    story.tell("ana", "PATCH", f"{path}/steps/empathize", {"status": "in_progress"})
    story.tell("host", "GET", step, check=lambda told: told["stale"] is True)
    story.tell("ana", "PATCH", f"{path}/steps/empathize", {"status": "complete"})
    story.tell("host", "PATCH", step, {"status": "complete"}, check=lambda told: told["stale"] is False)


def shared(story: Story, path: str) -> None:
    """A link shows the steps to whoever has it, until it is revoked."""
    story.chapter("A link for somebody without an account")
    link = story.tell("host", "POST", f"{path}/share-links", {"scope": ["steps"]}, expect=201).json()
    public = link["url"].split("/v1", 1)[1]
    story.tell(None, "GET", public, expect=404)
    story.tell("host", "PATCH", path, {"visibility": "shared"})
    answer = story.tell(None, "GET", public, check=lambda told: len(told["steps"]) == STEPS)
    if answer.headers["referrer-policy"] != "no-referrer":
        raise StoryError("a shared page should not tell its address to the pages it leads to")
    story.tell("host", "DELETE", f"{path}/share-links/{link['id']}", expect=204)
    story.tell(None, "GET", public, expect=404)


def handed_on(story: Story, path: str) -> None:
    """What came of it goes to those who build it, as three files."""
    story.chapter("What came of it, as files for those who build it")
    asked = [
        story.tell("ana", "POST", f"{path}/build-packs", {"format_type": format_type}, expect=201).json()["id"]
        for format_type in ("markdown", "json", "pdf")
    ]
    for pack_id in asked:
        pack = story.wait("host", f"{path}/build-packs/{pack_id}", lambda told: told["status"] == "ready", "the pack")
        content = story.fetch(pack["url"]).content
        story.say(f"{pack['format_type']}: {len(content)} bytes, SHA-256 {pack['sha256']}")
        if hashlib.sha256(content).hexdigest() != pack["sha256"]:
            raise StoryError("a pack's digest should be its file's")


def cleared(story: Story, path: str) -> None:
    """The last owner cannot leave; they can delete it all."""
    story.chapter("The last owner cannot leave, but delete it all")
    me = story.tell("host", "GET", "/me").json()["id"]
    story.tell("host", "DELETE", f"{path}/members/{me}", expect=409, check=code("last_owner"))
    story.tell("host", "DELETE", path, expect=204)
    story.tell("ana", "GET", path, expect=404)
