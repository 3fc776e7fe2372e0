"""Share links: what they show, to whom, for how long; and that nothing kept tells their tokens."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atelier import clock, table
from atelier.accounts.caller import Caller
from atelier.guided import links, shared
from atelier.guided.items import STEPS, BuildPack, ShareLink, ShareToken, pack_key, share_key
from atelier.guided.schemas import ShareLinkInput
from atelier.idempotency import Guard
from atelier.table import Item
from tests import faults
from tests.calling import World, id_of
from tests.counting import counted
from tests.guided import NOWHERE, ask, audit_of, change, join, look, make, share, stored, tokens
from tests.workshops import in_


@pytest.fixture(autouse=True)
def packs_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the files of build packs lie."""
    monkeypatch.setenv("PACKS_BUCKET", "atelier-packs")


def revoke(guided_id: str, link_id: str) -> int:
    """Revokes a link; the status."""
    return ask("DELETE", f"/{guided_id}/share-links/{link_id}").status


def kept() -> str:
    """Everything in the table, as text."""
    return "\n".join(str(item.serialize()) for item in Item.scan())


def listed(guided_id: str) -> list[dict[str, Any]]:
    """The links of a workshop."""
    items: list[dict[str, Any]] = ask("GET", f"/{guided_id}/share-links").json["items"]
    return items


def put_pack(guided_id: str, number: int, status: str = "ready") -> str:
    """A build pack as it stands when it was made."""
    now = clock.whole_seconds(clock.now())
    pack_id = f"bp_{number:026d}"
    BuildPack(
        *pack_key(guided_id, pack_id),
        title=f"Pack {number}",
        format_type="markdown",
        status=status,
        step_versions={},
        sha256="0" * 64,
        object_key="packs/x",
        created_by=id_of("owner"),
        created_at=now,
        updated_at=now,
    ).save()
    return pack_id


def test_a_link_shows_what_its_scope_says_to_anybody(world: World) -> None:
    guided_id = make(world, visibility="shared")
    change(guided_id, "define", output={"need": "quiet"}, status="complete")
    made = share(guided_id, "steps")
    assert made.status == 201
    token = made.json["token"]
    assert made.json["url"] == f"https://api.example.com/v1/public/shared/{token}"
    assert (made.json["scope"], made.json["expires_at"], made.json["revoked"]) == (["steps"], None, False)
    shown = look(token)
    assert shown.status == 200
    assert set(shown.json) == {"title", "expires_at", "steps", "packs"}
    assert [step["step_id"] for step in shown.json["steps"]] == list(STEPS)
    assert shown.json["steps"][1]["output"] == {"need": "quiet"}
    assert shown.json["packs"] is None


def test_a_link_to_packs_shows_those_that_are_ready_and_no_steps(world: World) -> None:
    guided_id = make(world, visibility="shared")
    change(guided_id, "define", output="not shared")
    put_pack(guided_id, 1)
    put_pack(guided_id, 2, status="pending")
    newest = put_pack(guided_id, 3)
    shown = look(share(guided_id, "packs").json["token"])
    assert shown.json["steps"] is None
    assert [pack["title"] for pack in shown.json["packs"]] == ["Pack 3", "Pack 1"]
    assert shown.json["packs"][0]["id"] == newest
    assert "not shared" not in shown.text


def test_no_person_is_named_to_whoever_has_a_link(world: World) -> None:
    guided_id = make(world, visibility="shared")
    change(guided_id, "define", output="x")
    put_pack(guided_id, 1)
    shown = look(share(guided_id, "steps", "packs").json["token"])
    assert "usr_" not in shown.text
    assert guided_id not in shown.text


def test_a_shared_page_is_kept_nowhere_followed_nowhere_and_found_by_no_search(world: World) -> None:
    guided_id = make(world, visibility="shared")
    headers = look(share(guided_id).json["token"]).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex"


# ---- When it leads nowhere ----


def test_a_link_leads_nowhere_while_the_workshop_is_private(world: World) -> None:
    guided_id = make(world)
    token = share(guided_id).json["token"]
    assert look(token).status == 404
    ask("PATCH", f"/{guided_id}", body={"visibility": "shared"})
    assert look(token).status == 200
    ask("PATCH", f"/{guided_id}", body={"visibility": "private"})
    assert look(token).status == 404


def test_a_revoked_link_leads_nowhere_and_stays_in_the_list(world: World) -> None:
    guided_id = make(world, visibility="shared")
    made, other = share(guided_id).json, share(guided_id).json
    assert look(made["token"]).status == 200
    assert [revoke(guided_id, made["id"]) for _ in range(2)] == [204, 204]
    assert look(made["token"]).status == 404
    assert look(other["token"]).status == 200
    assert [(link["id"], link["revoked"], link["access_count"]) for link in listed(guided_id)] == [
        (other["id"], False, 1),
        (made["id"], True, 1),
    ]
    assert audit_of(guided_id) == ["guided_shared", "guided_shared", "guided_unshared"]


