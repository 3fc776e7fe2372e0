"""What may go wrong with a call of Agora's REST API, by what the caller should do about it.

Agora answers failures with its own codes under a few HTTP statuses, and 201 and 206 are failures too. The codes are
those of "Response status codes" in Agora's Cloud Recording reference, and of the older "Common errors" that still come.
"""


class AgoraError(Exception):
    """A call failed. status: HTTP's, or 0 without an answer. code: Agora's own, or None. reason: in Agora's words."""

    def __init__(self, status: int = 0, code: int | None = None, reason: str = "") -> None:
        super().__init__(status, code, reason)
        self.status = status
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        code = "" if self.code is None else f"/{self.code}"
        return f"{self.status}{code} {self.reason}".rstrip()


class OutageError(AgoraError):
    """Agora did not answer, is overloaded, or answered with nonsense: the same call may do later.

    Whether the call did anything is unknown.
    """


class RefusedError(AgoraError):
    """Agora understood and will not do it; no repetition mends that."""


class TaskGoneError(AgoraError):
    """There is no such recording task: it is over, never began, or is moving to another server, which takes 90 s."""


class AlreadyStartedError(AgoraError):
    """This resource was started before. sid: the task's id, where the answer has one."""

    sid: str | None = None


class ConflictError(AgoraError):
    """A task under the same channel and uid is running."""


class ExpiredResourceError(AgoraError):
    """The resource was acquired over five minutes ago, or belongs to another task: acquire another one."""


class NotCompletedError(AgoraError):
    """Agora is not done with the call: the same one again, after 3 s."""


WRONG_ADDRESS = "no Route matched"
"""What Agora's gateway says of a method or path that there is not."""

_FIRST_REFUSAL, _FIRST_OUTAGE = 400, 500
_HTTP_ALREADY_STARTED, _HTTP_NOT_COMPLETED = 201, 206
_HTTP_AGAIN = frozenset({408, 429})
_NOT_COMPLETED = 65

# By call: a code means nothing without it.
_BY_CODE: dict[tuple[str, int | None], type[AgoraError]] = {
    ("acquire", 406): OutageError,  # too many tasks at once
    ("start", 7): AlreadyStartedError,
    ("start", 53): ConflictError,
    ("start", 433): ExpiredResourceError,
    ("query", 404): TaskGoneError,
    ("query", 501): TaskGoneError,  # it is leaving
    ("stop", 404): TaskGoneError,
}


def kind_of_failure(call: str, status: int, code: int | None, reason: str) -> type[AgoraError]:
    """The error that an answer other than 200 is.

    A 404 without the code of a lost task is a wrong address, and must never pass for the end of a recording.
    """
    if status >= _FIRST_OUTAGE or status in _HTTP_AGAIN:
        return OutageError
    if WRONG_ADDRESS in reason:
        return RefusedError
    if (call, code) in _BY_CODE:
        return _BY_CODE[call, code]
    if code == _NOT_COMPLETED or status == _HTTP_NOT_COMPLETED:
        return NotCompletedError
    if status == _HTTP_ALREADY_STARTED and call == "start":
        return AlreadyStartedError
    return RefusedError if status >= _FIRST_REFUSAL else OutageError
