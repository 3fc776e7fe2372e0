"""Scans taken offline: each counts once and at its own time, and a batch that comes again is told the same."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from atelier import clock, table
from atelier.attendance.items import Attendance, attendance_key
from atelier.checkins import arriving
from tests.calling import Reply, World, call, id_of
from tests.checkins import at, check_in, checked_in, desk, of_person, opened, opened_earlier, scan, scans, statuses
from tests.counting import counted
from tests.faults import Killed, killed_after, killed_before, overtaken
from tests.privacy import erase
from tests.rooms import a_workshop, remove, rights, rsvp, suspend
from tests.sizes import size
from tests.workshops import everything, stored

NOW = clock.whole_seconds(clock.now())
DEVICES, PEOPLE = size(8, 50), size(30, 200)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@pytest.fixture
def door(world: World) -> str:
    """A workshop whose check-in was opened two hours ago, with people who may come."""
    world.meet("ana", "ben", "cleo")
    workshop_id, _ = opened(world)
    opened_earlier(workshop_id, hours=2)
    return workshop_id


def test_who_was_scanned_is_checked_in_at_that_time(door: str) -> None:
    reply = scans(door, scan("n1", "ana", ago(hours=1)), scan("n2", "ben", ago(minutes=50)))
    assert reply.json == {
        "items": [
            {"nonce": "n1", "status": "checked_in", "checked_in_at": clock.to_text(ago(hours=1))},
            {"nonce": "n2", "status": "checked_in", "checked_in_at": clock.to_text(ago(minutes=50))},
        ]
    }
    assert checked_in(door) == {id_of("ana"): ago(hours=1), id_of("ben"): ago(minutes=50)}


def test_a_scan_of_nine_that_arrives_at_ten_beats_a_check_in_of_half_past_nine(door: str) -> None:
    code = desk(door).json["code_text"]
    with at(ago(minutes=30)):
        assert check_in(code).status == 201
    told = scans(door, scan("n1", "ana", ago(minutes=60))).json["items"][0]
    assert (told["status"], told["checked_in_at"]) == ("already_checked_in", clock.to_text(ago(minutes=60)))
    again = check_in(code)
    assert (again.status, again.json["checked_in_at"]) == (200, clock.to_text(ago(minutes=60)))
    later = scans(door, scan("n2", "ana", ago(minutes=10))).json["items"][0]
    assert (later["status"], later["checked_in_at"]) == ("already_checked_in", clock.to_text(ago(minutes=60)))


def test_what_cannot_be_is_answered_one_by_one(world: World, door: str) -> None:
    for user in ("ben", "cleo"):
        assert rsvp(door, user).status == 201
    remove(door, "ben")
    remove(door, "cleo", ban=True)
    reply = scans(
        door,
        scan("n1", "ana", ago(minutes=1)),
        scan("n2", "nobody", ago(minutes=1)),
        scan("n3", "ana", ago(hours=3)),
        scan("n4", "ana", NOW + timedelta(hours=1)),
        scan("n5", "ben", ago(minutes=1)),
        scan("n6", "cleo", ago(minutes=1)),
        {"nonce": "n7", "holder": "x" * 32, "at": clock.to_text(NOW)},
    )
    assert statuses(reply) == [
        "checked_in",
        "unknown_person",
        "too_early",
        "in_the_future",
        "not_admitted",
        "not_admitted",
        "unknown_person",
    ]
    assert set(checked_in(door)) == {id_of("ana")}


def test_a_scan_says_of_the_suspended_and_the_erased_what_a_code_would(door: str) -> None:
    code = desk(door).json["code_text"]
    suspend("ana")
    assert erase("ben").status == 204
    assert [check_in(code, user).code for user in ("ana", "ben")] == ["account_suspended", "account_erased"]
    reply = scans(door, scan("n1", "ana", NOW), scan("n2", "ben", NOW), scan("n3", "cleo", NOW))
    assert statuses(reply) == ["not_admitted", "unknown_person", "checked_in"]
    assert set(checked_in(door)) == {id_of("cleo")}


def test_a_scan_from_after_the_end_is_too_late_however_soon_it_is_sent(world: World) -> None:
    world.meet("ana", "ben")
    workshop_id, _ = opened(world, duration_minutes=30)
    closing = stored(workshop_id).scheduled_at + timedelta(minutes=45)
    with at(closing + timedelta(days=2)):
        reply = scans(
            workshop_id,
            scan("n1", "ana", closing - timedelta(seconds=1)),
            scan("n2", "ben", closing + timedelta(minutes=6)),
        )
    assert statuses(reply) == ["checked_in", "too_late"]


def test_clocks_that_are_a_little_off_do_no_harm(door: str) -> None:
    opens_at = clock.from_text(desk(door).json["opens_at"])
    with at(NOW):
        reply = scans(
            door,
            scan("n1", "ana", opens_at - timedelta(minutes=4)),
            scan("n2", "ben", NOW + timedelta(minutes=4)),
        )
    assert statuses(reply) == ["checked_in"] * 2
    assert checked_in(door) == {id_of("ana"): opens_at, id_of("ben"): NOW}


class TestTheSameBatchAgain:
    def test_is_told_the_same_and_changes_nothing(self, world: World, door: str) -> None:
        batch = [
            scan("n1", "ana", ago(minutes=9)),
            scan("n2", "ana", ago(minutes=10)),
            scan("n3", "newcomer", ago(minutes=10)),
            scan("n4", "ben", NOW + timedelta(minutes=30)),
            scan("n1", "ana", ago(minutes=9)),
        ]
        first = scans(door, *batch)
        assert statuses(first) == [
            "already_checked_in",
            "checked_in",
            "unknown_person",
            "in_the_future",
            "already_checked_in",
        ]
        world.meet("newcomer")
        before = everything()
        with at(NOW + timedelta(hours=1)), counted() as use:
            assert scans(door, *batch).json == first.json
        assert everything() == before
        assert use.writes == []

    def test_is_told_the_same_though_people_checked_in_meanwhile(self, door: str) -> None:
        first = scans(door, scan("n1", "ana", ago(minutes=9)))
        scans(door, scan("n2", "ana", ago(minutes=19)))
        assert scans(door, scan("n1", "ana", ago(minutes=9))).json == first.json

    @pytest.mark.parametrize("dies", [killed_before, killed_after])
    @pytest.mark.parametrize("write", [1, 2])
    def test_completes_one_that_broke_off_midway(self, world: World, door: str, dies: Any, write: int) -> None:
        people = [f"guest-{number}" for number in range(40)]
        world.meet(*people)
        batch = [scan(f"n{user}", user, ago(minutes=number)) for number, user in enumerate(people)]
        with pytest.raises(Killed), dies(write):
            scans(door, *batch)
        assert statuses(scans(door, *batch)) == ["checked_in"] * 40
        assert checked_in(door) == {id_of(user): ago(minutes=number) for number, user in enumerate(people)}

    def test_at_once_is_told_the_same_twice(self, door: str) -> None:
        batch = [scan("n1", "ana", ago(minutes=9)), scan("n2", "ben", ago(minutes=9))]
        faster: list[Any] = []
        with overtaken(1, lambda: faster.append(scans(door, *batch))):
            slower = scans(door, *batch)
        assert faster[0].json == slower.json
        assert statuses(slower) == ["checked_in"] * 2


def test_a_nonce_that_comes_for_something_else_is_refused_and_the_first_one_stands(door: str) -> None:
    other = scan("n1", "ben", ago(minutes=9))
    assert statuses(scans(door, scan("n1", "ana", ago(minutes=9)), other)) == ["checked_in", "nonce_reused"]
    assert statuses(scans(door, other)) == ["nonce_reused"]
    assert statuses(scans(door, scan("n1", "ana", ago(minutes=8)))) == ["nonce_reused"]
    assert set(checked_in(door)) == {id_of("ana")}


def test_the_same_nonce_at_two_workshops_is_two_scans(world: World, door: str) -> None:
    other, _ = opened(world)
    assert statuses(scans(door, scan("n1", "ana", NOW))) == ["checked_in"]
    with at(NOW + timedelta(seconds=2)):
        assert statuses(scans(other, scan("n1", "ana", NOW + timedelta(seconds=2)))) == ["checked_in"]


class TestPasses:
    def test_a_pass_that_was_scanned_checks_its_holder_in(self, door: str) -> None:
        holder = pass_of(door, "ana")
        assert pass_of(door, "ana") == holder
        reply = scans(door, {"nonce": "n1", "holder": holder.upper(), "at": clock.to_text(NOW)})
        assert statuses(reply) == ["checked_in"]
        record = of_person(door, "ana")
        assert record is not None
        assert record.checked_in_by == "pass"

    def test_nobody_makes_one_for_another_or_for_another_workshop(self, world: World, door: str) -> None:
        other, _ = opened(world)
        mine = pass_of(door, "ana")
        all_forged = (id_of("ben")[4:] + mine[16:], mine[:-1], mine + "a", pass_of(other, "ana"), "é" * 32)
        for number, forged in enumerate(all_forged):
            reply = scans(door, {"nonce": f"n{number}", "holder": forged, "at": clock.to_text(NOW)})
            assert statuses(reply) == ["unknown_person"], forged

    def test_only_who_may_see_a_workshop_gets_one(self, world: World) -> None:
        workshop_id = a_workshop(world, "scheduled", ("ana", "ben"))
        remove(workshop_id, "ben")
        path = f"/workshops/{workshop_id}/check-in/pass"
        assert call("checkins", "GET", path, user="ana").status == 200
        assert call("checkins", "GET", path, user="ben").code == "removed"
        private: str = world.workshop(is_private=True)["id"]
        assert call("checkins", "GET", f"/workshops/{private}/check-in/pass", user="ana").status == 404

    def test_two_first_ones_at_once_are_signed_alike(self, door: str) -> None:
        faster: list[str] = []
        with overtaken(1, lambda: faster.append(pass_of(door, "ben"))):
            slower = pass_of(door, "ben")
        assert faster == [slower]


def pass_of(workshop_id: str, user: str) -> str:
    """Somebody's own pass."""
    reply = call("checkins", "GET", f"/workshops/{workshop_id}/check-in/pass", user=user)
    assert reply.status == 200, reply.text
    holder: str = reply.json["holder"]
    return holder