def test_a_link_ends_at_its_time_to_the_second(world: World) -> None:
    guided_id = make(world, visibility="shared")
    ends = clock.whole_seconds(clock.now() + timedelta(hours=1))
    token = share(guided_id, expires_at=clock.to_text(ends)).json["token"]
    assert shared.view(token, at=lambda: ends - timedelta(seconds=1)).expires_at == ends
    with pytest.raises(Exception, match="Not found"):
        shared.view(token, at=lambda: ends)
    (lead,) = tokens()
    assert lead.expires_at == int(ends.timestamp()), "DynamoDB forgets it by itself"
    assert [link["expires_at"] for link in listed(guided_id)] == [clock.to_text(ends)]


def test_whatever_the_reason_the_answer_is_the_same(world: World) -> None:
    guided_id, private, gone = (make(world, visibility="shared") for _ in range(3))
    revoked, hidden, orphaned = (share(one).json for one in (guided_id, private, gone))
    expired = share(guided_id, expires_at=in_(hours=1)).json
    ended = ShareLink(*share_key(guided_id, expired["id"]))
    ended.update([ShareLink.ends_at.set(datetime(2020, 1, 1, tzinfo=UTC))])
    revoke(guided_id, revoked["id"])
    ask("PATCH", f"/{private}", body={"visibility": "private"})
    ask("DELETE", f"/{gone}")
    refusals = [look(one["token"]) for one in (revoked, hidden, orphaned, expired)] + [look("0" * 40), look("x" * 128)]
    told = [{name: value for name, value in reply.json.items() if name != "request_id"} for reply in refusals]
    assert {reply.status for reply in refusals} == {404}
    assert all(each == told[0] for each in told)


@pytest.mark.parametrize(
    "change_link",
    [
        [ShareLink.revoked_at.set(datetime(2026, 1, 1, tzinfo=UTC))],
        [ShareLink.ends_at.set(datetime(2026, 1, 1, tzinfo=UTC))],
    ],
    ids=["revoked", "expired"],
)
def test_a_link_that_its_token_outlives_leads_nowhere_all_the_same(world: World, change_link: Any) -> None:
    """DynamoDB may take days to forget what has expired."""
    guided_id = make(world, visibility="shared")
    made = share(guided_id).json
    ShareLink(*share_key(guided_id, made["id"])).update(change_link)
    assert look(made["token"]).status == 404


def test_without_the_rule_of_when_a_link_works_it_would_show_a_private_workshop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = share(make(world)).json["token"]
    monkeypatch.setattr(shared, "works", lambda *_: True)
    assert look(token).status == 200


# ---- Counting ----


def test_each_look_is_counted_and_nothing_that_was_refused(world: World) -> None:
    guided_id = make(world, visibility="shared")
    token = share(guided_id).json["token"]
    for _ in range(3):
        look(token)
    ask("PATCH", f"/{guided_id}", body={"visibility": "private"})
    look(token)
    assert [link["access_count"] for link in listed(guided_id)] == [3]


@pytest.mark.parametrize(
    "code", ["InternalServerError", "ProvisionedThroughputExceededException", "ValidationException"]
)
def test_what_may_be_read_is_shown_though_it_cannot_be_counted(world: World, code: str) -> None:
    guided_id = make(world, visibility="shared")
    token = share(guided_id).json["token"]
    with faults.failing_with(code, float("inf"), on={"UpdateItem"}) as fault:
        assert look(token).status == 200
    assert fault.struck
    assert [link["access_count"] for link in listed(guided_id)] == [0]


def test_a_look_at_a_link_that_is_cleared_away_meanwhile_makes_none(world: World) -> None:
    guided_id = make(world, visibility="shared")
    made = share(guided_id).json
    with faults.overtaken(1, ShareLink(*share_key(guided_id, made["id"])).delete, on={"UpdateItem"}) as fault:
        assert look(made["token"]).status == 200
    assert fault.struck == 1
    assert table.read_one(share_key(guided_id, made["id"])) is None


def test_a_look_takes_two_reads_and_a_count(world: World) -> None:
    guided_id = make(world, visibility="shared")
    steps, packs = share(guided_id, "steps").json["token"], share(guided_id, "packs").json["token"]
    with counted() as use:
        look(steps)
        look(packs)
        look("0" * 40)
    assert use.operations == [
        *("GetItem", "BatchGetItem", "UpdateItem"),
        *("GetItem", "BatchGetItem", "Query", "UpdateItem"),
        "GetItem",
    ]


