"""What being invited comes to: a place in one's own list, wherever the workshop moves, and one message."""

from datetime import timedelta
from typing import Any

import pytest

from atelier import clock
from atelier.accounts.caller import Caller
from atelier.invites import inviting
from atelier.invites.grounds import TOLD_ONCE_IN
from atelier.invites.schemas import InviteInput
from tests.calling import World, call, id_of
from tests.deliveries import Clock, carry_out, inbox_of, told
from tests.faults import overtaken
from tests.invites import invite, let_follow, mine, private, revoke
from tests.messages import Outbox
from tests.rooms import rsvp
from tests.seats import withdraw
from tests.streaming import Stream
from tests.workshops import ask, bring_near, in_, run


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Everybody has been seen before."""
    world.meet("host", "ana", "ben")


class TestMyList:
    def test_what_i_am_invited_to_is_in_my_list_once(self, world: World) -> None:
        workshop_id, attended = private(world), world.workshop(starts_in=timedelta(days=2))["id"]
        hosted = world.workshop("ana", starts_in=timedelta(hours=3))["id"]
        rsvp(attended, "ana")
        invite(workshop_id, "ana")
        assert mine() == [hosted, workshop_id, attended]
        assert mine(host=id_of("host")) == [workshop_id, attended]
        rsvp(workshop_id, "ana")
        assert mine() == [hosted, workshop_id, attended]
        withdraw(workshop_id, "ana")
        assert mine() == [hosted, workshop_id, attended]

    def test_pages_of_one_hold_each_of_them_once(self, world: World) -> None:
        both = private(world)
        invite(both, "ana")
        rsvp(both, "ana")
        others = [private(world, starts_in=timedelta(days=2 + day)) for day in range(3)]
        for other in others:
            invite(other, "ana")
        seen: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            reply = call("workshops", "GET", "/workshops", query={"my": True, "limit": 1, **cursor})
            seen += [item["id"] for item in reply.json["items"]]
            if reply.json["next_cursor"] is None:
                break
            cursor = {"cursor": reply.json["next_cursor"]}
        assert seen == [both, *others]

    def test_it_is_in_nobody_elses_list_and_in_no_public_one(self, world: World) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana")
        assert mine("ben") == []
        for user in ("ana", "ben"):
            assert workshop_id not in ask("GET", user=user).text
            assert workshop_id not in ask("GET", user=user, host=id_of("host")).text

    def test_what_is_cancelled_or_over_stands_where_such_things_stand(
        self, world: World, stream: Stream, sent: Outbox
    ) -> None:
        cancelled, ended = private(world), private(world)
        for workshop_id in (cancelled, ended):
            invite(workshop_id, "ana")
        assert ask("DELETE", f"/{cancelled}").status == 204
        bring_near(ended)
        let_follow(stream, sent)
        run(ended, "start", "end")
        assert (mine(), mine(status="cancelled"), mine(past=True)) == ([], [cancelled], [ended])

    def test_a_moved_workshop_moves_in_the_list(self, world: World, stream: Stream, sent: Outbox) -> None:
        early, late = private(world), private(world, starts_in=timedelta(days=2))
        for workshop_id in (early, late):
            invite(workshop_id, "ana", "ben")
            rsvp(workshop_id, "ben")
        let_follow(stream, sent)
        assert ask("PATCH", f"/{early}", body={"scheduled_at": in_(days=3)}).status == 200
        assert mine() == [early, late], "before the stream has run"
        let_follow(stream, sent)
        assert mine() == mine("ben") == [late, early]

    def test_a_move_that_several_are_told_of_moves_invitations_by_one_message(
        self, world: World, stream: Stream, sent: Outbox
    ) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana", "ben")
        stream.run()
        sent.clear()
        moved = ask("PATCH", f"/{workshop_id}", user="root", admin=True, body={"scheduled_at": in_(days=3)})
        assert moved.status == 200
        stream.run()
        announced = [task for task in sent.to("deliveries") if task["task"] == "announce"]
        sent.clear()
        for task in announced:
            carry_out(task, clock.now())
        messages = [task for task in sent.to("deliveries") if task["task"] == "move_invites"]
        assert [len(task["ids"]) for task in messages] == [2]
        assert len(announced) > 1

    def test_who_is_invited_as_the_workshop_moves_is_moved_as_well(
        self, world: World, stream: Stream, sent: Outbox
    ) -> None:
        early, late = private(world), private(world, starts_in=timedelta(days=2))
        invite(late, "ana")

        def move() -> None:
            assert ask("PATCH", f"/{early}", body={"scheduled_at": in_(days=3)}).status == 200
            let_follow(stream, sent)

        with overtaken(1, move):
            invite(early, "ana")
        assert mine() == [early, late]
        stream.run()
        assert mine() == [late, early]


class TestTelling:
    def test_who_is_invited_is_told_once_with_the_title(self, world: World, stream: Stream, sent: Outbox) -> None:
        workshop_id = private(world, title="A firing nobody knows of")
        invite(workshop_id, "ana", "ben")
        let_follow(stream, sent)
        invite(workshop_id, "ana", "ben")
        let_follow(stream, sent)
        for user in ("ana", "ben"):
            (item,) = inbox_of(user)
            data: Any = item.data
            assert (item.type, item.entity_id, data["title"]) == (
                "workshop_invite",
                workshop_id,
                "A firing nobody knows of",
            )
            assert data["invited_by"] == id_of("host")
        assert told("cleo") == told("host") == []

    def test_fifty_invited_together_are_one_message(self, world: World, stream: Stream, sent: Outbox) -> None:
        crowd = [f"guest-{number}" for number in range(50)]
        world.meet(*crowd)
        workshop_id = private(world)
        stream.run()
        sent.clear()
        invite(workshop_id, *crowd)
        stream.run()
        announced = [task for task in sent.to("deliveries") if task["type"] == "workshop_invite"]
        assert [len(task["people"]) for task in announced] == [50]

    def test_a_record_that_comes_twice_tells_nobody_twice(self, world: World, stream: Stream, sent: Outbox) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana")
        stream.run()
        sent.extend(list(sent))
        let_follow(stream, sent)
        assert [kind for kind, _ in told("ana")] == ["workshop_invite"]

    def test_who_is_revoked_and_invited_again_is_told_once_a_day(
        self, world: World, stream: Stream, sent: Outbox
    ) -> None:
        workshop_id = private(world)
        for _ in range(2):
            invite(workshop_id, "ana")
            let_follow(stream, sent)
            revoke(workshop_id, "ana")
            let_follow(stream, sent)
        assert len(told("ana")) == 1
        next_day = Clock(clock.now() + TOLD_ONCE_IN)
        inviting.invite(workshop_id, Caller(id_of("host")), InviteInput(user_ids=[id_of("ana")]), at=next_day)
        let_follow(stream, sent)
        assert len(told("ana")) == 2

    @pytest.mark.parametrize("meanwhile", ["revoked", "cancelled", "seated"])
    def test_nobody_is_told_of_what_does_not_hold_any_more(
        self, world: World, stream: Stream, sent: Outbox, meanwhile: str
    ) -> None:
        workshop_id = private(world)
        stream.run()
        sent.clear()
        invite(workshop_id, "ana")
        match meanwhile:
            case "revoked":
                revoke(workshop_id, "ana")
            case "cancelled":
                ask("DELETE", f"/{workshop_id}")
            case "seated":
                rsvp(workshop_id, "ana")
        let_follow(stream, sent)
        assert "workshop_invite" not in [kind for kind, _ in told("ana")]