def test_only_who_leads_sends_scans_and_only_once_check_in_was_opened(world: World, door: str) -> None:
    one = scan("n1", "ana", NOW)
    assert scans(door, one, user="ana").code == "not_allowed"
    rsvp(door, "ben")
    rights(door, "ben", is_co_host=True)
    assert scans(door, one, user="ben").status == 200
    never: str = world.workshop()["id"]
    assert scans(never, one).code == "check_in_not_opened"


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": []},
        {"items": [{"nonce": "n", "at": "2027-01-01T00:00:00Z"}]},
        {"items": [{"nonce": "n", "user_id": "usr_" + "a" * 16, "holder": "h", "at": "2027-01-01T00:00:00Z"}]},
        {"items": [{"nonce": "n", "user_id": "usr_" + "a" * 16, "at": "2027-01-01T00:00:00"}]},
        {"items": [{"nonce": "n n", "user_id": "usr_" + "a" * 16, "at": "2027-01-01T00:00:00Z"}]},
        {"items": [{"nonce": str(n), "user_id": "usr_" + "a" * 16, "at": "2027-01-01T00:00:00Z"} for n in range(501)]},
    ],
)
def test_what_is_no_batch_is_422(door: str, wrong: Any) -> None:
    assert call("checkins", "POST", f"/workshops/{door}/check-ins/batch", user="host", body=wrong).status == 422


