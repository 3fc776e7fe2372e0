"""Attendance as files: of a workshop and of a group, for whom, how large, and how little they take to make."""

import gc
import time
import tracemalloc
from base64 import b64decode
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from atelier import retries, spreadsheets
from atelier.accounts.items import Profile, profile_key
from atelier.attendance import export
from atelier.attendance.people import visitors
from tests import attendance, checkins, groups, seats
from tests.attendance import HOUR_S, Session, instant, put_fact
from tests.attendance import attendance as page
from tests.attendance_files import GZIP, Crowd, ask, content, rows
from tests.calling import World, call, id_of
from tests.counting import counted
from tests.rooms import a_workshop, rights, suspend
from tests.streaming import Stream
from tests.workshops import set_in_table

COLUMNS = [
    "person",
    "name",
    "username",
    "role",
    "rsvp_status",
    "checked_in_at",
    "first_joined_at",
    "last_left_at",
    "timezone",
    "checked_in_local",
    "first_joined_local",
    "last_left_local",
    "total_seconds",
    "share",
    "present",
]


def name(user: str, display_name: str) -> None:
    assert call("accounts", "PATCH", "/me", user=user, body={"display_name": display_name}).status == 200


class TestOfAWorkshop:
    def session(self, world: World, stream: Stream) -> Session:
        """A hybrid hour: Ana stays, Ben leaves early, Cleo comes through the door alone, and so does a guest."""
        session = Session(world, ("ana", "ben"), timezone="America/New_York", format="hybrid", title="Café; raku")
        assert checkins.desk(session.id, "POST").status == 201
        code = checkins.desk(session.id).json["code_text"]
        checkins.check_in(code, "cleo")
        checkins.guest(code, "=Gerda")
        for user, left in (("ana", HOUR_S), ("ben", 600), ("host", HOUR_S)):
            put_fact(session.id, user, "join", 0)
            put_fact(session.id, user, "leave", left, duration_s=left)
        stream.run()
        session.end()
        return session

    def test_it_tells_what_the_pages_tell(self, world: World, stream: Stream) -> None:
        session = self.session(world, stream)
        name("ana", 'Ana, "the" Ångström')
        reply = ask(f"/workshops/{session.id}")
        assert reply.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert reply.headers["cache-control"] == "private, no-store"
        told = {row["person"]: row for row in rows(reply)}
        listed = page(session.id, {"limit": 100}).json["items"]
        assert [row["person"] for row in rows(reply)][:4] == [one["user"]["id"] for one in listed[:4]]
        assert len(told) == len(listed) == 5
        ana = told[id_of("ana")]
        assert list(ana) == COLUMNS
        assert ana == {
            "person": id_of("ana"),
            "name": 'Ana, "the" Ångström',
            "username": "",
            "role": "attendee",
            "rsvp_status": "left",
            "checked_in_at": "",
            "first_joined_at": attendance.text(0),
            "last_left_at": attendance.text(HOUR_S),
            "timezone": "America/New_York",
            "checked_in_local": "",
            "first_joined_local": local(0),
            "last_left_local": local(HOUR_S),
            "total_seconds": "3600",
            "share": "1.0000",
            "present": "yes",
        }
        assert {row["role"]: row["present"] for row in told.values()} == {
            "attendee": told[id_of("cleo")]["present"],
            "host": "yes",
            "guest": "yes",
        }
        assert [told[id_of(user)]["present"] for user in ("ben", "cleo")] == ["no", "yes"]
        [guest] = [row for row in told.values() if row["role"] == "guest"]
        assert (guest["name"], guest["username"]) == ("'=Gerda", "")

    def test_it_is_rfc_4180_with_a_byte_order_mark(self, world: World, stream: Stream) -> None:
        plain = content(ask(f"/workshops/{self.session(world, stream).id}"))
        assert plain.startswith(b"\xef\xbb\xbfperson,name,")
        assert plain.count(b"\r\n") == plain.count(b"\n") == 6
        assert plain.endswith(b"\r\n")

    def test_it_is_called_after_the_workshop(self, world: World, stream: Stream) -> None:
        day = "2026-03-28"
        session = self.session(world, stream)
        set_in_table(session.id, scheduled_at=instant(0).replace(year=2026, month=3, day=28))
        told = ask(f"/workshops/{session.id}").headers["content-disposition"]
        assert told == (
            f'attachment; filename="Cafe-raku-{day}-attendance.csv"; '
            f"filename*=UTF-8''Caf%C3%A9%3B%20raku%20{day}%20attendance.csv"
        )

    def test_compressed_it_is_the_same_file(self, world: World, stream: Stream) -> None:
        session = self.session(world, stream)
        plain, packed = ask(f"/workshops/{session.id}"), ask(f"/workshops/{session.id}", headers=GZIP)
        assert (plain.headers.get("content-encoding"), packed.headers["content-encoding"]) == (None, "gzip")
        assert b64decode(packed.text)[:2] == b"\x1f\x8b"
        assert content(plain) == content(packed)

    @pytest.mark.parametrize(("threshold", "present"), [(0.1, "yes"), (0.2, "no")])
    def test_the_threshold_is_the_readers(self, world: World, stream: Stream, threshold: float, present: str) -> None:
        session = self.session(world, stream)
        [ben] = [
            row
            for row in rows(ask(f"/workshops/{session.id}", query={"threshold": threshold}))
            if row["person"] == id_of("ben")
        ]
        assert ben["present"] == present
        assert ask(f"/workshops/{session.id}", query={"threshold": 2}).code == "bad_query"

    def test_whose_account_is_gone_is_nobody_and_still_one_person(self, world: World, stream: Stream) -> None:
        session = self.session(world, stream)
        Profile(*profile_key(id_of("ben"))).delete()
        before = ask(f"/workshops/{session.id}")
        [gone] = [row for row in rows(before) if row["person"].startswith("gone-")]
        assert (gone["name"], gone["username"], gone["total_seconds"]) == ("", "", "600")
        assert id_of("ben") not in content(before).decode()
        assert content(ask(f"/workshops/{session.id}")) == content(before)

    def test_hosts_co_hosts_and_administrators_get_it(self, world: World) -> None:
        workshop_id = a_workshop(world, "live", ("ana", "ben"))
        rights(workshop_id, "ben", is_co_host=True)
        world.meet("cleo", "admin")
        path = f"/workshops/{workshop_id}"
        answered = {user: ask(path, user=user).status for user in ("host", "ben", "ana", "cleo")}
        assert answered == {"host": 200, "ben": 200, "ana": 403, "cleo": 403}
        assert ask(path, user="admin", groups=("admin",)).status == 200
        set_in_table(workshop_id, is_private=True)
        assert ask(path, user="cleo").status == 404
        suspend("ben")
        assert ask(path, user="ben").code == "account_suspended"


