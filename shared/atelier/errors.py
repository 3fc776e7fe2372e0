"""Every refusal Atelier can give, by name.

The class says what kind of refusal it is (http.py alone turns kinds into status codes), `code` is the stable name a
client switches on, and `title`, `cause` and `remedy` are the page behind the problem's `type`.
"""

from collections.abc import Iterator
from typing import Any, ClassVar


class AtelierError(Exception):
    """A refusal that the caller can understand and mend."""

    code: ClassVar[str]
    title: ClassVar[str]
    cause: ClassVar[str]
    remedy: ClassVar[str]

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
    cause = (
        "The body is missing, is not UTF-8, is not JSON as RFC 8259 defines it (NaN and Infinity are not), "
        "repeats a key, or is nested too deeply."
    )
    remedy = "Send one JSON object, in UTF-8, with `Content-Type: application/json`."


class BadQueryError(MalformedError):
    code = "bad_query"
    title = "A query parameter has a value that cannot be used"
    cause = "A value in the query string is of the wrong type or out of range; `errors` names it."
    remedy = "Correct the parameter. `limit` is 1 to 100; truth values are `true` and `false`."


class BadCursorError(MalformedError):
    code = "bad_cursor"
    title = "The cursor does not belong to this list"
    cause = (
        "The cursor was changed, was made for another list, other filters or another person, or by an "
        "incompatible version."
    )
    remedy = (
        "Take `next_cursor` as it came and send it with the same path and filters, or start again without a cursor."
    )


class BadIdempotencyKeyError(MalformedError):
    code = "bad_idempotency_key"
    title = "The Idempotency-Key cannot be used"
    cause = "The header is empty, longer than 255 characters, or holds characters outside printable ASCII."
    remedy = "Send 1 to 255 printable ASCII characters; a UUID does well."


class BadIfMatchError(MalformedError):
    code = "bad_if_match"
    title = "The If-Match header cannot be read"
    cause = "If-Match is neither `*` nor a list of quoted entity tags."
    remedy = "Send the `ETag` of the resource as you received it, quotes included."


class NotSignedInError(UnauthenticatedError):
    code = "not_signed_in"
    title = "No signed-in person"
    cause = "The request reached the function without the claims of a checked access token."
    remedy = "Send `Authorization: Bearer <access token>`. An ID token will not do."


class AccountSuspendedError(ForbiddenError):
    code = "account_suspended"
    title = "The account is suspended"
    cause = "An administrator suspended this account. It can read what is public and nothing else."
    remedy = "Ask an administrator of the service."


class NotAllowedError(ForbiddenError):
    code = "not_allowed"
    title = "You may see this, but not do that"
    cause = "The action belongs to the host, the co-hosts or an administrator."
    remedy = "Ask the host, or sign in as somebody who may."


class AccountErasedError(ForbiddenError):
    code = "account_erased"
    title = "The account was erased"
    cause = "Whoever signs in this way had everything about them erased. That cannot be undone."
    remedy = "Sign in with another account."


class HostingRevokedError(ForbiddenError):
    code = "hosting_revoked"
    title = "You may not host workshops"
    cause = "An administrator withdrew `can_host` from this account."
    remedy = "Ask an administrator of the service. Workshops you already host go on."


class BannedError(ForbiddenError):
    code = "banned"
    title = "You are banned from this host's workshops"
    cause = "The host of this workshop banned you from all of theirs."
    remedy = "Only the host can undo a ban."


class RemovedError(ForbiddenError):
    code = "removed"
    title = "You were removed from this workshop"
    cause = "The host or a co-host removed you. A removed person cannot take a seat again or join."
    remedy = "Ask the host."


class NotFoundError(AbsentError):
    code = "not_found"
    title = "Not found"
    cause = "There is no such thing, or it is not for your eyes: Atelier does not say which."
    remedy = "Check the id. A private workshop is visible to its host, co-hosts, attendees and invited people only."


class InviteNotValidError(AbsentError):
    code = "invite_not_valid"
    title = "This invite link does not lead anywhere"
    cause = (
        "There is no such link, or it has ended, was used by as many people as it is for, or was taken back, or its "
        "workshop is over: Atelier does not say which."
    )
    remedy = "Check that you have all of the link, or ask the host for another."


class EmailTakenError(ConflictError):
    code = "email_taken"
    title = "The address is somebody else's"
    cause = "Another person has confirmed this address as theirs."
    remedy = "Enter another address, or sign in as the person who has this one."


class UsernameTakenError(ConflictError):
    code = "username_taken"
    title = "The username is taken"
    cause = "Another person has this username. Usernames are compared without regard to case."
    remedy = "Choose another one."


class SlugTakenError(ConflictError):
    code = "slug_taken"
    title = "Another category has this name"
    cause = "The slug made from the name belongs to another category."
    remedy = "Choose a name that differs in more than case, accents and punctuation."


