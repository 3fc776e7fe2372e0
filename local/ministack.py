"""The emulator as a child process: started on a free loopback port, watched, and stopped for good."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from local.errors import LocalError
from local.places import EMULATOR_PYTHON, REGION, Home

LOG_MARK = "\x1e"
ROOT_KEY = "test"
READY_SECONDS = 30.0
STOP_SECONDS = 10.0
GROUP_SECONDS = 3.0

type LogListener = Callable[[str], None]


def free_port() -> int:
    """A loopback port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether nobody listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def environment(home: Home, port: int, *, keep: bool) -> dict[str, str]:
    """What the emulator, and through it every function, finds in its environment: nothing of the developer's."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(home.scratch),
        "HOME": str(home.scratch),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "PYTHONDONTWRITEBYTECODE": "1",
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home.scratch}/no-docker.sock",
        "LOG_LEVEL": "WARNING",
        "PERSIST_STATE": "1" if keep else "0",
        "STATE_DIR": str(home.kept_data if keep else home.scratch / "state"),
        "LOCAL_PARENT": str(os.getpid()),
    }


@dataclass(slots=True)
class MiniStack:
    """A running emulator."""

    process: subprocess.Popen[str]
    port: int
    reader: threading.Thread

    @property
    def url(self) -> str:
        """Where every emulated AWS service listens."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        """A boto3 client that talks to the emulator as the account's root."""
        return aws_client(service, self.url)

    def stop(self) -> None:
        """Ask it and the functions it runs to end, and insist if they do not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        # The functions' processes are of its group, and outlive it by a moment.
        deadline = time.monotonic() + GROUP_SECONDS
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
            while time.monotonic() < deadline:
                os.killpg(self.process.pid, 0)
                time.sleep(0.02)
            os.killpg(self.process.pid, signal.SIGKILL)
        self.reader.join(timeout=2)


def aws_client(service: str, url: str) -> Any:
    """A boto3 client for an emulator's address."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_KEY,
        config=Config(max_pool_connections=16, retries={"max_attempts": 2}, read_timeout=60),
    )


def start(home: Home, listener: LogListener, *, port: int | None = None, keep: bool = False) -> MiniStack:
    """Start the emulator and wait until it answers.

    Raises:
        LocalError: its environment is missing, or it did not come up.
    """
    if not EMULATOR_PYTHON.exists():
        raise LocalError(
            f"The emulator's environment is missing ({EMULATOR_PYTHON.parent.parent}). "
            "`make start` sets it up; run that, or `make setup`, once."
        )
    home.scratch.mkdir(parents=True, exist_ok=True)
    if keep:
        home.kept_data.mkdir(parents=True, exist_ok=True)
    chosen = port or free_port()
    process = subprocess.Popen(
        # -P: a script's own folder on the path would put our modules before the emulator's.
        [str(EMULATOR_PYTHON), "-P", str(Path(__file__).with_name("emulator.py"))],
        cwd=home.scratch,
        env=environment(home, chosen, keep=keep),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Its own process group: Ctrl-C in a terminal reaches only us, and we stop it in order.
        start_new_session=True,
    )
    reader = threading.Thread(target=_read, args=(process, home, listener), daemon=True)
    reader.start()
    emulator = MiniStack(process, chosen, reader)
    try:
        _wait_until_ready(emulator, home)
    except BaseException:
        emulator.stop()
        raise
    return emulator


def _read(process: subprocess.Popen[str], home: Home, listener: LogListener) -> None:
    """Sort what the emulator prints: functions' logs to the listener, its own words to a file."""
    with home.emulator_log.open("w", encoding="utf-8") as own_words:
        for line in process.stdout or ():
            if line.startswith(LOG_MARK):
                listener(line[len(LOG_MARK) :])
            else:
                own_words.write(line)
                own_words.flush()


def _wait_until_ready(emulator: MiniStack, home: Home) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if emulator.process.poll() is not None:
            emulator.reader.join(timeout=2)
            said = home.emulator_log.read_text(encoding="utf-8").strip().splitlines()[-5:]
            raise LocalError("The emulator ended at once. It said:\n  " + "\n  ".join(said))
        try:
            httpx.get(f"{emulator.url}/_ministack/health", timeout=2)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise LocalError(f"The emulator did not answer within {READY_SECONDS:.0f} s; see {home.emulator_log}.")
