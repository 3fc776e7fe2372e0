"""What Agora knows us by: read from the parameter store, kept for five minutes, never shown to anybody.

A class names what a function needs: each field is a parameter, and one request reads all of them. When a later one
fails, what was read before is used on: an app certificate changes once in years, and an outage of the parameter store
must not close every room.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from atelier import aws, observability, retries
from atelier.agora.tokens import InvalidCredentialsError
from atelier.errors import AgoraUnavailableError

TRUSTED_FOR_S = 300.0
READ_AGAIN_AFTER_S = 2.0
"""After a failure, requests that come in the meantime are not made to wait for another one."""

NEEDS_S = 1.0
"""A read may take so much longer than a request to the table, and starts so much earlier or not at all."""


class MissingParametersError(RuntimeError):
    """The parameter store lacks parameters. The message names them."""


@dataclass(frozen=True, slots=True)
class RestAccess:
    """Access to Agora's REST API: the project, and the customer whose secret is shown once, in Agora's console."""

    app_id: str
    customer_id: str
    customer_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StorageAccess:
    """The key of the user that may do nothing but put recordings into the bucket; Agora's servers use it."""

    storage_access_key: str
    storage_secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """Every secret that notices may be signed with, one to a line: one per product of Agora's, and old ones while
    they are replaced.
    """

    webhook_secrets: str = field(repr=False)

    @property
    def all(self) -> tuple[bytes, ...]:
        """The secrets as they sign."""
        return tuple(secret.encode() for secret in self.webhook_secrets.split())


_FAILURES = (BotoCoreError, ClientError, InvalidCredentialsError, MissingParametersError, retries.OutOfTimeError)


class SecretStore[S]:
    """The secrets of this process. `read` fetches them; `clock` is a monotonic one, in seconds."""

    def __init__(self, read: Callable[[], S], clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._kept: S | None = None
        self._read_again_at = 0.0
        self._asked_at = -math.inf

    def get(self) -> S:
        """The secrets, from memory if they are not too old. Raises AgoraUnavailableError when there are none."""
        self.refresh()
        if self._kept is None:
            raise AgoraUnavailableError
        return self._kept

    def renew(self, older_than_s: float) -> bool:
        """Reads the secrets again although they are still trusted, if nobody did for so long; whether they changed.

        For a function that meets a secret it does not know: a new one works at once, and strangers who send any number
        of wrong ones cause one read each `older_than_s` seconds.
        """
        if self._clock() - self._asked_at <= older_than_s:
            return False
        before = self._kept
        self._ask()
        return self._kept != before

    def refresh(self) -> None:
        """Reads the secrets again when it is time; a failure is logged and counted, and changes nothing."""
        if self._clock() >= self._read_again_at and not self._ask():
            self._read_again_at = self._clock() + READ_AGAIN_AFTER_S

    def _ask(self) -> bool:
        self._asked_at = self._clock()
        try:
            if retries.time_left() < NEEDS_S:
                raise retries.OutOfTimeError("no time is left to ask the parameter store")
            self._kept = self._read()
        except _FAILURES as error:
            # The kind of error and AWS's code say enough; no message is logged, for none is certain to hold no secret.
            code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
            observability.logger.error(
                "agora_credentials", reason=type(error).__name__, aws_code=code, stale=self._kept is not None
            )
            observability.count("AgoraCredentialsUnreadable")
            return False
        self._read_again_at = self._clock() + TRUSTED_FOR_S
        return True


def read_from[S](client: Any, path: str, kind: type[S]) -> S:
    """Reads the parameters under a path that are the fields of a class, in one request.

    Raises MissingParametersError, InvalidCredentialsError for values that cannot be Agora's, and botocore's own errors.
    """
    names = {f"{path}/{wanted.name}": wanted.name for wanted in fields(kind)}  # type: ignore[arg-type]
    answer = client.get_parameters(Names=list(names), WithDecryption=True)
    found = {names[entry["Name"]]: entry["Value"] for entry in answer["Parameters"] if entry["Name"] in names}
    missing = sorted(name for name, part in names.items() if part not in found)
    if missing:
        raise MissingParametersError(f"the parameter store lacks {' and '.join(missing)}")
    return kind(**found)


def stored_at[S](path: Callable[[], str], kind: type[S]) -> SecretStore[S]:
    """The secrets of a kind under a path of the parameter store; the path is asked for at the first read."""
    return SecretStore(lambda: read_from(aws.client("ssm"), path(), kind))
