"""Agora's webhook: what is signed is queued as it came, what is not leaves no trace but a number."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from atelier import aws, bodies, queues
from atelier.agora import signatures
from atelier.agora.secrets import READ_AGAIN_AFTER_S, TRUSTED_FOR_S, MissingParametersError, SecretStore, WebhookSecrets
from atelier.agora.signatures import HEADER
from functions.recording_webhook import app
from tests.calling import World
from tests.counting import counted
from tests.messages import Outbox
from tests.notices import SECRET, came, post, sent, signature
from tests.workshops import everything

SEND = queues.send
"""What `queues.send` is outside of tests."""

NOTICES = "https://sqs.eu-central-1.amazonaws.com/000000000000/notices"
BODY = sent(came(103, "test-room", 7)).encode()


class ParameterStore:
    """Stands in for the parameter store: how often it was asked, what it holds, whether it answers."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.secrets = SECRET.decode()
        self.asked = 0
        self.fails = False

    def read(self) -> WebhookSecrets:
        self.asked += 1
        if self.fails:
            raise MissingParametersError("gone")
        return WebhookSecrets(self.secrets)


@pytest.fixture(autouse=True)
def store(table: str, monkeypatch: pytest.MonkeyPatch) -> ParameterStore:
    """The webhook's secrets come from here."""
    store = ParameterStore()
    monkeypatch.setattr(app, "webhook_secrets", SecretStore(store.read, lambda: store.now))
    return store


@pytest.fixture
def outbox(sent: Outbox) -> Outbox:
    """What was queued."""
    return sent