# ---- Secrets ----


@pytest.mark.parametrize("key", [None, "k", "x" * 255])
def test_a_token_is_told_once_and_kept_nowhere(world: World, key: str | None) -> None:
    guided_id = make(world, visibility="shared")
    token = share(guided_id, key=key).json["token"]
    assert look(token).status == 200
    assert token not in kept()
    assert links.hash_of(token) in kept()
    assert token not in ask("GET", f"/{guided_id}/share-links").text


def test_a_repeated_request_is_told_the_same_token(world: World) -> None:
    guided_id = make(world, visibility="shared")
    first, again = share(guided_id, key="k"), share(guided_id, key="k")
    assert (first.status, first.text) == (again.status, again.text)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(tokens()) == len(listed(guided_id)) == 1
    assert look(again.json["token"]).status == 200


def test_of_twins_one_makes_a_link_and_both_are_told_its_token(world: World) -> None:
    guided_id = make(world, visibility="shared")
    twin: list[str] = []
    with faults.overtaken(1, lambda: twin.append(share(guided_id, key="k").json["token"])):
        assert share(guided_id, key="k").json["token"] == twin[0]
    assert len(listed(guided_id)) == 1


def test_one_key_of_two_people_or_workshops_gives_tokens_of_their_own(world: World) -> None:
    guided_id = make(world)
    join(world, guided_id, "second", "owner")
    made = [
        share(guided_id, key="k"),
        share(guided_id, user="second", key="k"),
        share(guided_id, key="k2"),
        share(guided_id),
        share(guided_id),
    ]
    assert len({reply.json["token"] for reply in made}) == len(made)


@pytest.mark.parametrize("key", [None, "k"])
def test_a_token_has_200_bits_of_chance_in_it(world: World, key: str | None) -> None:
    guided_id = make(world, visibility="shared")
    asked: list[int] = []

    def chance(bits: int) -> int:
        asked.append(bits)
        return secrets.randbits(bits)

    guard = Guard(id_of("owner"), key, "fingerprint") if key else None
    wanted = ShareLinkInput(scope=["steps"])
    made = links.make(guided_id, Caller(id_of("owner")), wanted, guard, base_url="", location="", randbits=chance)
    assert asked == [200]
    assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{40}", made.token)
    assert look(made.token).status == 200


# ---- Making and listing ----


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, "scope"),
        ({"scope": []}, "scope"),
        ({"scope": ["members"]}, "scope"),
        ({"scope": "steps"}, "scope"),
        ({"scope": ["steps"], "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"scope": ["steps"], "expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"scope": ["steps"], "token": "mine"}, "token"),
    ],
    ids=str,
)
def test_what_is_no_link_is_refused(world: World, body: object, loc: str) -> None:
    guided_id = make(world)
    reply = ask("POST", f"/{guided_id}/share-links", body=body)
    assert (reply.status, reply.json["errors"][0]["loc"][0]) == (422, loc)
    assert tokens() == []


def test_links_are_listed_the_latest_first_without_skips_or_repeats(world: World) -> None:
    guided_id = make(world)
    made = [share(guided_id, "packs", "steps").json["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(3):
        page = ask("GET", f"/{guided_id}/share-links", limit=2, **cursor).json
        seen += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]
    assert set(page["items"][0]) == {
        *("id", "scope", "expires_at", "revoked", "access_count", "created_by", "created_at")
    }


def test_a_link_of_another_workshop_is_not_found(world: World) -> None:
    mine, other = make(world, visibility="shared"), make(world, visibility="shared")
    made = share(other).json
    assert [revoke(mine, one) for one in (made["id"], f"shr_{'0' * 26}")] == [404, 404]
    assert look(made["token"]).status == 200
    assert share(NOWHERE).status == 404


@pytest.mark.parametrize("fault", [faults.killed_before, faults.killed_after])
def test_a_process_that_dies_leaves_a_whole_link_or_none(world: World, fault: Any) -> None:
    guided_id = make(world, visibility="shared")
    with fault(1), pytest.raises(faults.Killed):
        share(guided_id, key="k")
    leads = [item for item in tokens() if isinstance(item, ShareToken)]
    assert len(leads) == len(listed(guided_id)) == (fault is faults.killed_after)
    token = share(guided_id, key="k").json["token"]
    assert look(token).status == 200
    (link,) = listed(guided_id)
    with fault(1), pytest.raises(faults.Killed):
        revoke(guided_id, link["id"])
    assert (look(token).status == 200) == (fault is faults.killed_before)
    assert revoke(guided_id, link["id"]) == 204
    assert look(token).status == 404
    assert stored(guided_id) is not None
