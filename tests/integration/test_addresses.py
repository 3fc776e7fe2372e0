"""E-mail addresses: vouched for by the provider, or confirmed by a code; one person's each."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import cast

import pytest
from pynamodb.transactions import TransactWrite

from atelier import clock, table
from atelier.accounts import addresses, profiles
from atelier.accounts.items import Profile, profile_key
from atelier.errors import TooManyCodesError, WrongCodeError
from atelier.limits import Admission, LimitTimes
from atelier.table import Item
from tests.accounts import edit, me
from tests.calling import Reply, World, call, claims_of, id_of
from tests.chatting import caller
from tests.counting import counted
from tests.faults import Killed, answers_lost, killed_after, killed_before

ADDRESS = "ana@example.com"


def stored(user: str = "ana") -> Profile:
    return cast("Profile", table.read_one(profile_key(id_of(user))))


def confirm(code: str, user: str = "ana") -> Reply:
    return call("accounts", "POST", "/me/email/verify", user=user, body={"code": code})


def entered(address: str = ADDRESS, user: str = "ana") -> str:
    """A person enters an address; the code that is mailed to it."""
    reply = call("accounts", "PATCH", "/me", user=user, body={"email": address})
    assert reply.status == 200, reply.text
    return stored(user).email_code


def vouched(address: str, user: str = "ana", verified: str = "true") -> Reply:
    return me(user, claims=claims_of(user) | {"email": address, "email_verified": verified})


def shown(reply: Reply) -> tuple[str | None, bool]:
    return reply.json["email"], reply.json["email_verified"]


def test_an_address_the_provider_vouches_for_needs_no_code(world: World) -> None:
    assert shown(vouched(ADDRESS)) == (ADDRESS, True)
    assert shown(me()) == (ADDRESS, True)
    assert stored().email == ADDRESS


def test_an_address_the_provider_does_not_vouch_for_is_not_the_persons(world: World) -> None:
    assert shown(vouched(ADDRESS, verified="false")) == (None, False)


def test_an_address_is_shown_only_to_its_owner(world: World) -> None:
    vouched(ADDRESS)
    assert "example.com" not in call("accounts", "GET", f"/users/{world.id('ana')}", user="ben").text


def test_an_entered_address_is_the_persons_when_its_code_comes_back(world: World) -> None:
    code = entered()
    assert shown(me()) == (ADDRESS, False)
    reply = confirm(code)
    assert reply.status == 200
    assert shown(reply) == shown(me()) == (ADDRESS, True)
    assert stored().email_code is None


def test_the_confirmed_address_stays_in_use_until_another_one_is(world: World) -> None:
    confirm(entered())
    code = entered("ana@studio.example")
    assert stored().email == ADDRESS
    assert shown(me()) == ("ana@studio.example", False)
    confirm(code)
    assert stored().email == "ana@studio.example"
    assert confirm(entered(ADDRESS, "ben"), "ben").status == 200


def test_entering_the_confirmed_address_again_needs_no_code(world: World) -> None:
    confirm(entered())
    assert shown(edit({"email": "Ana@Example.com"})) == ("Ana@Example.com", True)


@pytest.mark.parametrize("code", ["000000", "", "1", "12345678901234567890"])
def test_a_wrong_code_is_refused(world: World, code: str) -> None:
    right = entered()
    reply = confirm(code if code != right else "999999")
    assert reply.status == 422
    assert shown(me()) == (ADDRESS, False)


def test_after_five_wrong_codes_the_right_one_is_none_any_more(world: World) -> None:
    right = entered()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert [confirm(wrong).code for _ in range(5)] == ["wrong_code"] * 5
    assert confirm(right).code == "wrong_code"


def test_entering_the_address_again_gives_no_more_guesses(world: World) -> None:
    right = entered()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert {confirm(wrong).code for _ in range(3)} == {"wrong_code"}
    right = entered(ADDRESS.upper())
    assert stored().email_tries == 3
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert {confirm(wrong).code for _ in range(2)} == {"wrong_code"}
    assert confirm(right).code == "wrong_code"
    refused = edit({"email": ADDRESS})
    assert (refused.status, refused.code) == (429, "too_many_codes")
    assert 0 < int(refused.headers["retry-after"]) <= addresses.CODE_LIVES.total_seconds()


def test_guesses_are_forgotten_with_the_code_they_were_at(world: World) -> None:
    right = entered()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert {confirm(wrong).code for _ in range(5)} == {"wrong_code"}
    profiles.edit(caller("ana"), {"email": ADDRESS}, at=lambda: clock.now() + addresses.CODE_LIVES)
    assert stored().email_tries == 0


def test_a_person_is_mailed_five_codes_an_hour_whatever_the_address(world: World) -> None:
    replies = [edit({"email": f"ana{number}@example.com"}) for number in range(6)]
    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert (replies[-1].code, shown(me())) == ("too_many_codes", ("ana4@example.com", False))
    assert 0 < int(replies[-1].headers["retry-after"]) <= 3600
    assert edit({"bio": "Potter"}).status == 200
    profiles.edit(caller("ana"), {"email": ADDRESS}, at=lambda: clock.now() + timedelta(hours=1))
    assert stored().pending_email == ADDRESS


def test_an_address_is_mailed_five_codes_an_hour_whoever_asks(world: World) -> None:
    people = ("ana", "ben", "cleo", "dora", "eve", "finn")
    written = [ADDRESS if number % 2 else ADDRESS.upper() for number in range(6)]
    replies = [
        call("accounts", "PATCH", "/me", user=user, body={"email": address})
        for user, address in zip(people, written, strict=True)
    ]
    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert edit({"email": "finn@example.com"}).status == 200
    assert ADDRESS.casefold() not in str([item.pk for item in Item.scan() if item.pk.startswith("LIMIT#")]).casefold()


def overtaken_at_the_last_code() -> None:
    """Ana enters an address that four codes were mailed to, and while hers is written Finn does."""
    for user in ("ben", "cleo", "dora", "eve"):
        entered(user=user)
    looks = 0

    def at() -> datetime:
        nonlocal looks
        looks += 1
        if looks == 3:
            entered(user="finn")
        return clock.now()

    profiles.edit(caller("ana"), {"email": ADDRESS}, at=at)


def test_of_two_who_ask_for_the_last_code_at_once_one_gets_it(world: World) -> None:
    with pytest.raises(TooManyCodesError):
        overtaken_at_the_last_code()
    assert stored("finn").pending_email == ADDRESS
    assert stored().pending_email is None


def test_without_its_condition_the_limit_would_let_both_pass(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(admission: Admission, transaction: TransactWrite) -> None:
        transaction.save(LimitTimes(*admission.key, times_ms=admission.times_ms))

    monkeypatch.setattr(Admission, "write", careless)
    overtaken_at_the_last_code()
    assert stored("finn").pending_email == stored().pending_email == ADDRESS


def test_a_code_costs_a_read_more_and_an_edit_without_one_none(world: World) -> None:
    world.meet("ana")
    with counted() as use:
        edit({"email": ADDRESS})
    assert use.operations == ["GetItem", "BatchGetItem", "TransactWriteItems"]
    with counted() as use:
        edit({"bio": "Potter"})
    assert use.operations == ["GetItem", "TransactWriteItems"]


def test_entering_the_address_that_the_token_vouches_for_needs_no_code(world: World) -> None:
    confirm(entered())
    entered("pending@example.com")
    claims = claims_of("ana") | {"email": "vouched@example.com", "email_verified": "true"}
    body = {"email": "Vouched@example.com", "bio": "Potter"}
    reply = call("accounts", "PATCH", "/me", user="ana", claims=claims, body=body)
    assert (shown(reply), reply.json["bio"]) == (("Vouched@example.com", True), "Potter")
    assert stored().email_code is stored().pending_email is None
    guards = [item.pk for item in Item.scan() if item.pk.startswith("EMAIL#")]
    assert guards == ["EMAIL#vouched@example.com"]


def test_what_the_token_vouches_for_is_not_taken_from_who_has_it(world: World) -> None:
    confirm(entered("vouched@example.com", "ben"), "ben")
    confirm(entered())
    claims = claims_of("ana") | {"email": "vouched@example.com", "email_verified": "true"}
    body = {"email": "vouched@example.com", "bio": "Potter"}
    reply = call("accounts", "PATCH", "/me", user="ana", claims=claims, body=body)
    assert (reply.status, reply.code) == (409, "email_taken")
    assert shown(me()) == (ADDRESS, True)
    assert stored().bio is None
    unverified = claims | {"email_verified": "false", "email": "other@example.com"}
    reply = call("accounts", "PATCH", "/me", user="ana", claims=unverified, body={"email": "other@example.com"})
    assert shown(reply) == ("other@example.com", False)


def test_guesses_at_once_are_all_counted(world: World) -> None:
    right = entered()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: confirm(wrong), range(8)))
    assert stored().email_tries >= addresses.MOST_TRIES
    assert confirm(right).code == "wrong_code"


def test_a_code_is_good_for_half_an_hour(world: World) -> None:
    code = entered()

    def later() -> Profile:
        return stored()

    with pytest.raises(WrongCodeError):
        addresses.confirm(later, code, at=lambda: clock.now() + timedelta(minutes=31))
    addresses.confirm(later, code, at=lambda: clock.now() + timedelta(minutes=29))
    assert stored().email == ADDRESS


def test_a_code_of_an_earlier_entry_is_good_for_nothing(world: World) -> None:
    first = entered()
    second = entered("eve@example.com")
    if first != second:
        assert confirm(first).code == "wrong_code"
    assert stored().email is None


def test_an_address_is_one_persons_whatever_its_letters(world: World) -> None:
    confirm(entered())
    reply = confirm(entered("ANA@example.com", "ben"), "ben")
    assert (reply.status, reply.code) == (409, "email_taken")
    assert shown(vouched(ADDRESS, "cleo")) == (None, False)


def test_of_two_who_confirm_one_address_at_once_one_gets_it(world: World) -> None:
    codes = {user: entered(user=user) for user in ("ana", "ben")}
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda user: confirm(codes[user], user), codes))
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert sorted(stored(user).email is not None for user in codes) == [False, True]


def test_an_address_that_is_taken_away_is_free_for_others(world: World) -> None:
    confirm(entered())
    assert shown(edit({"email": None})) == (None, False)
    assert confirm(entered(user="ben"), "ben").status == 200


def test_dying_around_a_confirmation_leaves_all_of_it_or_nothing(world: World) -> None:
    code = entered()
    with killed_before(1), pytest.raises(Killed):
        confirm(code)
    assert shown(me()) == (ADDRESS, False)
    with killed_after(1), pytest.raises(Killed):
        confirm(code)
    assert shown(me()) == (ADDRESS, True)


def test_a_confirmation_whose_answer_was_lost_stands(world: World) -> None:
    code = entered()
    with answers_lost(1):
        confirm(code)
    assert stored().email == ADDRESS


def test_no_guard_is_left_behind(world: World) -> None:
    confirm(entered())
    confirm(entered("ana@studio.example"))
    guards = [item.pk for item in Item.scan() if item.pk.startswith("EMAIL#")]
    assert guards == ["EMAIL#ana@studio.example"]
