"""The ground the tests stand on: one emulator per test process, one fresh table per test."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from atelier import queues, settings
from atelier.table import Item, connect
from tests import emulator
from tests.calling import World
from tests.counting import Use, counted
from tests.messages import Outbox

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION=emulator.REGION,
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_SERVICE_NAME="atelier",
    POWERTOOLS_METRICS_NAMESPACE="Atelier",
    NOTICES_QUEUE_URL="https://sqs.eu-central-1.amazonaws.com/000000000000/notices",
    DELIVERIES_QUEUE_URL="https://sqs.eu-central-1.amazonaws.com/000000000000/deliveries",
    PACKS_QUEUE_URL="https://sqs.eu-central-1.amazonaws.com/000000000000/packs",
    PACKS_BUCKET="atelier-packs",
    BUILD_PACK_RETENTION_DAYS="365",
    RECORDER_QUEUE_URL="https://sqs.eu-central-1.amazonaws.com/000000000000/recorder",
)

_numbers = itertools.count(1)
_clients: dict[str, Any] = {}


@pytest.fixture(scope="session")
def dynamodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of this process's emulator."""
    with emulator.running(tmp_path_factory.mktemp("emulator") / "emulator.log") as address:
        yield address


@pytest.fixture(scope="session")
def dynamodb_client(dynamodb: str) -> Any:
    """A client for making and dropping tables, which no test counts or breaks."""
    return emulator.client(dynamodb)


@pytest.fixture
def table(dynamodb: str, dynamodb_client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A fresh table, deployed keys and indexes, and the layer connected to it; gives its name."""
    name = f"atelier-{os.getpid()}-{next(_numbers)}"
    dynamodb_client.create_table(TableName=name, **emulator.table_definition())
    monkeypatch.setenv("TABLE_NAME", name)
    point_at(dynamodb, name)
    yield name
    forget()
    dynamodb_client.delete_table(TableName=name)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """What would have been sent to queues: there are none here."""
    outbox = Outbox()
    monkeypatch.setattr(queues, "send", outbox.send)
    monkeypatch.setattr(queues, "send_many", outbox.send_many)
    return outbox


@pytest.fixture
def world(table: str) -> World:
    """People, and quick ways to what they make."""
    return World(table)


@pytest.fixture
def requests_made(table: str) -> Callable[[], AbstractContextManager[Use]]:
    """`with requests_made() as use:` counts what is asked of the table meanwhile."""
    return counted


def point_at(address: str, name: str) -> None:
    """Connects the layer to a table. The client is made once per address: making one takes longer than most tests."""
    forget()
    Item.Meta.host, Item.Meta.region, Item.Meta.table_name = address, emulator.REGION, name
    connection = Item._get_connection().connection  # noqa: SLF001
    connection._client = _clients.get(address)  # noqa: SLF001
    _clients[address] = connection.client
    connect()


def forget() -> None:
    """Takes the layer back to where a new process stands: no settings read, no connection."""
    settings.forget()
    Item.Meta.table_name = None
    Item._connection = None  # noqa: SLF001 - PynamoDB has no public way to drop a connection
    for kind in _kinds(Item):
        if "_connection" in vars(kind):
            del kind._connection  # noqa: SLF001


def _kinds(kind: type[Item]) -> Iterator[type[Item]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)
