"""Build packs over HTTP: asked for, made by the queue, fetched at their addresses."""

import hashlib
from functools import partial

import httpx

from tests.e2e.api import Api
from tests.e2e.scenes import eventually, need

OUTPUT = {"people": [{"name": "Jürgen", "said": "我忘了。"}, {"name": "지우", "said": "🙂"}]}


def _status(api: Api, who: str, address: str) -> str:
    return str(need(api(who, "GET", address), 200)["status"])


def test_the_three_packs_are_made_and_fetched_by_whoever_has_the_address(api: Api) -> None:
    owner, viewer = api.people(2)
    made = need(api(owner, "POST", "/guided-workshops", {"title": "Übergabe"}), 201)
    path = f"/guided-workshops/{made['id']}"
    need(api(owner, "PATCH", f"{path}/steps/empathize", {"output": OUTPUT}), 200)
    need(api(owner, "PUT", f"{path}/members/{api.id(viewer)}", {"role": "viewer"}), 201)
    digests = set()
    for format_type, magic in (("markdown", b"# "), ("json", b"{"), ("pdf", b"%PDF-"), ("pdf", b"%PDF-")):
        pack = need(api(owner, "POST", f"{path}/build-packs", {"format_type": format_type}), 201)
        address = f"{path}/build-packs/{pack['id']}"
        eventually(partial(_status, api, viewer, address), "ready")
        ready = need(api(viewer, "GET", address), 200)
        file = httpx.get(ready["url"], timeout=20)
        assert file.status_code == 200
        assert file.content.startswith(magic)
        assert "filename*=UTF-8''%C3%9Cbergabe." in file.headers["content-disposition"]
        assert hashlib.sha256(file.content).hexdigest() == ready["sha256"]
        digests.add(ready["sha256"])
    assert len(digests) == 3
    assert api(viewer, "POST", f"{path}/build-packs", {"format_type": "pdf"}).status_code == 403