@pytest.fixture
def queue(dynamodb: str, table: str, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real queue for notices, in the emulator; gives its address."""
    monkeypatch.setattr(queues, "send", SEND)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", dynamodb)
    aws.client.cache_clear()
    url = aws.client("sqs").create_queue(QueueName=f"webhook-{table}")["QueueUrl"]
    monkeypatch.setenv("NOTICES_QUEUE_URL", url)
    yield url
    aws.client.cache_clear()


class TestASignedNotice:
    def test_is_queued_byte_for_byte_and_answered_with_an_empty_object(
        self, outbox: Outbox, counts: Counter[str]
    ) -> None:
        text = '{ "noticeId":"ü😀",\n\t"productId" : 1.0e0, "b":2,"a":1, "a":3 }'
        reply = post(text)
        assert (reply.status, reply.text) == (200, "{}")
        assert reply.headers["content-type"] == "application/json"
        assert [(message.queue_url, message.body) for message in outbox] == [(NOTICES, text)]
        assert counts == {"WebhookAccepted": 1}

    @pytest.mark.parametrize("body", [BODY, BODY.decode()], ids=["base64", "text"])
    def test_is_verified_over_the_bytes_that_were_sent_however_they_came(
        self, outbox: Outbox, body: bytes | str
    ) -> None:
        assert post(body).status == 200
        assert [message.body for message in outbox] == [BODY.decode()]

    def test_may_be_signed_with_any_secret(self, store: ParameterStore, outbox: Outbox) -> None:
        store.secrets = "old\nsecret\n of-another-product"
        assert [post(BODY, secret=secret).status for secret in (b"old", b"secret", b"of-another-product")] == [200] * 3
        assert len(outbox) == 3

    @pytest.mark.parametrize(
        "text", ["[]", "null", "7", "{", "no JSON", '{"productId":99,"eventType":1}', "\ufeff{}", " "], ids=repr
    )
    def test_is_not_judged_here_by_what_it_says(self, outbox: Outbox, text: str) -> None:
        assert post(text).status == 200
        assert len(outbox) == 1

    @pytest.mark.parametrize(
        "body", [b"\xff{}", b"{\x00}", b"{\x1b}", "\ufffe{}".encode(), b"", b"\xed\xa0\x80"], ids=repr
    )
    def test_that_no_queue_takes_is_counted_and_not_asked_for_again(
        self, outbox: Outbox, counts: Counter[str], body: bytes
    ) -> None:
        reply = post(body)
        assert (reply.status, reply.text) == (200, "{}")
        assert outbox == []
        assert counts == {"UnreadableNotice": 1}

    def test_of_the_largest_size_is_taken(self, outbox: Outbox) -> None:
        assert post(b"7" * bodies.MOST_BODY_BYTES).status == 200
        assert len(outbox) == 1


def altered(name: str) -> tuple[bytes, dict[str, str]]:
    """A notice whose signature does not fit, in the way that is named."""
    good = signature(BODY)
    return {
        "forged": (BODY, signature(BODY, b"guessed")),
        "body changed by one byte": (BODY[:-2] + b" " + BODY[-1:], good),
        "written anew": (json.dumps(json.loads(BODY)).encode(), good),
        "sha-1 only": (BODY, {"Agora-Signature": good["Agora-Signature"]}),
        "sha-1 as v2": (BODY, {"Agora-Signature-V2": good["Agora-Signature"]}),
        "without header": (BODY, {}),
        "header doubled": (BODY, {HEADER: ",".join([good["Agora-Signature-V2"]] * 2)}),
        "header under two names": (BODY, {HEADER: good["Agora-Signature-V2"], "Agora-Signature-V2": "x"}),
    }[name]


ALTERED = (
    "forged",
    "body changed by one byte",
    "written anew",
    "sha-1 only",
    "sha-1 as v2",
    "without header",
    "header doubled",
    "header under two names",
)


class TestWhatIsNotSigned:
    @pytest.mark.parametrize("how", ALTERED)
    def test_is_refused_without_a_trace_but_a_number(
        self, world: World, outbox: Outbox, counts: Counter[str], how: str
    ) -> None:
        world.workshop()
        before = everything()
        counts.clear()
        outbox.clear()
        with counted() as use:
            reply = post(*altered(how))
        assert (reply.status, reply.code) == (401, "bad_signature")
        assert (use.operations, outbox) == ([], [])
        assert everything() == before
        assert counts == {"WebhookForged": 1}

    def test_is_not_even_hashed_when_it_is_too_large(
        self, monkeypatch: pytest.MonkeyPatch, outbox: Outbox, store: ParameterStore
    ) -> None:
        hashed: list[int] = []

        def note(body: bytes, *_: Any) -> bool:
            hashed.append(len(body))
            return True

        monkeypatch.setattr(signatures, "is_signed", note)
        for size in (bodies.MOST_BODY_BYTES + 1, 300 * 1024):
            for body in (b"7" * size, "7" * size):
                reply = post(body)
                assert (reply.status, reply.code) == (413, "body_too_large")
        assert (hashed, outbox, store.asked) == ([], [], 0)
        assert post(b"7" * bodies.MOST_BODY_BYTES).status == 200
        assert hashed == [bodies.MOST_BODY_BYTES]


class TestSecrets:
    def test_a_new_one_works_at_once_when_they_were_read_a_while_ago(self, store: ParameterStore) -> None:
        assert post(BODY).status == 200
        store.secrets = "secret\nnew"
        store.now += app.SECRETS_ARE_NEW_FOR_S
        assert (post(BODY, secret=b"new").status, store.asked) == (401, 1)
        store.now += 1
        assert [post(BODY, secret=secret).status for secret in (b"new", b"secret", b"new")] == [200] * 3
        assert store.asked == 2

    def test_an_old_one_is_refused_once_it_is_gone_and_was_read_again(self, store: ParameterStore) -> None:
        assert post(BODY).status == 200
        store.secrets = "new"
        store.now += TRUSTED_FOR_S
        assert [post(BODY).status, post(BODY, secret=b"new").status] == [401, 200]

    def test_a_flood_of_forged_notices_reads_them_once_a_minute(
        self, store: ParameterStore, counts: Counter[str]
    ) -> None:
        for _ in range(300):
            assert post(BODY, secret=b"guessed").status == 401
            store.now += 1
        assert store.asked == 5
        assert counts["WebhookForged"] == 300

    def test_a_flood_reads_no_more_while_the_parameter_store_fails(self, store: ParameterStore) -> None:
        post(BODY)
        store.fails = True
        for _ in range(240):
            assert post(BODY, secret=b"guessed").status == 401
            assert post(BODY).status == 200
            store.now += 1
        assert store.asked <= 5

    def test_what_was_read_is_used_on_while_they_cannot_be_read(self, store: ParameterStore) -> None:
        post(BODY)
        store.fails, store.now = True, store.now + 3600
        assert [post(BODY).status, post(BODY, secret=b"guessed").status] == [200, 401]

    def test_without_any_agora_is_told_to_come_again(
        self, store: ParameterStore, outbox: Outbox, counts: Counter[str]
    ) -> None:
        store.fails = True
        reply = post(BODY)
        assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "notices_unavailable", "2")
        assert (outbox, counts["WebhookForged"]) == ([], 0)
        store.fails, store.now = False, store.now + READ_AGAIN_AFTER_S
        assert post(BODY).status == 200


class TestTheQueue:
    @pytest.mark.parametrize(
        "error",
        [
            ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessage"),
            ConnectTimeoutError(endpoint_url="https://sqs.example"),
            ReadTimeoutError(endpoint_url="https://sqs.example"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_that_does_not_take_it_makes_agora_come_again(
        self, monkeypatch: pytest.MonkeyPatch, counts: Counter[str], error: Exception
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr(queues, "send", fail)
        reply = post(BODY)
        assert (reply.status, reply.code) == (503, "notices_unavailable")
        assert counts == {}

    def test_is_asked_once_and_the_table_never(self, queue: str) -> None:
        asked: list[str] = []
        events = aws.client("sqs").meta.events
        events.register("before-send.sqs", lambda request, **_: asked.append(request.headers["X-Amz-Target"].decode()))
        with counted() as use:
            assert post(BODY).status == 200
        assert (asked, use.operations) == (["AmazonSQS.SendMessage"], [])
        [message] = aws.client("sqs").receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == BODY.decode()

    def test_takes_the_largest_body_that_is_taken(self, queue: str) -> None:
        assert post(b"7" * bodies.MOST_BODY_BYTES).status == 200
        [message] = aws.client("sqs").receive_message(QueueUrl=queue)["Messages"]
        assert len(message["Body"]) == bodies.MOST_BODY_BYTES

    def test_that_is_gone_makes_agora_come_again(self, queue: str) -> None:
        aws.client("sqs").delete_queue(QueueUrl=queue)
        assert post(BODY).code == "notices_unavailable"
