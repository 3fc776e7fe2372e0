"""RSVP to a private series: an invitation opens the workshop it is to, and following opens none."""

from tests import invites
from tests.calling import World, call
from tests.counting import counted
from tests.following import (
    carry_out,
    come_to_rest,
    every_other_week,
    follows,
    leave,
    more,
    rows_of,
    rsvp_to,
    workshops_of,
)
from tests.messages import Outbox
from tests.seats import remove, rsvp
from tests.series import ask as ask_series
from tests.streaming import Stream
from tests.workshops import ask


def a_private_series(world: World, *invited: str) -> tuple[str, list[str]]:
    """A private series of three workshops or four; these people are invited to the first."""
    world.meet("host", "ana", *invited)
    series_id = every_other_week(is_private=True)
    ids = workshops_of(series_id)
    if invited:
        assert invites.results(invites.invite(ids[0], *invited)) == ["created"] * len(invited)
    return series_id, ids


def opened(series_id: str, user: str = "ana") -> list[bool]:
    """Which workshops of a series somebody may see, soonest first."""
    return [invites.sees(one, user) for one in workshops_of(series_id)]


def asked_for(series_id: str, user: str = "ana", *, admin: bool = False) -> list[str]:
    """The workshops that an RSVP to a series tells of."""
    groups = ("admin",) if admin else ()
    reply = call("series", "POST", f"/series/{series_id}/rsvp", user=user, groups=groups)
    assert reply.status in (200, 201), reply.text
    return [item["workshop_id"] for item in reply.json["items"]]


def test_a_link_to_one_workshop_opens_that_one_alone(world: World, stream: Stream, sent: Outbox) -> None:
    series_id, [first, *rest] = a_private_series(world)
    token = invites.link(first, max_uses=1)["token"]
    assert invites.accept(token).status == 200
    assert asked_for(series_id) == [first]
    come_to_rest(stream, sent)
    more(series_id)
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == ["rsvp", *[None] * (len(workshops_of(series_id)) - 1)]
    assert opened(series_id) == [True, *[False] * (len(workshops_of(series_id)) - 1)]
    assert len(workshops_of(series_id)) > 1 + len(rest)


def test_an_rsvp_takes_all_that_somebody_is_invited_to(world: World, stream: Stream, sent: Outbox) -> None:
    series_id, [first, second, *rest] = a_private_series(world, "ana")
    invites.invite(second, "ana")
    assert asked_for(series_id) == [first, second]
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == ["rsvp", "rsvp", *[None] * len(rest)]


def test_a_follower_who_is_invited_to_another_takes_it_by_asking_again(
    world: World, stream: Stream, sent: Outbox
) -> None:
    series_id, [first, second, *rest] = a_private_series(world, "ana")
    assert asked_for(series_id) == [first]
    come_to_rest(stream, sent)
    invites.invite(second, "ana")
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == ["rsvp", *[None] * (1 + len(rest))]
    assert asked_for(series_id) == [first, second]


def test_who_has_a_place_keeps_it_without_an_invitation(world: World) -> None:
    series_id, [first, second, *_] = a_private_series(world, "ana")
    assert ask("PATCH", f"/{second}", body={"is_private": False}).status == 200
    assert rsvp(second).status == 201
    assert ask("PATCH", f"/{second}", body={"is_private": True}).status == 200
    assert asked_for(series_id) == [first, second]


def test_a_revoked_invitation_gives_no_place(world: World) -> None:
    series_id, [first, second, *_] = a_private_series(world, "ana")
    invites.invite(second, "ana")
    assert invites.revoke(second, "ana").status == 204
    assert asked_for(series_id) == [first]


def test_new_workshops_are_given_to_followers_once_the_series_is_public(
    world: World, stream: Stream, sent: Outbox
) -> None:
    series_id, [first, *rest] = a_private_series(world, "ana")
    assert asked_for(series_id) == [first]
    come_to_rest(stream, sent)
    assert ask_series("PATCH", f"/{series_id}", body={"is_private": False}).status == 200
    new = more(series_id)
    come_to_rest(stream, sent)
    assert rows_of(series_id, "ana") == ["rsvp", *[None] * len(rest), *["rsvp"] * len(new)]
    assert asked_for(series_id) == workshops_of(series_id)


def test_an_administrator_may_take_all_there_are(world: World) -> None:
    series_id, ids = a_private_series(world)
    assert asked_for(series_id, "root", admin=True) == ids


def test_it_is_nothing_to_who_is_not_invited(world: World) -> None:
    series_id, _ = a_private_series(world, "ben")
    assert rsvp_to(series_id, "ana").status == leave(series_id, "ana").status == 404
    assert rsvp_to(series_id, "ben").status == 201


def test_a_task_of_a_follower_gives_no_more_than_the_request(world: World, stream: Stream, sent: Outbox) -> None:
    series_id, [_, *rest] = a_private_series(world, "ana")
    rsvp_to(series_id)
    stream.run()
    assert carry_out(sent) > 0
    assert rows_of(series_id, "ana") == ["rsvp", *[None] * len(rest)]


def test_it_costs_no_more_than_a_public_one(world: World) -> None:
    series_id, _ = a_private_series(world, "ana")
    rsvp_to(series_id)
    with counted() as use:
        rsvp_to(series_id)
    assert use.operations == ["BatchGetItem", "Query", "BatchGetItem", "BatchGetItem"]


class TestABan:
    def test_closes_a_private_series_to_a_follower_without_a_place(self, world: World) -> None:
        series_id, [first, *_] = a_private_series(world, "ana")
        rsvp_to(series_id)
        assert ask_series("GET", f"/{series_id}", user="ana").status == 200
        assert remove(first, "ana", ban=True).status == 204
        assert ask_series("GET", f"/{series_id}", user="ana").status == 404
        assert rsvp_to(series_id).status == leave(series_id).status == 404

    def test_leaves_the_sight_of_what_somebody_has_a_place_in(self, world: World) -> None:
        series_id, [first, second, *_] = a_private_series(world, "ana")
        invites.invite(second, "ana")
        rsvp_to(series_id)
        assert remove(first, "ana", ban=True).status == 204
        shown = ask_series("GET", f"/{series_id}", user="ana").json
        assert [one["id"] for one in shown["workshops"]] == [second]
        assert shown["my"]["is_following"] is False
        assert leave(series_id).status == 204
        assert not follows(series_id, "ana")
