"""Every refusal Atelier can give, by name.

The class says what kind of refusal it is (http.py alone turns kinds into status codes), `code` is the stable name a
client switches on. Cause and remedy stand in error_pages.toml: no request needs them but the one for their page.
"""

from collections.abc import Iterator
from typing import Any, ClassVar


class AtelierError(Exception):
    """A refusal that the caller can understand and mend."""

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class MalformedError(AtelierError):
    """The request cannot be read."""


class UnauthenticatedError(AtelierError):
    """Nobody is known to have sent the request."""


class ForbiddenError(AtelierError):
    """The caller may see the thing, but not do this to it."""


class AbsentError(AtelierError):
    """The thing does not exist, or not for the caller's eyes."""


class ConflictError(AtelierError):
    """The request does not fit the current state."""


class StaleError(AtelierError):
    """The caller edits a version that is no longer current."""


class TooLargeError(AtelierError):
    """The request is larger than Atelier takes."""


class MediaTypeError(AtelierError):
    """The body is of a type Atelier does not read."""


class InvalidError(AtelierError):
    """The request is well-formed, but what it asks for is not allowed."""


class LimitedError(AtelierError):
    """The caller does it too often. `retry_after_s`: after how many seconds it is allowed again."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class UnavailableError(AtelierError):
    """Something Atelier needs does not answer."""


def catalogue() -> Iterator[type[AtelierError]]:
    """Every named refusal, by code."""
    found: list[type[AtelierError]] = []
    waiting: list[type[AtelierError]] = [AtelierError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if "code" in vars(kind):
            found.append(kind)
    return iter(sorted(found, key=lambda kind: kind.code))


class MalformedJsonError(MalformedError):
    code = "malformed_json"
    title = "The body is not JSON"


class BadQueryError(MalformedError):
    code = "bad_query"
    title = "A query parameter has a value that cannot be used"


class BadCursorError(MalformedError):
    code = "bad_cursor"
    title = "The cursor does not belong to this list"


class BadIdempotencyKeyError(MalformedError):
    code = "bad_idempotency_key"
    title = "The Idempotency-Key cannot be used"


class BadIfMatchError(MalformedError):
    code = "bad_if_match"
    title = "The If-Match header cannot be read"


class NotSignedInError(UnauthenticatedError):
    code = "not_signed_in"
    title = "No signed-in person"


class AccountSuspendedError(ForbiddenError):
    code = "account_suspended"
    title = "The account is suspended"


class NotAllowedError(ForbiddenError):
    code = "not_allowed"
    title = "You may see this, but not do that"


class AccountErasedError(ForbiddenError):
    code = "account_erased"
    title = "The account was erased"


class HostingRevokedError(ForbiddenError):
    code = "hosting_revoked"
    title = "You may not host workshops"


class BannedError(ForbiddenError):
    code = "banned"
    title = "You are banned from this host's workshops"


class RemovedError(ForbiddenError):
    code = "removed"
    title = "You were removed from this workshop"


class NotFoundError(AbsentError):
    code = "not_found"
    title = "Not found"


class InviteNotValidError(AbsentError):
    code = "invite_not_valid"
    title = "This invite link does not lead anywhere"


class EmailTakenError(ConflictError):
    code = "email_taken"
    title = "The address is somebody else's"


class UsernameTakenError(ConflictError):
    code = "username_taken"
    title = "The username is taken"


class SlugTakenError(ConflictError):
    code = "slug_taken"
    title = "Another category has this name"


class CodeNotValidError(AbsentError):
    code = "code_not_valid"
    title = "The code is not valid"


class HostingError(ConflictError):
    code = "hosting"
    title = "You still host something"


class OwnWorkshopError(ConflictError):
    code = "own_workshop"
    title = "You host this workshop"


class WorkshopFullError(ConflictError):
    code = "workshop_full"
    title = "No seat is left"


class WorkshopOverError(ConflictError):
    code = "workshop_over"
    title = "The workshop is over"


class SeriesEndedError(ConflictError):
    code = "series_ended"
    title = "The series has ended"


class NotEditableError(ConflictError):
    code = "not_editable"
    title = "The workshop can no longer be edited"


class BadTransitionError(ConflictError):
    code = "bad_transition"
    title = "The workshop cannot go there from here"


class CapacityBelowTakenError(ConflictError):
    code = "capacity_below_taken"
    title = "More seats are taken than that"


class CapacityModeFixedError(ConflictError):
    code = "capacity_mode_fixed"
    title = "An unlimited workshop stays unlimited"


class RoomNotOpenError(ConflictError):
    code = "room_not_open"
    title = "The room is not open"


class NoRoomError(ConflictError):
    code = "no_room"
    title = "This workshop has no room"


class NotSeatedError(ConflictError):
    code = "not_seated"
    title = "This person has no seat"


class NotOverError(ConflictError):
    code = "workshop_not_over"
    title = "The workshop has not ended"


class CheckInNotOpenedError(ConflictError):
    code = "check_in_not_opened"
    title = "Check-in was never opened"


class CheckInClosedError(ConflictError):
    code = "check_in_closed"
    title = "Check-in was closed by hand"


class CheckInOverError(ConflictError):
    code = "check_in_over"
    title = "Check-in is over"


class LastOwnerError(ConflictError):
    code = "last_owner"
    title = "The last owner stays"


class StepLockedError(ConflictError):
    code = "step_locked"
    title = "The step is not open yet"


class SessionOpenError(ConflictError):
    code = "session_open"
    title = "A session goes on"


class TooManyMessagesError(LimitedError):
    code = "too_many_messages"
    title = "You write too fast"


class TooManyCodesError(LimitedError):
    code = "too_many_codes"
    title = "Too many codes were mailed"


class TooManyGuessesError(LimitedError):
    code = "too_many_guesses"
    title = "Too many wrong codes"


class ExportTooLargeError(InvalidError):
    code = "export_too_large"
    title = "The file would be too large"


class BadSignatureError(UnauthenticatedError):
    code = "bad_signature"
    title = "The notice is not signed by Agora"


class RequestInProgressError(ConflictError):
    code = "request_in_progress"
    title = "Somebody else is changing the same thing"


class StaleVersionError(StaleError):
    code = "stale_version"
    title = "The resource has changed since you read it"


class BodyTooLargeError(TooLargeError):
    code = "body_too_large"
    title = "The body is over 256 KB"


class UnsupportedMediaTypeError(MediaTypeError):
    code = "unsupported_media_type"
    title = "The body is not declared as JSON"


class ValidationFailedError(InvalidError):
    code = "validation_failed"
    title = "Some values are not allowed"


class WrongCodeError(InvalidError):
    code = "wrong_code"
    title = "The code is not right"


class LeadTimeError(InvalidError):
    code = "lead_time"
    title = "The workshop would start too soon"


class UnknownCategoryError(InvalidError):
    code = "unknown_category"
    title = "There is no such category"


class UnknownGroupError(InvalidError):
    code = "unknown_group"
    title = "There is no such group"


class UnknownHostError(InvalidError):
    code = "unknown_host"
    title = "There is no such host"


class UnknownWorkshopError(InvalidError):
    code = "unknown_workshop"
    title = "There is no such workshop"


class IdempotencyKeyReusedError(InvalidError):
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"


class TableUnavailableError(UnavailableError):
    code = "table_unavailable"
    title = "The data cannot be reached"


class AgoraUnavailableError(UnavailableError):
    code = "agora_unavailable"
    title = "Join tokens cannot be made"


class NoticesUnavailableError(UnavailableError):
    code = "notices_unavailable"
    title = "The notice cannot be taken"
