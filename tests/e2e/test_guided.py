"""Guided workshops over HTTP: a team, two editors at one step, a link without an account, a deletion."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.e2e.api import Api
from tests.e2e.scenes import Table, eventually, need, pages, refused

STEPS = ["empathize", "define", "ideate", "prototype", "test", "prioritize", "architect", "spec", "story", "pack"]
LARGEST = "x" * (200 * 1024 - 2)


def _make(api: Api, owner: str, **fields: object) -> str:
    """The path of a new guided workshop."""
    made = need(api(owner, "POST", "/guided-workshops", {"title": "A better waiting room", **fields}), 201)
    return f"/guided-workshops/{made['id']}"


def test_a_team_works_through_its_steps(api: Api) -> None:
    owner, editor, viewer, stranger = api.people(4)
    path = _make(api, owner, mode="strict")
    need(api(owner, "PUT", f"{path}/members/{api.id(editor)}", {"role": "editor"}), 201)
    need(api(owner, "PUT", f"{path}/members/{api.id(viewer)}", {"role": "viewer"}), 201)
    assert [step["step_id"] for step in need(api(viewer, "GET", f"{path}/steps"), 200)["items"]] == STEPS
    refused(api(editor, "PATCH", f"{path}/steps/define", {"output": 1}), 409, "step_locked")
    output = {"people": ["Irma"], "größe": 1.5, "无": None}
    done = need(api(editor, "PATCH", f"{path}/steps/empathize", {"output": output, "status": "complete"}), 200)
    assert (done["output"], done["status"]) == (output, "complete")
    refused(api(viewer, "PATCH", f"{path}/steps/define", {"output": 1}), 403, "not_allowed")
    refused(api(stranger, "GET", f"{path}/steps"), 404, "not_found")
    refused(api(owner, "DELETE", f"{path}/members/{api.id(owner)}"), 409, "last_owner")
    need(api(editor, "DELETE", f"{path}/members/{api.id(editor)}"), 204)
    refused(api(editor, "GET", path), 404, "not_found")
    session = need(api(owner, "POST", f"{path}/sessions"), 201)
    assert need(api(owner, "POST", f"{path}/sessions/{session['id']}/end"), 200)["ended_at"]
    assert [one["id"] for page in pages(api, viewer, f"{path}/sessions?limit=1") for one in page] == [session["id"]]
    listed = [one for page in pages(api, viewer, "/guided-workshops?limit=1") for one in page]
    assert [(one["id"], one["my"]) for one in listed] == [(path.rpartition("/")[2], {"role": "viewer"})]


def test_of_two_editors_at_once_one_is_told_and_nothing_is_lost(api: Api) -> None:
    owner, editor = api.people(2)
    path = _make(api, owner)
    need(api(owner, "PUT", f"{path}/members/{api.id(editor)}", {"role": "editor"}), 201)
    step = f"{path}/steps/define"
    tag = api(owner, "GET", step).headers["etag"]

    def write(who: str) -> httpx.Response:
        return api(who, "PATCH", step, {"output": who}, headers={"If-Match": tag})

    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip((owner, editor), pool.map(write, (owner, editor)), strict=True))
    assert sorted(answer.status_code for answer in answers.values()) == [200, 412]
    (winner,) = (who for who, answer in answers.items() if answer.status_code == 200)
    assert need(api(owner, "GET", step), 200)["output"] == winner


def test_ten_full_steps_are_written_and_read(api: Api) -> None:
    owner = api.person()
    path = _make(api, owner)
    for step in STEPS:
        assert need(api(owner, "PATCH", f"{path}/steps/{step}", {"output": LARGEST}), 200)["revision"] == 1
    assert [step["output"] for step in need(api(owner, "GET", f"{path}/steps"), 200)["items"]] == [LARGEST] * 10
    refused(api(owner, "PATCH", f"{path}/steps/define", {"output": f"{LARGEST}x"}), 422, "validation_failed")
    refused(api(owner, "PATCH", f"{path}/steps/define", {"output": LARGEST * 2}), 413, "body_too_large")


def test_a_link_shows_a_shared_workshop_until_it_is_revoked_and_a_deletion_clears_all_away(api: Api) -> None:
    owner = api.person()
    path = _make(api, owner, visibility="shared")
    need(api(owner, "PATCH", f"{path}/steps/define", {"output": "quiet"}), 200)
    key = {"Idempotency-Key": "once"}
    made = api(owner, "POST", f"{path}/share-links", {"scope": ["steps", "packs"]}, headers=key)
    again = api(owner, "POST", f"{path}/share-links", {"scope": ["steps", "packs"]}, headers=key)
    link = need(made, 201)
    assert (again.json(), again.headers["idempotency-replayed"]) == (link, "true")
    shown = httpx.get(link["url"], timeout=60)
    assert need(shown, 200)["steps"][1]["output"] == "quiet"
    assert (shown.headers["referrer-policy"], shown.headers["cache-control"]) == ("no-referrer", "no-store")
    [listed] = need(api(owner, "GET", f"{path}/share-links"), 200)["items"]
    assert (listed["access_count"], "token" in listed) == (1, False)
    need(api(owner, "DELETE", f"{path}/share-links/{link['id']}"), 204)
    refused(httpx.get(link["url"], timeout=60), 404, "not_found")
    other = need(api(owner, "POST", f"{path}/share-links", {"scope": ["steps"]}), 201)
    need(api(owner, "DELETE", path), 204)
    refused(httpx.get(other["url"], timeout=60), 404, "not_found")
    refused(api(owner, "GET", path), 404, "not_found")
    eventually(lambda: Table(api.stack).items(f"GUIDED#{path.rpartition('/')[2]}"), [])
