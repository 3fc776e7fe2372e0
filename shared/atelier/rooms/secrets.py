"""The Agora project's credentials: read from the parameter store, kept for five minutes, never shown to anybody.

One request reads both. When a later one fails, what was read before is used on: an app certificate changes once in
years, and an outage of the parameter store must not close every room.
"""

import time
from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from atelier import observability, retries, table
from atelier.agora.tokens import Credentials, InvalidCredentialsError
from atelier.errors import AgoraUnavailableError

TRUSTED_FOR_S = 300.0
READ_AGAIN_AFTER_S = 2.0
"""After a failure, requests that come in the meantime are not made to wait for another one."""

NEEDS_S = 1.0
"""A read may take so much longer than a request to the table, and starts so much earlier or not at all."""


class MissingParametersError(RuntimeError):
    """The parameter store does not have both parameters. The message names those it lacks."""


_FAILURES = (BotoCoreError, ClientError, InvalidCredentialsError, MissingParametersError, retries.OutOfTimeError)


class CredentialStore:
    """The credentials of this process. `read` fetches them; `clock` is a monotonic one, in seconds."""

    def __init__(self, read: Callable[[], Credentials], clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._kept: Credentials | None = None
        self._read_again_at = 0.0

    def get(self) -> Credentials:
        """The credentials, from memory if they are not too old. Raises AgoraUnavailableError when there are none."""
        self.refresh()
        if self._kept is None:
            raise AgoraUnavailableError
        return self._kept

    def refresh(self) -> None:
        """Reads the credentials again when it is time; a failure is logged and counted, and changes nothing."""
        now = self._clock()
        if now < self._read_again_at:
            return
        try:
            if retries.time_left() < NEEDS_S:
                raise retries.OutOfTimeError("no time is left to ask the parameter store")
            self._kept = self._read()
            self._read_again_at = self._clock() + TRUSTED_FOR_S
        except _FAILURES as error:
            self._read_again_at = self._clock() + READ_AGAIN_AFTER_S
            # The kind of error and AWS's code say enough; no message is logged, for none is certain to hold no secret.
            code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
            observability.logger.error(
                "agora_credentials", reason=type(error).__name__, aws_code=code, stale=self._kept is not None
            )
            observability.count("AgoraCredentialsUnreadable")


def ssm_client(**options: Any) -> Any:
    """A client of the parameter store, made from the botocore that PynamoDB has loaded already.

    That takes 20 ms at a cold start on a machine where importing boto3 for the same client takes 140 ms.
    """
    config = Config(connect_timeout=1.0, read_timeout=2.0, retries={"total_max_attempts": 1})
    return table.connect().connection.session.create_client("ssm", config=config, **options)


def read_from(client: Any, path: str) -> Credentials:
    """Reads both parameters under a path in one request.

    Raises MissingParametersError, InvalidCredentialsError for values that cannot be Agora's, and botocore's own errors.
    """
    names = {f"{path}/app_id": "app_id", f"{path}/app_certificate": "app_certificate"}
    answer = client.get_parameters(Names=list(names), WithDecryption=True)
    found = {names[entry["Name"]]: entry["Value"] for entry in answer["Parameters"] if entry["Name"] in names}
    missing = sorted(name for name, field in names.items() if field not in found)
    if missing:
        raise MissingParametersError(f"the parameter store lacks {' and '.join(missing)}")
    return Credentials(**found)


def stored_at(path: Callable[[], str]) -> CredentialStore:
    """The credentials under a path of the parameter store, which is asked for at the first read and not before."""
    clients: list[Any] = []

    def read() -> Credentials:
        if not clients:
            clients.append(ssm_client())
        return read_from(clients[0], path())

    return CredentialStore(read)
