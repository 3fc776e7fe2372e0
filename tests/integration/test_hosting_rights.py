"""Who hosts: without `can_host` what there is goes on and nothing new is made; administrators make workshops for
others; co-hosts come to a workshop as everybody does.
"""

from typing import Any

import pytest

from tests.accounts import decide
from tests.calling import World, call, id_of
from tests.invites import invite, link, mine, private, results
from tests.rooms import rights, rsvp
from tests.seats import attendees, remove, status_of, withdraw
from tests.workshops import ask, audit_of, in_, run, stored, wanted


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Everybody has been seen before."""
    world.meet("host", "ana", "ben")


class TestWithoutTheRightToHost:
    @pytest.fixture
    def workshop_id(self, world: World) -> str:
        """A workshop of somebody who may host no more."""
        made = private(world, "ana", "ben")
        assert decide("host", {"can_host": False}).json["can_host"] is False
        return made

    def test_existing_workshops_go_on(self, workshop_id: str) -> None:
        assert ask("PATCH", f"/{workshop_id}", body={"title": "Salt firing", "scheduled_at": in_(days=2)}).status == 200
        assert results(invite(workshop_id, "host", "ana")) == ["already_invited"] * 2
        assert link(workshop_id)["token"]
        rights(workshop_id, "ana", is_co_host=True)
        assert attendees(workshop_id).status == 200
        assert remove(workshop_id, "ben").status == 204
        assert mine("host") == [workshop_id]
        run(workshop_id, "lobby", "start", "end")
        assert stored(workshop_id).status == "ended"

    def test_an_existing_workshop_can_be_cancelled(self, workshop_id: str) -> None:
        assert ask("DELETE", f"/{workshop_id}").status == 204

    def test_nothing_new_is_made_by_nobody_for_them(self, workshop_id: str) -> None:
        assert ask("POST", body=wanted()).code == "hosting_revoked"
        preview = {"rrule": "FREQ=DAILY", "start_date": "2099-01-01", "time_of_day": "18:00", "timezone": "UTC"}
        assert call("series", "POST", "/series/preview", user="host", body=preview).code == "hosting_revoked"
        assert (
            call("series", "POST", "/series", user="host", body={**preview, "title": "Daily"}).code == "hosting_revoked"
        )
        for_them = ask("POST", user="root", admin=True, body=wanted(host_id=id_of("host")))
        assert for_them.code == "unknown_host"
        assert mine("host") == [workshop_id]

    @pytest.mark.usefixtures("workshop_id")
    def test_they_attend_like_anybody(self, world: World) -> None:
        other = world.workshop("ben")["id"]
        assert rsvp(other, "host").status == 201

    @pytest.mark.usefixtures("workshop_id")
    def test_given_back_it_counts_at_once(self) -> None:
        decide("host", {"can_host": True})
        assert ask("POST", body=wanted()).status == 201


class TestOnBehalf:
    @pytest.fixture
    def made(self) -> Any:
        """A workshop that an administrator made for somebody."""
        reply = ask("POST", user="root", admin=True, body=wanted(host_id=id_of("ana"), is_private=True))
        assert reply.status == 201, reply.text
        return reply.json

    def test_it_is_the_hosts_and_not_the_administrators(self, made: Any) -> None:
        assert (made["host"]["id"], made["my"]["is_host"]) == (id_of("ana"), False)
        assert (mine("ana"), mine("root")) == ([made["id"]], [])
        shown = ask("GET", f"/{made['id']}", user="ana").json
        assert shown["my"]["is_host"] is True

    def test_who_made_it_is_written_down_and_not_for_what_people_make_themselves(self, made: Any, world: World) -> None:
        assert audit_of(made["id"]) == [("workshop_created", {"host": id_of("ana")})]
        assert audit_of(world.workshop("ana")["id"]) == []

    def test_the_host_does_with_it_what_hosts_do(self, made: Any) -> None:
        assert ask("PATCH", f"/{made['id']}", user="ana", body={"title": "Salt firing"}).status == 200
        assert results(invite(made["id"], "ben", by="ana")) == ["created"]
        assert rsvp(made["id"], "ana").code == "own_workshop"
        assert ask("GET", f"/{made['id']}", user="host").status == 404

    def test_the_administrator_is_let_in_as_an_administrator_and_takes_a_seat_as_a_guest(self, made: Any) -> None:
        path = f"/workshops/{made['id']}/rsvp"
        assert call("rsvps", "POST", path, user="root", groups=("admin",)).json["status"] == "rsvp"

    def test_nobody_else_makes_one_for_somebody(self) -> None:
        assert ask("POST", body=wanted(host_id=id_of("ana"))).status == 422


class TestCoHosts:
    def test_a_co_host_who_asks_again_keeps_their_seat_and_right(self, world: World) -> None:
        workshop_id = private(world, "ana")
        rights(workshop_id, "ana", is_co_host=True)
        again = rsvp(workshop_id, "ana")
        assert (again.status, again.json["status"], again.json["is_co_host"]) == (200, "rsvp", True)

    def test_a_co_host_takes_a_seat_like_everybody(self, world: World) -> None:
        workshop_id = world.workshop(max_capacity=1)["id"]
        assert rsvp(workshop_id, "ana").json["status"] == "rsvp"
        rights(workshop_id, "ana", is_co_host=True)
        assert rsvp(workshop_id, "ben").json["status"] == "waitlisted"
        assert withdraw(workshop_id, "ana").status == 204
        assert status_of(workshop_id, "ben") == "rsvp"

    def test_who_gives_their_seat_up_is_no_co_host_any_more(self, world: World) -> None:
        workshop_id = private(world)
        invite(workshop_id, "ana")
        rsvp(workshop_id, "ana")
        rights(workshop_id, "ana", is_co_host=True)
        withdraw(workshop_id, "ana")
        assert invite(workshop_id, "ben", by="ana").status == 403
        back = rsvp(workshop_id, "ana")
        assert (back.status, back.json["is_co_host"]) == (201, False)

    def test_a_right_that_is_given_is_written_down(self, world: World) -> None:
        workshop_id = private(world, "ana")
        rights(workshop_id, "ana", is_co_host=True)
        assert "attendee_rights" in [action for action, _ in audit_of(workshop_id)]
