"""Build packs from the request to the file: what goes in, who may, and what is kept."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from atelier import table
from atelier.guided import items
from atelier.guided.items import BuildPack
from atelier.packs import files
from tests import guided, packs
from tests.calling import World, call, id_of
from tests.counting import Use
from tests.messages import Outbox
from tests.streaming import Stream

pytestmark = pytest.mark.usefixtures("pack_files")

MAGIC = {"markdown": b"# A better", "json": b'{\n "form', "pdf": b"%PDF-1."}


@pytest.fixture
def guided_id(world: World) -> str:
    """A guided workshop with two outputs."""
    made = guided.make(world)
    assert guided.change(made, "empathize", output={"people": ["Jürgen", "王小明", "지우"], "mood": "🙂"}).status == 200
    assert guided.change(made, "define", output="A problem.").status == 200
    return made


@pytest.mark.parametrize("format_type", ["markdown", "json", "pdf"])
def test_a_pack_is_pending_then_ready_with_its_file(
    guided_id: str, format_type: str, stream: Stream, sent: Outbox
) -> None:
    reply = packs.order(guided_id, format_type)
    assert reply.status == 201
    pending = reply.json
    assert reply.headers["location"] == f"/v1/guided-workshops/{guided_id}/build-packs/{pending['id']}"
    assert (pending["status"], pending["sha256"], pending["url"], pending["size"]) == ("pending", None, None, None)
    assert pending["title"] == "A better waiting room"
    assert packs.make_all(stream, sent) == 1
    ready = packs.read(guided_id, pending["id"])
    ((key, content),) = packs.files().items()
    assert ready["status"] == "ready"
    assert ready["sha256"] == packs.sha256(content)
    assert ready["size"] == len(content)
    assert ready["sha256"] in key
    assert content.startswith(MAGIC[format_type])
    assert ready["step_versions"] == {**dict.fromkeys(items.STEPS, 0), "empathize": 1, "define": 1}


def test_the_address_is_signed_for_15_minutes_and_saves_the_file_under_its_title(
    guided_id: str, stream: Stream, sent: Outbox
) -> None:
    pack = packs.made(guided_id, stream, sent, "pdf", title='Übergabe: "Station 7" / 🚑')
    asked = {name: value[0] for name, value in parse_qs(urlsplit(pack["url"]).query).items()}
    assert asked["X-Amz-Expires"] == "900"
    assert asked["response-content-type"] == "application/pdf"
    assert asked["response-content-disposition"] == (
        'attachment; filename="Ubergabe Station 7.pdf"; '
        "filename*=UTF-8''%C3%9Cbergabe%20Station%207%20%F0%9F%9A%91.pdf"
    )


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Plan", "attachment; filename=\"Plan.md\"; filename*=UTF-8''Plan.md"),
        ("交接", "attachment; filename=\"build pack.md\"; filename*=UTF-8''%E4%BA%A4%E6%8E%A5.md"),
        ("..", "attachment; filename=\"build pack.md\"; filename*=UTF-8''build%20pack.md"),
        ('a"\\b', "attachment; filename=\"a b.md\"; filename*=UTF-8''a%20b.md"),
    ],
)
def test_any_title_gives_a_name_of_a_file(title: str, wanted: str) -> None:
    assert files.disposition(title, "md") == wanted


@pytest.mark.parametrize("format_type", ["markdown", "json", "pdf"])
def test_the_same_outputs_give_the_same_bytes_and_others_do_not(
    guided_id: str, format_type: str, stream: Stream, sent: Outbox
) -> None:
    first = packs.made(guided_id, stream, sent, format_type)
    # How far a step is, is not its output.
    assert guided.change(guided_id, "empathize", status="complete").status == 200
    again = packs.made(guided_id, stream, sent, format_type)
    assert again["id"] != first["id"]
    assert again["sha256"] == first["sha256"]
    assert guided.change(guided_id, "define", output="Another problem.").status == 200
    other = packs.made(guided_id, stream, sent, format_type)
    assert other["sha256"] != first["sha256"]
    assert other["step_versions"]["define"] == 2
    assert packs.read(guided_id, first["id"])["sha256"] == first["sha256"]


def test_a_pack_tells_what_went_in_not_what_there_was_when_it_was_asked_for(
    guided_id: str, stream: Stream, sent: Outbox
) -> None:
    pack_id = packs.order(guided_id, "json").json["id"]
    assert guided.change(guided_id, "define", output="Changed meanwhile.").status == 200
    assert packs.read(guided_id, pack_id)["step_versions"]["define"] == 1
    packs.make_all(stream, sent)
    (content,) = packs.files().values()
    assert json.loads(content)["steps"][1]["output"] == "Changed meanwhile."
    assert packs.read(guided_id, pack_id)["step_versions"]["define"] == 2


def test_the_text_of_all_outputs_is_in_the_pdf(guided_id: str, stream: Stream, sent: Outbox) -> None:
    packs.made(guided_id, stream, sent)
    (content,) = packs.files().values()
    text = " ".join(packs.pages(content))
    for word in ("Jürgen", "王小明", "지우", "🙂", "A problem."):
        assert word in text


def test_members_read_editors_make_and_strangers_see_nothing(
    world: World, guided_id: str, stream: Stream, sent: Outbox
) -> None:
    guided.join(world, guided_id, "vera", "viewer")
    guided.join(world, guided_id, "ed", "editor")
    world.meet("stranger")
    assert packs.order(guided_id, user="vera").code == "not_allowed"
    assert packs.order(guided_id, user="stranger").status == 404
    pack = packs.made(guided_id, stream, sent, user="ed")
    assert packs.read(guided_id, pack["id"], user="vera")["url"]
    path = f"/{guided_id}/build-packs"
    assert guided.ask("GET", path, user="vera").json["items"][0]["id"] == pack["id"]
    assert guided.ask("GET", path, user="stranger").status == 404
    assert guided.ask("GET", f"{path}/{pack['id']}", user="stranger").status == 404
    other = guided.make(world, "stranger")
    assert guided.ask("GET", f"/{other}/build-packs/{pack['id']}", user="stranger").status == 404


@pytest.mark.parametrize(
    "body", [{}, {"format_type": "docx"}, {"format_type": "pdf", "title": ""}, {"format_type": "pdf", "x": 1}]
)
def test_a_request_that_cannot_be_understood_is_refused(guided_id: str, body: dict[str, Any]) -> None:
    assert guided.ask("POST", f"/{guided_id}/build-packs", body=body).status == 422


def test_a_key_asks_once(guided_id: str, stream: Stream, sent: Outbox) -> None:
    first, again = packs.order(guided_id, "json", key="k"), packs.order(guided_id, "json", key="k")
    assert (again.status, again.json) == (201, first.json)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert packs.order(guided_id, "pdf", key="k").code == "idempotency_key_reused"
    assert packs.make_all(stream, sent) == 1


def test_packs_are_listed_the_latest_first(guided_id: str) -> None:
    asked = [packs.order(guided_id, "json").json["id"] for _ in range(3)]
    page = guided.ask("GET", f"/{guided_id}/build-packs", limit=2).json
    rest = guided.ask("GET", f"/{guided_id}/build-packs", limit=2, cursor=page["next_cursor"]).json
    assert [item["id"] for item in page["items"] + rest["items"]] == asked[::-1]
    assert rest["next_cursor"] is None


def test_a_share_link_shows_packs_that_are_ready_with_addresses(guided_id: str, stream: Stream, sent: Outbox) -> None:
    pack = packs.made(guided_id, stream, sent, "markdown")
    packs.order(guided_id, "pdf")
    assert guided.ask("PATCH", f"/{guided_id}", body={"visibility": "shared"}).status == 200
    token = guided.share(guided_id, "packs").json["token"]
    (shown,) = guided.look(token).json["packs"]
    assert (shown["id"], shown["sha256"]) == (pack["id"], pack["sha256"])
    assert "X-Amz-Signature" in shown["url"]


def test_a_deleted_workshop_takes_its_files_along(guided_id: str, stream: Stream, sent: Outbox) -> None:
    packs.made(guided_id, stream, sent, "json")
    assert packs.files()
    assert guided.ask("DELETE", f"/{guided_id}").status == 204
    packs.make_all(stream, sent)
    assert not packs.files()


def test_a_pack_is_forgotten_with_its_file(guided_id: str, stream: Stream, sent: Outbox) -> None:
    pack = packs.made(guided_id, stream, sent, "json")
    kept = packs.stored(guided_id, pack["id"])
    assert kept is not None
    assert kept.expires_at is not None
    a_year = 365 * 24 * 3600
    assert abs(kept.expires_at - kept.created_at.timestamp() - a_year) < 60
    BuildPack(*kept.key).update([BuildPack.expires_at.set(1)])
    assert guided.ask("GET", f"/{guided_id}/build-packs/{pack['id']}").status == 404
    assert guided.ask("GET", f"/{guided_id}/build-packs").json["items"] == []


def test_asking_takes_two_round_trips_and_reading_one(
    guided_id: str, requests_made: Callable[[], AbstractContextManager[Use]]
) -> None:
    with requests_made() as use:
        pack_id = packs.order(guided_id, key="k").json["id"]
    assert use.operations == ["BatchGetItem", "TransactWriteItems"]
    with requests_made() as use:
        packs.read(guided_id, pack_id)
    assert use.operations == ["BatchGetItem"]
    with requests_made() as use:
        guided.ask("GET", f"/{guided_id}/build-packs")
    assert use.operations == ["BatchGetItem", "Query"]


def test_making_takes_two_round_trips(
    guided_id: str, stream: Stream, sent: Outbox, requests_made: Callable[[], AbstractContextManager[Use]]
) -> None:
    packs.order(guided_id, "json")
    stream.run()
    (task,) = sent.to("packs")
    with requests_made() as use:
        assert packs.receive(task)
    assert use.operations == ["BatchGetItem", "UpdateItem"]


def test_a_suspended_person_makes_none(world: World, guided_id: str) -> None:
    path = f"/users/{id_of('owner')}"
    assert call("accounts", "PATCH", path, user="admin", groups=("admin",), body={"status": "suspended"}).status == 200
    assert packs.order(guided_id).code == "account_suspended"
    assert not [row for row in guided.under(guided_id) if isinstance(row, BuildPack)]
    assert table.read_one(("GUIDED#nothing", "#META")) is None