class CodeNotValidError(AbsentError):
    code = "code_not_valid"
    title = "The code is not valid"
    cause = (
        "No check-in is open under this code: it was mistyped or has changed since, or check-in has not begun or is "
        "over. Atelier does not say which."
    )
    remedy = "Read the code again, or ask the host. Case, blanks and hyphens make no difference."


class HostingError(ConflictError):
    code = "hosting"
    title = "You still host something"
    cause = "A workshop of yours is not over, or a series of yours goes on; people rely on it."
    remedy = "End or cancel your workshops and series, and ask again."


class OwnWorkshopError(ConflictError):
    code = "own_workshop"
    title = "You host this workshop"
    cause = "The host needs no seat and cannot take one."
    remedy = "Nothing to do: a host can always enter the room."


class WorkshopFullError(ConflictError):
    code = "workshop_full"
    title = "No seat is left"
    cause = "Every seat is taken, and the workshop has no waitlist or the person is still on it."
    remedy = "Try later: a seat may be given back."


class WorkshopOverError(ConflictError):
    code = "workshop_over"
    title = "The workshop is over"
    cause = "It has ended or was cancelled."
    remedy = "Choose another workshop."


class SeriesEndedError(ConflictError):
    code = "series_ended"
    title = "The series has ended"
    cause = "The series was deleted: what had not begun is cancelled, and nothing follows any more."
    remedy = "Make a new series. What took place is still there."


class NotEditableError(ConflictError):
    code = "not_editable"
    title = "The workshop can no longer be edited"
    cause = "Only a workshop that is still `scheduled` can be edited."
    remedy = "Nothing to do: an open room, a past or a cancelled workshop keeps what it was."


class BadTransitionError(ConflictError):
    code = "bad_transition"
    title = "The workshop cannot go there from here"
    cause = (
        "A workshop goes scheduled, lobby, live, ended; lobby and start are possible from 15 minutes before "
        "its time, and only with a room."
    )
    remedy = "Read the workshop's `status` and `scheduled_at`."


class CapacityBelowTakenError(ConflictError):
    code = "capacity_below_taken"
    title = "More seats are taken than that"
    cause = "A capacity can be lowered to the number of seats taken, not below."
    remedy = "Remove attendees first, or choose a larger capacity."


class CapacityModeFixedError(ConflictError):
    code = "capacity_mode_fixed"
    title = "An unlimited workshop stays unlimited"
    cause = "People were let in without counting seats, so a limit cannot be kept afterwards."
    remedy = "Make a new workshop with a capacity."


class RoomNotOpenError(ConflictError):
    code = "room_not_open"
    title = "The room is not open"
    cause = (
        "Hosts and co-hosts can enter from `lobby` on, everybody else once the workshop is `live`, nobody "
        "after its end."
    )
    remedy = "Wait until the workshop's `status` says so."


class NoRoomError(ConflictError):
    code = "no_room"
    title = "This workshop has no room"
    cause = "It takes place in person."
    remedy = "Go to its `location`."


class NotSeatedError(ConflictError):
    code = "not_seated"
    title = "This person has no seat"
    cause = "Only somebody with a seat can be a co-host or be allowed to speak."
    remedy = "Wait until the person moves up from the waitlist."


class NotOverError(ConflictError):
    code = "workshop_not_over"
    title = "The workshop has not ended"
    cause = "A summary is there from the end of a workshop on; this one goes on, has not begun, or was cancelled."
    remedy = "Ask again when the workshop has ended."


class CheckInNotOpenedError(ConflictError):
    code = "check_in_not_opened"
    title = "Check-in was never opened"
    cause = "Scans are taken for a workshop whose check-in has been opened; this one's has not."
    remedy = "Open it with `POST /workshops/{id}/check-in`, and send the scans again."


class CheckInClosedError(ConflictError):
    code = "check_in_closed"
    title = "Check-in was closed by hand"
    cause = "The host or a co-host closed it, and it stays closed until one of them says otherwise."
    remedy = "Open it again with `PATCH /workshops/{id}/check-in` and `{\"state\": \"OPEN\"}`."


class CheckInOverError(ConflictError):
    code = "check_in_over"
    title = "Check-in is over"
    cause = "The workshop was cancelled, or 15 minutes have passed since its end."
    remedy = "Send what was scanned in time with `POST /workshops/{id}/check-ins/batch`."


class LastOwnerError(ConflictError):
    code = "last_owner"
    title = "The last owner stays"
    cause = "A guided workshop has at least one owner, and this is its only one."
    remedy = "Make somebody else an owner first, or delete the guided workshop."


class StepLockedError(ConflictError):
    code = "step_locked"
    title = "The step is not open yet"
    cause = "In strict mode a step opens when the one before it is complete."
    remedy = "Complete the step before, or let an owner set `mode` to `free`."


class SessionOpenError(ConflictError):
    code = "session_open"
    title = "A session goes on"
    cause = "A guided workshop has one session at a time; `session_id` names the one that has not ended."
    remedy = "End that session, or go on in it."


class TooManyMessagesError(LimitedError):
    code = "too_many_messages"
    title = "You write too fast"
    cause = "A person may write 10 messages in any 5 seconds in one workshop."
    remedy = "Wait the seconds that `Retry-After` says, and send the message again."