class TestOfAGroup:
    def group(self, world: World, stream: Stream) -> tuple[str, list[str]]:
        """A group with an online hour, an hour in person, one to come and one that was cancelled."""
        group_id = groups.a_group(world, name="Summer / school")
        online = Session(world, ("ana", "ben"), group_id=group_id, title="One")
        put_fact(online.id, "ana", "join", 0)
        stream.run()
        online.end()
        indoors, code = checkins.opened(
            world, group_id=group_id, format="in_person", title="Two", timezone="Asia/Tokyo"
        )
        checkins.check_in(code, "ana")
        checkins.guest(code, "Gerda")
        set_in_table(indoors, status="ended", actual_started_at=instant(7200), actual_ended_at=instant(10800))
        set_in_table(online.id, scheduled_at=instant(0))
        for title in ("To come", "Cancelled"):
            seats.open_workshop(world, "ana", group_id=group_id, title=title)
        call("workshops", "DELETE", f"/workshops/{seats.open_workshop(world, 'ana', group_id=group_id)}", user="host")
        Session(world, ("ana",), title="Elsewhere")
        return group_id, [online.id, indoors]

    def test_it_has_a_row_per_workshop_and_person_in_order(self, world: World, stream: Stream) -> None:
        group_id, [online, indoors] = self.group(world, stream)
        reply = ask(f"/groups/{group_id}")
        found = rows(reply)
        assert list(found[0]) == ["workshop_id", "workshop", "started_at", "ended_at", *COLUMNS]
        told = [(row["workshop_id"], row["workshop"], row["person"], row["present"]) for row in found]
        first = sorted([(online, "One", id_of("ana"), "yes"), (online, "One", id_of("ben"), "no")], key=lambda t: t[2])
        assert told[:3] == [*first, (indoors, "Two", id_of("ana"), "yes")]
        assert [(row["name"], row["role"], row["timezone"]) for row in found[3:]] == [("Gerda", "guest", "Asia/Tokyo")]
        assert (found[0]["started_at"], found[0]["ended_at"]) == (attendance.text(0), attendance.text(HOUR_S))
        assert 'filename="Summer-school-attendance.csv"' in reply.headers["content-disposition"]

    def test_its_owner_and_administrators_get_it(self, world: World, stream: Stream) -> None:
        group_id, _ = self.group(world, stream)
        world.meet("admin")
        assert {user: ask(f"/groups/{group_id}", user=user).code for user in ("host", "ana", "ben")} == {
            "host": None,
            "ana": "not_allowed",
            "ben": "not_allowed",
        }
        assert ask(f"/groups/{group_id}", user="admin", groups=("admin",)).status == 200
        assert ask("/groups/grp_00000000000000000000000000").status == 404
        suspend("host")
        assert ask(f"/groups/{group_id}").code == "account_suspended"

    def test_a_group_in_which_nothing_has_begun_has_no_rows(self, world: World) -> None:
        group_id = groups.a_group(world)
        seats.open_workshop(world, "ana", group_id=group_id)
        assert rows(ask(f"/groups/{group_id}")) == []

    def test_after_its_deletion_each_workshop_still_tells(self, world: World, stream: Stream) -> None:
        group_id, [online, _] = self.group(world, stream)
        before = content(ask(f"/workshops/{online}"))
        assert groups.ask("DELETE", group_id).status == 204
        stream.run()
        assert ask(f"/groups/{group_id}").status == 404
        assert content(ask(f"/workshops/{online}")) == before


