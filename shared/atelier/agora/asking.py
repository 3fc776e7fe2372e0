"""Asking Agora's REST API: credentials, timeouts, the second host, and what is told of failures.

A request is tried once, and once more at the second host after an outage; nothing here waits or loops. Nothing secret
is logged or stands in an error, even if Agora's answer repeats it.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from atelier import observability
from atelier.agora.rest_errors import AgoraError, AlreadyStartedError, OutageError, kind_of_failure

if TYPE_CHECKING:
    import urllib3

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 5.0
MOST_BYTES = 1 << 20
"""An answer is read so far and no further; 10,000 uids take a tenth of it."""

OK = 200
_MOST_REASON = 200
_LIMITED_EVERYWHERE = frozenset({400, 429})
"""The limits of an account hold at both hosts."""

_SECRET_KEYS = frozenset({"token", "accessKey", "secretKey", "stsToken"})


class Line:
    """A line to Agora. urls: its hosts, the preferred one first. name, secret: of Agora's customer, for HTTP Basic."""

    def __init__(self, name: str, secret: str, urls: Sequence[str], pool: "urllib3.PoolManager | None") -> None:
        self._urls = [url.rstrip("/") for url in urls][:2]
        if not all(self._urls) or not self._urls:
            raise ValueError("Agora needs an address")
        self._pool = pool
        credentials = base64.b64encode(f"{name}:{secret}".encode()).decode("ascii")
        self._hidden = {secret, credentials}
        self._headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}

    def ask(self, call: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer, from the second host if the first one is out of order. call: its name, for the log.

        Raises the errors of `rest_errors`.
        """
        try:
            return self._ask_host(self._urls[0], call, method, path, body)
        except OutageError as error:
            if len(self._urls) == 1 or error.status in _LIMITED_EVERYWHERE:
                raise
        return self._ask_host(self._urls[1], call, method, path, body)

    def _ask_host(self, host: str, call: str, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        # Only who asks Agora loads it.
        import urllib3  # noqa: PLC0415

        if self._pool is None:
            self._pool = urllib3.PoolManager()
        failure: AgoraError
        try:
            response = self._pool.request(
                method,
                host + path,
                body=None if body is None else json.dumps(body).encode(),
                headers=self._headers,
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            raw = response.read(MOST_BYTES + 1)
            if len(raw) > MOST_BYTES:
                response.close()
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            # Only the kind: the message of a connection's failure holds the address and may grow to hold more.
            failure = OutageError(reason=type(error).__name__)
            _tell(call, host, failure, {})
            raise failure from None
        answer = _parsed(raw)
        if response.status == OK and answer is not None:
            return answer
        failure = _failure(call, response.status, answer or {}, self._hidden | _secrets_of(body))
        _tell(call, host, failure, response.headers)
        raise failure


def _failure(call: str, status: int, answer: Mapping[str, Any], hidden: set[str]) -> AgoraError:
    code = answer.get("code")
    if not isinstance(code, int):
        code = int(code) if isinstance(code, str) and code.isascii() and code.isdigit() else None
    # Gateways, moderation and recording each have their own word for it.
    reason = next((str(answer[key]) for key in ("reason", "message", "error") if answer.get(key)), "")
    if status == OK:
        return OutageError(status, code, "the answer cannot be read")
    for secret in hidden:
        reason = reason.replace(secret, "***")
    error = kind_of_failure(call, status, code, reason)(status, code, reason[:_MOST_REASON])
    if isinstance(error, AlreadyStartedError) and isinstance(answer.get("sid"), str):
        error.sid = answer["sid"] or None
    return error


def _tell(call: str, host: str, failure: AgoraError, headers: Mapping[str, str]) -> None:
    """Logs what Agora's support asks for. The answer's headers hold nothing of ours."""
    observability.logger.warning(
        "agora_failure",
        call=call,
        host=host,
        kind=type(failure).__name__,
        status=failure.status,
        agora_code=failure.code,
        reason=failure.reason,
        request_id=headers.get("X-Request-ID"),
        resource_id=headers.get("X-Resource-ID"),
    )
    if isinstance(failure, OutageError):
        observability.count("AgoraOutages")


def _secrets_of(value: Any) -> set[str]:
    """The values in a request that nobody may read in a log, should an answer repeat them."""
    if not isinstance(value, Mapping):
        return set()
    found = {str(entry) for key, entry in value.items() if key in _SECRET_KEYS and entry}
    return found.union(*(_secrets_of(entry) for entry in value.values()))


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(raw) if len(raw) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
