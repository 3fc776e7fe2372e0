"""`stack.json`, and the made-up Agora project's token read back."""

import json
import threading
from pathlib import Path

import pytest

from atelier.agora.tokens import Credentials, Role, build_token
from local.agora_token import read_token
from local.errors import LocalError
from local.stack import Agora, Aws, Stack, read_stack, write_stack


def stack(port: int) -> Stack:
    return Stack(
        api=f"http://127.0.0.1:{port}/v1",
        users={},
        agora=Agora(url="http://127.0.0.1:2", app_id="a" * 32, app_certificate="b" * 32, webhook_secret="c"),
        aws=Aws(endpoint_url="http://127.0.0.1:1", region="eu-central-1", table="t"),
    )


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    write_stack(file, stack(1))
    assert read_stack(file) == stack(1)
    assert list(json.loads(file.read_text())) == ["api", "users", "agora", "aws"]
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


def test_without_a_running_cloud_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="make start"):
        read_stack(tmp_path / "stack.json")


def test_nobody_reads_half_of_it(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    write_stack(file, stack(0))
    done = threading.Event()

    def write() -> None:
        for port in range(200):
            write_stack(file, stack(port))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert read_stack(file)["agora"]["app_id"] == "a" * 32
    writer.join()


def test_a_token_is_read_back() -> None:
    token = build_token(
        Credentials("a1" * 16, "b2" * 16),
        channel="wks-1",
        uid=77,
        role=Role.PUBLISHER,
        lifetime_s=600,
        issued_at=1_800_000_000,
    )
    content = read_token(token)
    assert (content["app_id"], content["channel"], content["uid"]) == ("a1" * 16, "wks-1", 77)
    assert content["lifetime_s"] == 600
    assert content["privileges"] == {
        "join channel": 600, "publish audio": 600, "publish video": 600, "publish data stream": 600,
    }  # fmt: skip
