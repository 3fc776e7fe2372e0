"""Injected faults: what a table, a network and a dying process can do to us, through botocore's own event hooks.

They sit below PynamoDB and above the network, so retries, timeouts and error handling are the real ones.
"""

import io
import json
import math
import random
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from atelier import table
from atelier.table import Item
from tests.counting import READS

PLAIN_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
LOST = "the answer is lost"
PASSING = ("ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError", LOST)
PASSING_OF = {
    "TransactWriteItems": (*PASSING, "TransactionCanceledException", "TransactionInProgressException"),
    **dict.fromkeys(PLAIN_WRITES, (*PASSING, "TransactionConflictException")),
}
STATUS_OF = {"InternalServerError": 500, "InternalFailure": 500, "ServiceUnavailable": 503}


class Killed(BaseException):
    """The process is gone at this point. Not an Exception, so nothing on the way can catch it."""


@dataclass(slots=True)
class Fault:
    """A fault and how often it struck."""

    struck: int = 0
    _seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strikes(self, first: int, times: float) -> bool:
        """Whether it strikes now: from the `first` occasion on, `times` times."""
        with self._lock:
            self._seen += 1
            if not first <= self._seen < first + times:
                return False
            self.struck += 1
            return True


def _client() -> Any:
    return table.connect().connection.client


@contextmanager
def _hooked(event: str, hook: Callable[..., Any]) -> Iterator[None]:
    events = _client().meta.events
    events.register(event, hook)
    try:
        yield
    finally:
        events.unregister(event, hook)


def _operation(event_name: str) -> str:
    return event_name.rsplit(".", 1)[-1]


@contextmanager
def killed_before(n: int) -> Iterator[Fault]:
    """The process dies before its n-th write (a transaction is one), counted from 1, is sent."""
    fault = Fault()

    def die(model: Any, **_: Any) -> None:
        if model.name not in READS and fault.strikes(n, 1):
            raise Killed(f"before write {n}, {model.name}")

    with _hooked("before-call.dynamodb", die):
        yield fault


@contextmanager
def killed_after(n: int) -> Iterator[Fault]:
    """The process dies when its n-th write is done and before it learns of it."""
    fault = Fault()

    def die(model: Any, **_: Any) -> None:
        if model.name not in READS and fault.strikes(n, 1):
            raise Killed(f"after write {n}, {model.name}")

    with _hooked("after-call.dynamodb", die):
        yield fault


@contextmanager
def overtaken(n: int, by: Callable[[], object], *, on: Collection[str] | None = None) -> Iterator[Fault]:
    """Something else happens before the n-th write is sent, which has been decided on by then."""
    fault = Fault()

    def overtake(model: Any, **_: Any) -> None:
        if (model.name in on if on is not None else model.name not in READS) and fault.strikes(n, 1):
            by()

    with _hooked("before-call.dynamodb", overtake):
        yield fault


@contextmanager
def after_each_write(look: Callable[[], object]) -> Iterator[Fault]:
    """Somebody looks after each write (a transaction is one), and so at every state in which the table ever is; what
    they write themselves does not count.
    """
    fault, looking = Fault(), threading.local()

    def stop_and_look(model: Any, **_: Any) -> None:
        if model.name in READS or getattr(looking, "now", False):
            return
        fault.strikes(1, math.inf)
        looking.now = True
        try:
            look()
        finally:
            looking.now = False

    with _hooked("after-call.dynamodb", stop_and_look):
        yield fault


@contextmanager
def answers_lost(n: int = 1, times: float = 1, *, on: Collection[str] | None = None) -> Iterator[Fault]:
    """The n-th write sent (`times` in all) is carried out, but its answer is lost: the client sees a read timeout."""
    fault = Fault()

    def lose(request: Any, event_name: str, **_: Any) -> None:
        name = _operation(event_name)
        if (name in on if on is not None else name not in READS) and fault.strikes(n, times):
            _client()._endpoint.http_session.send(request)  # noqa: SLF001 - below every hook
            raise ReadTimeoutError(endpoint_url=request.url)

    with _hooked("before-send.dynamodb", lose):
        yield fault


@contextmanager
def failing_with(
    code: str, times: float = 1, *, first: int = 1, on: Collection[str] | None = None, reasons: tuple[str, ...] = ()
) -> Iterator[Fault]:
    """DynamoDB answers with this error, from the `first` request on and `times` times, without doing anything.

    `on` names the operations; by default those the code can come from: TransactionConflictException from plain writes,
    TransactionCanceledException from transactions (with `reasons`, by default a conflict on the first item), others
    from all.
    """
    fault = Fault()
    wanted = on
    if wanted is None:
        wanted = {
            "TransactionConflictException": PLAIN_WRITES,
            "TransactionCanceledException": {"TransactWriteItems"},
        }.get(code)
    told = reasons or ("TransactionConflict", "None")

    def fail(request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        if (wanted is not None and _operation(event_name) not in wanted) or not fault.strikes(first, times):
            return None
        return _answer(request.url, STATUS_OF.get(code, 400), _error(code, told))

    with _hooked("before-send.dynamodb", fail):
        yield fault


@contextmanager
def failing_at_random(share: float, seed: int) -> Iterator[Fault]:
    """This share of all requests fails in a way that passes, some of them after they were carried out."""
    fault = Fault()
    chance = random.Random(seed)  # noqa: S311 - not a secret

    def fail(request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        if chance.random() >= share or not fault.strikes(1, float("inf")):
            return None
        name = _operation(event_name)
        code = chance.choice(PASSING_OF.get(name, PASSING))
        if code == LOST:
            _client()._endpoint.http_session.send(request)  # noqa: SLF001 - below every hook
            raise ReadTimeoutError(endpoint_url=request.url)
        return _answer(request.url, STATUS_OF.get(code, 400), _error(code, ("TransactionConflict", "None")))

    with _hooked("before-send.dynamodb", fail):
        yield fault


def _error(code: str, reasons: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": f"injected {code}"}
    if code == "TransactionCanceledException":
        told = ", ".join(reasons)
        body["message"] = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{told}]"
        body["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return body


class _Raw(io.BytesIO):
    """Bytes in the shape botocore reads an answer from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _answer(url: str, status: int, body: dict[str, Any]) -> AWSResponse:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "INJECTED"}
    return AWSResponse(url, status, headers, _Raw(json.dumps(body).encode()))


@contextmanager
def dead_table(mode: Literal["refused", "black-holed", "500"]) -> Iterator[None]:
    """The whole of DynamoDB is gone: no connection, a connection without an answer, or nothing but errors."""
    if mode == "500":
        with failing_with("InternalServerError", float("inf")):
            yield
        return
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        if mode == "black-holed":
            port.listen(64)
        alive, host = Item._connection, Item.Meta.host  # noqa: SLF001 - PynamoDB has no public way to swap it
        Item.Meta.host, Item._connection = f"http://127.0.0.1:{port.getsockname()[1]}", None  # noqa: SLF001
        try:
            table.connect()
            yield
        finally:
            Item.Meta.host, Item._connection = host, alive  # noqa: SLF001
