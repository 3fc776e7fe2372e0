"""The ground the tests stand on: the emulator does not outlive who started it, and counts what it is asked."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from atelier import table
from atelier.accounts.items import UsernameGuard
from atelier.table import Item
from tests import emulator
from tests.counting import counted
from tests.template import ROOT

_PARENT = """
import sys, time
from pathlib import Path
from tests import emulator
with emulator.running(Path(sys.argv[1])) as address:
    print(address, flush=True)
    time.sleep(60)
"""


def _listens(address: str) -> bool:
    parts = urlsplit(address)
    with socket.socket() as probe:
        return probe.connect_ex((str(parts.hostname), parts.port or 0)) == 0


def test_an_emulator_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        address = parent.stdout.readline().strip()
        assert _listens(address)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while _listens(address) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _listens(address)


def test_an_emulator_is_reached_from_this_machine_only(dynamodb: str) -> None:
    assert urlsplit(dynamodb).hostname == "127.0.0.1"


def test_each_test_has_a_table_of_its_own_with_the_template_s_indexes(table: str, dynamodb: str) -> None:
    described = emulator.client(dynamodb).describe_table(TableName=table)["Table"]
    assert described["ItemCount"] == 0
    assert {index["IndexName"] for index in described["GlobalSecondaryIndexes"]} == set(Item._indexes)  # noqa: SLF001


def test_what_is_asked_is_counted_with_its_capacity(dynamodb: str, world: object) -> None:
    with counted() as use:
        table.read_one(("a", "b"))
        table.read_one(("a", "b"), consistent=False)
        table.put_if_absent(UsernameGuard("a", "b", user_id="usr_x"))
    assert use.operations == ["GetItem", "GetItem", "PutItem"]
    assert (use.read_units, use.write_units) == (1.5, 1.0)
    assert (use.reads, use.writes, use.attempts) == (["GetItem"] * 2, ["PutItem"], 3)
