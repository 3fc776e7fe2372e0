"""What the benchmarks stand on: an emulated table with people, workshops, and handlers to call."""

import importlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier import clock, observability
from atelier.accounts.items import Profile, profile_key
from atelier.table import Item
from tests import emulator
from tests.calling import Context, World, event, id_of
from tests.conftest import forget, point_at

TABLE = "atelier-bench"

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """A table, and where it is."""

    address: str
    table_name: str
    world: World


@contextmanager
def ready() -> Iterator[Place]:
    """A table of our own for as long as the block lasts. The handlers' log lines go nowhere."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atelier-bench-")))
        address = stack.enter_context(emulator.running(folder / "emulator.log"))
        emulator.client(address).create_table(TableName=TABLE, **emulator.table_definition())
        emulator.client(address, "sqs").create_queue(QueueName=TABLE)
        sink = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        observability.logger.registered_handler.setStream(sink)  # type: ignore[attr-defined]
        point_at(address, TABLE)
        stack.callback(forget)
        yield Place(address, TABLE, World(TABLE))


def handler(function: str) -> Handler:
    """The Lambda handler of functions/<function>/app.py."""
    found: Handler = importlib.import_module(f"functions.{function}.app").lambda_handler
    return found


def request(method: str, path: str, user: str, **parts: Any) -> tuple[dict[str, Any], Context]:
    """The event of one request and its context, made beforehand so that nobody's time goes into it."""
    made = event(method, path, user=user, **parts)
    return made, Context("bench", made["requestContext"]["requestId"])


def meet(users: list[str]) -> None:
    """Gives people profiles, many at once."""
    now = clock.whole_seconds(clock.now())
    with Item.batch_write() as batch:
        for user in users:
            person = id_of(user)
            batch.save(
                Profile(
                    *profile_key(person),
                    user_id=person,
                    display_name=user,
                    avatar_color="#2f6f4f",
                    created_at=now,
                    updated_at=now,
                )
            )