def test_a_device_that_scans_one_person_all_day_is_answered_each_time(door: str) -> None:
    batch = [scan(f"n{number}", "ana", ago(seconds=number)) for number in range(120)]
    told = statuses(scans(door, *batch))
    assert sorted(told) == ["already_checked_in"] * 119 + ["checked_in"]
    assert told[-1] == "checked_in"
    assert checked_in(door) == {id_of("ana"): ago(seconds=119)}


def test_500_scans_are_read_and_written_in_parts(world: World, door: str) -> None:
    people = [f"guest-{number}" for number in range(size(100, 500))]
    world.meet(*people)
    batch = [scan(user, user, ago(minutes=1)) for user in people]
    with counted() as use:
        assert set(statuses(scans(door, *batch))) == {"checked_in"}
    parts = len(people) // 25
    assert len(use.writes) == parts
    assert len(use.reads) == 1 + parts
    with counted() as again:
        assert set(statuses(scans(door, *batch))) == {"checked_in"}
    assert again.writes == []


def until_answered(ask_once: Callable[[], Reply]) -> Reply:
    """The answer, after as many tries as a client makes that is told to come again."""
    reply = ask_once()
    while reply.status in (409, 503):
        time.sleep(0.05)
        reply = ask_once()
    return reply


def rush(workshop_id: str, code: str, people: list[str], devices: int) -> dict[str, datetime]:
    """Every device checks everybody in, in its own order: some by the code as if each person did, some by a batch of
    scans taken before. Gives the first time of each.
    """
    dice = random.Random(5)  # noqa: S311 - a test's
    first: dict[str, datetime] = {}
    offline: dict[int, list[dict[str, Any]]] = {}
    for device in range(0, devices, 2):
        taken = {user: ago(seconds=dice.randrange(1, 3000)) for user in people}
        offline[device] = [scan(f"{device}-{user}", user, taken[user]) for user in people]
        for user, when in taken.items():
            first[id_of(user)] = min(when, first.get(id_of(user), when))
    orders = [dice.sample(people, len(people)) for _ in range(devices)]

    def work(device: int) -> None:
        if device in offline:
            for _ in range(2):
                batch = random.Random(device).sample(offline[device], len(people))  # noqa: S311 - a test's
                reply = until_answered(partial(scans, workshop_id, *batch))
                assert set(statuses(reply)) <= {"checked_in", "already_checked_in"}
        else:
            for user in orders[device]:
                reply = until_answered(partial(check_in, code, user))
                assert reply.status in (200, 201)

    with ThreadPoolExecutor(devices) as pool:
        for done in [pool.submit(work, device) for device in range(devices)]:
            done.result()
    return first


def test_all_devices_check_everybody_in_at_once_and_the_first_times_stay(world: World) -> None:
    people = [f"guest-{number}" for number in range(PEOPLE)]
    world.meet(*people)
    workshop_id, code = opened(world)
    opened_earlier(workshop_id, hours=2)
    first = rush(workshop_id, code, people, DEVICES)
    assert checked_in(workshop_id) == first
    assert len(first) == PEOPLE


def careless(workshop_id: str, user: str, when: datetime) -> None:
    """Looks whether somebody is there, thinks about it, and writes: what everybody writes first."""
    key = attendance_key(workshop_id, id_of(user))
    found = table.read_one(key)
    there = arriving.arrival(stored(workshop_id), found)
    time.sleep(0.002)
    if there is None or there.at > when:
        Attendance(*key).update(arriving.arriving(workshop_id, id_of(user), when, "host", when))


def test_a_careless_variant_loses_first_times_and_is_caught(world: World, door: str) -> None:
    caught = 0
    for round_ in range(10):
        user = f"guest-{round_}"
        times = [ago(minutes=minutes) for minutes in range(1, 9)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda when: careless(door, user, when), times))  # noqa: B023 - done within the round
        caught += checked_in(door)[id_of(user)] != min(times)
    assert caught >= 3