class TestCrowds:
    PEOPLE = 10_000

    def test_ten_thousand_people_fit_into_time_and_into_an_answer(self, world: World) -> None:
        """Two seconds of processor time are seven with the function's memory, which buys 0.29 of a processor."""
        workshop_id = a_workshop(world, "ended")
        crowd = Crowd(workshop_id, self.PEOPLE)
        with crowd.standing():
            began = time.thread_time()
            reply = ask(f"/workshops/{workshop_id}")
            took = time.thread_time() - began
        found = content(reply)
        assert found.count(b"\r\n") == self.PEOPLE + 1
        assert len(found) < spreadsheets.MOST_BYTES * 0.6
        assert len(reply.text) < 6 * 1024 * 1024 * 0.6
        assert crowd.requests == 2 * self.PEOPLE / 500 + self.PEOPLE / 100
        assert took < 5

    def test_five_times_the_people_take_no_more_memory(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        workshop_id = a_workshop(world, "ended")
        monkeypatch.setattr(export, "ITEMS_AT_ONCE", 100)
        _, few, many = (self.peak(workshop_id, people) for people in (200, 200, 1000))
        held = self.peak(workshop_id, 1000, keep=True) - self.peak(workshop_id, 200, keep=True)
        assert many - few < held / 3

    @staticmethod
    def peak(workshop_id: str, people: int, *, keep: bool = False) -> int:
        """The most memory that is taken at once; with `keep`, by somebody who holds on to everybody."""
        with Crowd(workshop_id, people).standing():
            gc.collect()
            tracemalloc.start()
            if keep:
                assert len(list(visitors(workshop_id, page_size=100))) == people
            else:
                assert ask(f"/workshops/{workshop_id}", headers=GZIP).status == 200
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return peak

    def test_a_file_that_does_not_fit_is_refused_and_compressed_it_fits(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workshop_id = a_workshop(world, "ended")
        monkeypatch.setattr(spreadsheets, "MOST_BYTES", 50_000)
        with Crowd(workshop_id, 1000).standing():
            reply = ask(f"/workshops/{workshop_id}")
            assert (reply.status, reply.code) == (422, "export_too_large")
            assert len(rows(ask(f"/workshops/{workshop_id}", headers=GZIP))) == 1000

    def test_one_that_takes_too_long_is_refused_in_time(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        workshop_id = a_workshop(world, "ended", ("ana",))
        monkeypatch.setattr(export, "WITHIN_S", -1)
        reply = ask(f"/workshops/{workshop_id}")
        assert (reply.status, reply.code) == (422, "export_too_large")

    def test_it_may_take_longer_than_other_requests(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        workshop_id = a_workshop(world, "ended", ("ana",))
        left: list[float] = []

        def watched(*given: Any, **more: Any) -> Any:
            left.append(retries.time_left())
            return visitors(*given, **more)

        monkeypatch.setattr(export, "visitors", watched)
        assert ask(f"/workshops/{workshop_id}").status == 200
        assert 15 < left[0] <= export.WITHIN_S


def test_a_file_is_a_batch_three_queries_and_a_batch_per_hundred(world: World) -> None:
    workshop_id = a_workshop(world, "ended", ("ana", "ben"))
    with counted() as use:
        assert len(rows(ask(f"/workshops/{workshop_id}"))) == 2
    assert use.operations == ["BatchGetItem", "Query", "Query", "Query", "BatchGetItem"]
    assert use.writes == []


def local(second: int) -> str:
    """The time in New York."""
    return instant(second).astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%d %H:%M:%S")
