"""The stream of the table under test, a bucket beside it, live rooms, and what is counted."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from atelier import aws, clock, observability
from atelier.agora.secrets import SecretStore
from functions.tokens import app as tokens
from tests import emulator, packs
from tests.agora_simulator import Agora, running
from tests.calling import World
from tests.deliveries import Letters, deliver
from tests.live import Live, queued_by
from tests.messages import Outbox
from tests.recordings import BUCKET
from tests.rooms import CREDENTIALS
from tests.streaming import Stream


@pytest.fixture
def stream(dynamodb: str, table: str) -> Stream:
    """The table's stream, from now on: it runs when the test says so."""
    return Stream(dynamodb, table)


@pytest.fixture
def bucket(dynamodb: str, table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The emulator's S3 with an empty bucket for recordings, which the layer reaches; gives a client."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", dynamodb)
    monkeypatch.setenv("RECORDINGS_BUCKET", BUCKET)
    aws.client.cache_clear()
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": emulator.REGION})
    yield client
    for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        client.delete_object(Bucket=BUCKET, Key=entry["Key"])
    client.delete_bucket(Bucket=BUCKET)
    aws.client.cache_clear()


@pytest.fixture
def pack_files(dynamodb: str, table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The emulator's S3 with an empty bucket for build packs, which the layer reaches."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", dynamodb)
    aws.client.cache_clear()
    client = aws.client("s3")
    client.create_bucket(Bucket=packs.BUCKET, CreateBucketConfiguration={"LocationConstraint": emulator.REGION})
    yield
    for key in packs.files():
        client.delete_object(Bucket=packs.BUCKET, Key=key)
    client.delete_bucket(Bucket=packs.BUCKET)
    aws.client.cache_clear()


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the functions' metrics were told."""
    counter: Counter[str] = Counter()
    monkeypatch.setattr(observability, "count", lambda name, amount=1: counter.update({name: amount}))
    return counter


@pytest.fixture
def live(table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """Live rooms at an Agora of their own, whose time begins now."""
    with running() as agora:
        agora.clock.now = float(int(time.time()))
        live = Live(agora)
        queued_by(live, monkeypatch)
        yield live


@pytest.fixture
def agora(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agora]:
    """An Agora whose time begins now, for tokens that the API signs."""
    monkeypatch.setenv("AGORA_PARAMETER_PATH", "/studio/agora")
    monkeypatch.setattr(tokens, "credentials", SecretStore(lambda: CREDENTIALS))
    with running() as agora:
        agora.clock.now = time.time()
        yield agora


@pytest.fixture
def after(world: World, stream: Stream, sent: Outbox) -> Any:
    """Lets everything follow from what has happened; forgets what was told before when asked to."""

    def follow(letters: Letters | None = None) -> None:
        for _ in range(3):
            stream.run()
            deliver(sent, clock.now(), letters)

    return follow