class TooManyGuessesError(LimitedError):
    code = "too_many_guesses"
    title = "Too many wrong codes"
    cause = (
        "10 codes in 10 minutes were wrong: a signed-in person's own, or of everybody without an account behind one "
        "address; or too many people without an account guessed at the code of this workshop."
    )
    remedy = "Wait the seconds that `Retry-After` says. Whoever is signed in has guesses of their own."


class ExportTooLargeError(InvalidError):
    code = "export_too_large"
    title = "The file would be too large"
    cause = "An answer holds 6 MB and takes 30 seconds at most, and this one needs more."
    remedy = (
        "Send `Accept-Encoding: gzip`, which makes the file some ten times smaller; take each workshop by itself; or "
        "read the attendance page by page as JSON."
    )


class BadSignatureError(UnauthenticatedError):
    code = "bad_signature"
    title = "The notice is not signed by Agora"
    cause = (
        "`Agora-Signature-V2` is missing, was sent more than once, or is not the HMAC-SHA256 of the body, byte for "
        "byte, with any of the project's secrets."
    )
    remedy = "The operator must store the secret that Agora's console shows for the product; see the deployment guide."


class RequestInProgressError(ConflictError):
    code = "request_in_progress"
    title = "Somebody else is changing the same thing"
    cause = (
        "Several requests change the same thing at once and this one lost every time, or a request with the "
        "same Idempotency-Key is still running."
    )
    remedy = "Send the same request again in a moment."


class StaleVersionError(StaleError):
    code = "stale_version"
    title = "The resource has changed since you read it"
    cause = "`If-Match` names a version that is no longer current."
    remedy = "Read the resource again, apply your change to it, and send the new `ETag`."


class BodyTooLargeError(TooLargeError):
    code = "body_too_large"
    title = "The body is over 256 KB"
    cause = "Atelier takes request bodies of at most 262,144 bytes."
    remedy = "Send less."


class UnsupportedMediaTypeError(MediaTypeError):
    code = "unsupported_media_type"
    title = "The body is not declared as JSON"
    cause = "The Content-Type is something other than `application/json`."
    remedy = "Send JSON with `Content-Type: application/json`."


class ValidationFailedError(InvalidError):
    code = "validation_failed"
    title = "Some values are not allowed"
    cause = "The body is JSON, but fields are missing, unknown, of the wrong type or out of range; `errors` names each."
    remedy = "Correct the fields that `errors` names."


class WrongCodeError(InvalidError):
    code = "wrong_code"
    title = "The code is not right"
    cause = "It is not the code that was mailed last, it is over 30 minutes old, or it was guessed wrong five times."
    remedy = "Enter the address once more with `PATCH /me`; another code is mailed."


class LeadTimeError(InvalidError):
    code = "lead_time"
    title = "The workshop would start too soon"
    cause = "`scheduled_at` must be at least 15 minutes ahead."
    remedy = "Choose a later time."


class UnknownCategoryError(InvalidError):
    code = "unknown_category"
    title = "There is no such category"
    cause = "`category_id` names no category, or one that is not active."
    remedy = "Take an id from `GET /categories`, or leave the category out."


class UnknownGroupError(InvalidError):
    code = "unknown_group"
    title = "There is no such group"
    cause = "`group_id` names no group, or one that belongs to somebody else than the workshop's host."
    remedy = "Take the id of a group that the host owns, or leave the group out."


class UnknownHostError(InvalidError):
    code = "unknown_host"
    title = "There is no such host"
    cause = "`host_id` names nobody, or somebody who may not host."
    remedy = "Take the id of a person who has signed in at least once and has `can_host`."


class UnknownWorkshopError(InvalidError):
    code = "unknown_workshop"
    title = "There is no such workshop"
    cause = "`workshop_id` names no workshop, or one that is not for your eyes."
    remedy = "Take the id of a workshop that you can read, or leave it out."


class IdempotencyKeyReusedError(InvalidError):
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"
    cause = "The same key came with another body or for another route within 24 hours."
    remedy = "Use a new key for a new request, and the same key only to repeat the same one."


class TableUnavailableError(UnavailableError):
    code = "table_unavailable"
    title = "The data cannot be reached"
    cause = (
        "The table did not answer in time or refused more work. What the request would have changed is "
        "either done or not begun."
    )
    remedy = "Send the same request again after the seconds in `Retry-After`; nothing happens twice."


class AgoraUnavailableError(UnavailableError):
    code = "agora_unavailable"
    title = "Join tokens cannot be made"
    cause = "The Agora app id or certificate cannot be read, or is not well-formed."
    remedy = "The operator must store both in the parameter store; see the deployment guide."


class NoticesUnavailableError(UnavailableError):
    code = "notices_unavailable"
    title = "The notice cannot be taken"
    cause = "The secrets that notices are signed with cannot be read, or the queue did not take the notice."
    remedy = "Send the same notice again. The operator must store the secrets; see the deployment guide."
