"""`make start`: build, deploy, people, data, front door; then the logs, until Ctrl-C."""

import errno
import fcntl
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TextIO

from local import mail, ministack
from local.agora_host import connect_bucket, describe_agora, start_agora
from local.agora_keys import put_agora_keys
from local.build import build_if_changed, take_view
from local.data import load_data
from local.deploy import deploy
from local.errors import LocalError
from local.front import Front
from local.logs import Console
from local.people import CAST, describe, find_pool, invite_cast
from local.places import REGION, Home, architecture
from local.reload import Reloader
from local.stack import Aws, Stack, write_stack

DEFAULT_PORT = 8080
HIGHEST_PORT = 65535
ORIGINS = "http://localhost:3000,http://localhost:5173,http://127.0.0.1:3000"
AGORA_PATH = "/atelier/agora"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EMULATOR_TABLE = "AWS::DynamoDB::Table"


@dataclass(frozen=True, slots=True)
class Options:
    """What a developer may choose."""

    port: int
    keep: bool
    quiet: bool
    reload: bool

    @classmethod
    def from_environment(cls) -> "Options":
        """PORT, KEEP, QUIET and RELOAD of the environment."""
        text = os.environ.get("PORT") or str(DEFAULT_PORT)
        if not text.isdigit() or int(text) > HIGHEST_PORT:
            raise LocalError(f"PORT={text} is not a port; give a number from 0 (any free one) to {HIGHEST_PORT}.")
        return cls(int(text), keep=_is_set("KEEP"), quiet=_is_set("QUIET"), reload=_is_set("RELOAD", "1"))


def _is_set(name: str, default: str = "") -> bool:
    return os.environ.get(name, default) not in {"", "0", "no", "false"}


class _Stop(BaseException):
    """Somebody wants the cloud to end."""


def _stop(*_: Any) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # stopping is under way; a second Ctrl-C would break it off
    raise _Stop


def _stop_with(pid: int) -> None:
    """End this cloud when the process it was started for is gone, even if that was killed."""
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            os.kill(os.getpid(), signal.SIGTERM)
            return
        time.sleep(1)


def start(home: Home) -> None:
    """Run a local cloud until told to stop."""
    options = Options.from_environment()
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    if watched := os.environ.get("STOP_WITH_PID"):
        threading.Thread(target=_stop_with, args=(int(watched),), daemon=True, name="watch").start()
    console = Console(quiet=options.quiet)
    home.path.mkdir(parents=True, exist_ok=True)
    with suppress(_Stop), ExitStack() as cleanup:
        cleanup.callback(console.say, "Stopped.")
        cleanup.enter_context(_sole_owner(home))
        home.stack_file.unlink(missing_ok=True)
        front = _open_front(options.port, console)
        cleanup.callback(front.stop)
        if build_if_changed():
            console.say("Built.")
        view = take_view(home)
        shutil.rmtree(home.scratch, ignore_errors=True)
        cleanup.callback(shutil.rmtree, home.scratch, ignore_errors=True)
        emulator = ministack.start(
            home, console.tell_invocation, port=_kept_port(home) if options.keep else None, keep=options.keep
        )
        cleanup.callback(emulator.stop)
        if options.keep:
            (home.kept_data / "port").write_text(str(emulator.port))
        agora = start_agora(put_agora_keys(emulator, AGORA_PATH), front.url)
        cleanup.callback(agora.stop)
        wanted = {
            "PublicUrl": front.url,
            "Architecture": architecture(),
            "AllowedOrigins": ORIGINS,
            "AgoraParameterPath": AGORA_PATH,
            "AgoraUrls": agora.url,
            "MailFrom": mail.SENDER,
            "MailIdentity": mail.DOMAIN,
        }
        mail.open_mail(emulator)
        deployment = deploy(emulator, view, wanted)
        console.name_functions(deployment.functions())
        lanes = front.start(deployment.physical("AWS::ApiGatewayV2::Api"), emulator.port)
        connect_bucket(agora, emulator, deployment.named("RecordingsBucket"))
        pool = find_pool(emulator.url)
        pool.open_for_passwords()
        invite_cast(pool)
        stack = Stack(
            api=front.url,
            users={},
            agora=describe_agora(agora),
            aws=Aws(endpoint_url=emulator.url, region=REGION, table=deployment.physical(EMULATOR_TABLE)),
        )
        with console.muted():
            stack["users"] = describe(pool, front.url, CAST)
            load_data(stack)
        if options.reload:
            reloader = Reloader(emulator.client("lambda"), deployment, view.artefacts, lanes, console)
            reloader.start()
            cleanup.callback(reloader.stop)
        cleanup.callback(home.stack_file.unlink, missing_ok=True)
        write_stack(home.stack_file, stack)
        _greet(console, stack, home)
        emulator.process.wait()
        raise LocalError(f"The emulator ended by itself; see {home.emulator_log}.")


def _greet(console: Console, stack: Stack, home: Home) -> None:
    address = stack["api"].removesuffix("/v1")
    console.say(f"\nAPI    {stack['api']}\nDocs   {address}/docs\nMail   {address}/mail")
    console.say(f"AWS    {stack['aws']['endpoint_url']}")
    console.say(f"Agora  {stack['agora']['url']}/_simulator/state\nStack  {home.stack_file}\n")
    console.say(f"{'user':8}{'id':24}token (24 h; a fresh one: python -m local token NAME)")
    for name, user in stack["users"].items():
        console.say(f"{name:8}{user['id']:24}{user['token']}")
    console.say("\nReady. Edits in functions/ and shared/ go live as you save. Ctrl-C stops everything.\n")


def _open_front(port: int, console: Console) -> Front:
    try:
        return Front(port, console.tell_request)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise LocalError(
                f"Port {port} is taken. Stop what listens there, or choose another: PORT=8081 make start "
                "(PORT=0 takes any free one)."
            ) from None
        if error.errno == errno.EACCES:
            raise LocalError(f"Port {port} is not yours to take; choose one above 1023.") from None
        raise


def _kept_port(home: Home) -> int | None:
    """The emulator's port of the kept run, if it is free: queue addresses in kept data name it."""
    try:
        port = int((home.kept_data / "port").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return port if ministack.is_free(port) else None


@contextmanager
def _sole_owner(home: Home) -> Iterator[TextIO]:
    with home.lock_file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                f"A local cloud already runs from {home.path}. Stop it with Ctrl-C in its terminal, "
                "or start another one with ATELIER_LOCAL_DIR=<folder> PORT=0 make start."
            ) from None
        yield lock
