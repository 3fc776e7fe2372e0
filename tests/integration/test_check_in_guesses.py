"""Guessing at codes: ten misses in ten minutes, counted exactly whoever guesses at once, and nobody honest kept out."""

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from atelier import clock, table
from atelier.checkins import guessing
from atelier.checkins.codes import ALPHABET
from atelier.checkins.items import GuessCount
from atelier.table import Item
from tests.calling import Reply, World
from tests.checkins import at, check_in, checked_in, guest, guests_of, opened, wrong
from tests.checkins import desk as ask_desk
from tests.counting import counted
from tests.faults import overtaken
from tests.sizes import size

NOW = clock.whole_seconds(clock.now())
GUESSES, EVERY_S, HONEST = size(120, 3600), size(10, 2), size(24, 200)


def misses(count: int, code: str, ask_for: Callable[[str], Reply] = check_in) -> list[int]:
    """The answers to so many wrong codes."""
    return [ask_for(wrong(code)).status for _ in range(count)]


class TestTheEleventhMiss:
    @pytest.mark.parametrize("ask_for", [check_in, guest])
    def test_is_429_and_so_is_the_right_code_until_the_window_is_over(
        self, world: World, ask_for: Callable[[str], Reply]
    ) -> None:
        world.meet("ana")
        _, code = opened(world)
        with at(NOW):
            assert misses(10, code, ask_for) == [404] * 10
        with at(NOW + timedelta(seconds=60)):
            over = ask_for(wrong(code))
            assert (over.status, over.code, over.headers["retry-after"]) == (429, "too_many_guesses", "540")
            with counted() as use:
                assert ask_for(code).status == 429
            assert use.operations == ["BatchGetItem"]
        with at(NOW + timedelta(seconds=600)):
            assert ask_for(wrong(code)).status == 404
            assert ask_for(code).status == 201

    def test_is_everybodys_own(self, world: World) -> None:
        world.meet("ana", "ben")
        _, code = opened(world)
        misses(11, code)
        assert check_in(code, "ana").status == 429
        assert check_in(code, "ben").status == 201
        assert guest(code).status == 201

    def test_behind_one_address_does_not_keep_out_who_is_signed_in(self, world: World) -> None:
        world.meet("ana")
        _, code = opened(world)
        misses(11, code, guest)
        assert guest(code).status == 429
        assert guest(code, address="198.51.100.1").status == 201
        assert check_in(code).status == 201

    def test_hits_cost_nothing(self, world: World) -> None:
        _, code = opened(world)
        misses(9, code)
        assert [check_in(code).status for _ in range(12)] == [201] + [200] * 11
        assert misses(2, code) == [404, 429]

    def test_comes_after_ten_whoever_guesses_at_once(self, world: World) -> None:
        world.meet("ana")
        _, code = opened(world)
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: check_in(wrong(code)).status, range(40)))
        assert Counter(replies) == {404: 10, 429: 30}

    def test_is_counted_before_a_hit_that_was_under_way_already(self, world: World) -> None:
        world.meet("ana")
        workshop_id, code = opened(world)
        with overtaken(1, lambda: misses(10, code)):
            assert check_in(code).status == 429
        with overtaken(1, lambda: misses(10, code, guest)):
            assert guest(code).status == 429
        assert (checked_in(workshop_id), guests_of(workshop_id)) == ({}, [])
        assert check_in(code, "ben").status == 201

    def test_is_not_held_against_anybody_after_ttl_took_the_count_away(self, world: World) -> None:
        world.meet("ana")
        _, code = opened(world)
        with at(NOW):
            misses(10, code)
            [count] = [item for item in Item.scan() if isinstance(item, GuessCount)]
            assert count.expires_at == NOW.timestamp() + 600
            count.misses = 5
            count.save()
            with overtaken(1, count.delete) as fault:
                assert check_in(wrong(code)).status == 404
            assert fault.struck == 1
            assert misses(10, code) == [404] * 9 + [429]


