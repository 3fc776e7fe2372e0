"""One local cloud for the whole end-to-end run, however many processes share the work.

ATELIER_STACK=<path of a stack.json> makes the suite use a cloud that runs already.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.people import PASSWORD, find_pool
from local.places import ROOT
from local.stack import Stack, read_stack
from tests.e2e.api import Api

READY_SECONDS = 300.0
STOP_SECONDS = 30.0


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The stack's file and the odd tokens, made by whichever process comes first."""
    if given := os.environ.get("ATELIER_STACK"):
        yield {"stack": given, "tokens": _odd_tokens(read_stack(Path(given)))}
        return
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    note = shared / "local-cloud.json"
    with _locked(note):
        run = json.loads(note.read_text()) if note.exists() else _start(shared)
        run["users"] += 1
        note.write_text(json.dumps(run))
    yield run
    with _locked(note):
        run = json.loads(note.read_text())
        run["users"] -= 1
        note.write_text(json.dumps(run))
        if run["users"] == 0:
            note.unlink()
            _stop(run["pid"])


@pytest.fixture(scope="session")
def stack(shared_run: dict[str, Any]) -> Stack:
    """The description of the running cloud."""
    return read_stack(Path(shared_run["stack"]))


@pytest.fixture(scope="session")
def odd_tokens(shared_run: dict[str, Any]) -> dict[str, str]:
    """Tokens that must not open anything: `expired`, `other_audience`, `forged`."""
    tokens: dict[str, str] = shared_run["tokens"]
    return tokens


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[Api]:
    """A client of the running cloud."""
    client = Api(stack)
    yield client
    client.http.close()


def _start(folder: Path) -> dict[str, Any]:
    """Start a cloud of our own on a free port and wait for its description."""
    home = folder / "local-cloud"
    log = folder / "local-cloud.log"
    # The process that lives as long as the run: under xdist, the workers' parent.
    watched = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    environ = os.environ | {
        "ATELIER_LOCAL_DIR": str(home),
        "PORT": "0",
        "KEEP": "",
        "QUIET": "1",
        "RELOAD": "0",  # the tests are about the code they began with
        "STOP_WITH_PID": str(watched),
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "start"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + READY_SECONDS
    while not (home / "stack.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise RuntimeError(f"The local cloud did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.1)
    process.returncode = 0  # another process of this run may be the one to stop it, and waits until nothing is left
    threading.Thread(target=os.waitpid, args=(process.pid, 0), daemon=True).start()
    stack_file = home / "stack.json"
    return {
        "stack": str(stack_file),
        "pid": process.pid,
        "users": 0,
        "tokens": _odd_tokens(read_stack(stack_file)),
    }


def _stop(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)


def _odd_tokens(stack: Stack) -> dict[str, str]:
    """Made before anybody else signs in: the expired one needs the client's lifetime cut for a moment."""
    pool = find_pool(stack["aws"]["endpoint_url"])
    pool.let_tokens_live(1, "seconds")
    expired = pool.token("ana")
    pool.open_for_passwords()
    other = pool.cognito.create_user_pool_client(
        UserPoolId=pool.pool_id, ClientName="another", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    answer = pool.cognito.admin_initiate_auth(
        UserPoolId=pool.pool_id,
        ClientId=other["UserPoolClient"]["ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": pool.sign_in_name("ana"), "PASSWORD": PASSWORD},
    )
    head, claims, signature = stack["users"]["ana"]["token"].split(".")
    flipped = ("A" if signature[9] != "A" else "B").join((signature[:9], signature[10:]))
    time.sleep(1.1)
    return {
        "expired": expired,
        "other_audience": answer["AuthenticationResult"]["AccessToken"],
        "forged": f"{head}.{claims}.{flipped}",
    }


@contextmanager
def _locked(note: Path) -> Iterator[None]:
    with note.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