def test_a_careless_count_lets_more_through_and_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(guesses: guessing.Guesses, *_: object) -> None:
        there = table.read_one(guesses.key)
        time.sleep(0.002)
        before = int(there.misses) if isinstance(there, GuessCount) else 0
        GuessCount(*guesses.key, misses=before + 1, expires_at=int(time.time()) + 600).save()

    monkeypatch.setattr(guessing.Guesses, "_add", careless)
    world.meet("ana")
    _, code = opened(world)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: check_in(wrong(code)).status, range(40)))
    assert replies.count(404) > 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("", "", True),
    ],
)
def test_addresses_count_by_network_where_that_is_one_household(one: str, other: str, same: bool) -> None:
    assert (guessing.of_address(one) == guessing.of_address(other)) == same


def test_an_address_is_not_kept_as_it_is(world: World) -> None:
    _, code = opened(world)
    guest(wrong(code), address="203.0.113.99")
    assert not [item for item in Item.scan() if "203.0.113.99" in str(item.serialize())]


class TestWhoKnowsTheStem:
    def test_guesses_at_the_rest_a_hundred_times_from_anywhere_and_then_only_accounts_get_in(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(guessing, "of_workshop", lambda one: guessing.Guesses("check_in_workshop", one, 12))
        workshop_id, code = opened(world, rotates_every_s=600)
        with at(NOW):
            code = ask_desk(workshop_id).json["code_text"]
            half = code[:4] + wrong(code[4:])
            replies = [guest(half, address=f"198.51.100.{number}").status for number in range(14)]
            assert replies == [404] * 12 + [429] * 2
            # A right code is answered like a wrong one then: else it would be known for right.
            assert guest(code, address="192.0.2.1").status == 429
            assert check_in(code).status == 201
            _, other_code = opened(world)
            assert guest(other_code, address="192.0.2.1").status == 201

    def test_early_birds_before_a_closed_door_do_not_close_it_for_all(self, world: World) -> None:
        workshop_id, code = opened(world)
        assert ask_desk(workshop_id, "PATCH", body={"state": "CLOSED"}).status == 200
        assert {guest(code, address=f"198.51.100.{number}").status for number in range(20)} == {404}
        assert not Item.count(guessing.of_workshop(workshop_id).key[0])


def test_guessers_find_nothing_while_everybody_honest_gets_in(world: World) -> None:
    """Somebody guesses every few seconds from the address of the venue, without an account and with one."""
    dice = random.Random(11)  # noqa: S311 - a test's
    workshop_id, code = opened(world, starts_in=timedelta(minutes=20), duration_minutes=240)
    world.meet("mallory", *(f"guest-{number}" for number in range(HONEST // 2)))
    begin = clock.whole_seconds(clock.now())
    venue = "203.0.113.7"
    arriving = [*range(HONEST)]
    dice.shuffle(arriving)
    answers: Counter[tuple[str, int]] = Counter()
    honest: list[int] = []
    for number in range(GUESSES):
        with at(begin + timedelta(seconds=number * EVERY_S)):
            guessed = "".join(dice.choice(ALPHABET) for _ in range(6))
            answers["guest", guest(guessed, address=venue).status] += 1
            answers["account", check_in(guessed, "mallory").status] += 1
            for one in arriving[number * HONEST // GUESSES : (number + 1) * HONEST // GUESSES]:
                # Half are signed in behind the guesser's address, some mistype first; half are guests elsewhere.
                if one % 2:
                    honest.append(guest(code, address=f"198.51.{one // 250}.{one % 250}").status)
                else:
                    if one % 6 == 0:
                        assert check_in(wrong(code), f"guest-{one // 2}").status == 404
                    honest.append(check_in(code, f"guest-{one // 2}").status)
    windows = -(-GUESSES * EVERY_S // 600)
    assert honest == [201] * HONEST
    for who in ("guest", "account"):
        assert answers[who, 404] == 10 * windows
        assert answers[who, 429] == GUESSES - 10 * windows
    assert len(checked_in(workshop_id)) == HONEST // 2
    assert len(guests_of(workshop_id)) == HONEST // 2


def test_without_the_limit_the_guesser_would_guess_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing.Guesses, "require_left", lambda *_: None)
    monkeypatch.setattr(guessing.Guesses, "count", lambda *_: None)
    _, code = opened(world)
    assert misses(30, code) == [404] * 30
    assert check_in(code).status == 201
