"""Join tokens."""

import os
from typing import Any

from atelier import errors, http, settings
from atelier.accounts.caller import Caller
from atelier.agora import secrets
from atelier.agora.tokens import Credentials
from atelier.rooms import joining, schemas
from atelier.settings import AgoraSettings, TokenSettings

api = http.Api()

credentials = secrets.stored_at(lambda: settings.of(AgoraSettings).agora_parameter_path, Credentials)


@api.route(
    "POST",
    "/workshops/{workshop_id}/token",
    {200: schemas.JoinToken},
    problems=(
        errors.NotFoundError,
        errors.AccountSuspendedError,
        errors.RemovedError,
        errors.BannedError,
        errors.NotAllowedError,
        errors.NoRoomError,
        errors.RoomNotOpenError,
        errors.WorkshopFullError,
        errors.RequestInProgressError,
        errors.AgoraUnavailableError,
    ),
)
def make_a_join_token(workshop_id: str, caller: Caller, body: schemas.JoinRequest) -> http.Answer:
    """Enter the live room: the host and co-hosts from `lobby` on, everybody else once it is `live`.

    Somebody without an RSVP takes a seat by this, as an RSVP does. Ask again from `renew_at` on; the uid stays.

    A token cannot be taken back. One made before `can_speak` or `is_co_host` was withdrawn, or before a removal or a
    ban, keeps its rights until `expires_at`, at most an hour after it was made; no new one is given with them.
    """
    signer = joining.Signer(settings.of(TokenSettings), credentials.get)
    return http.Answer(200, joining.join(workshop_id, caller, body.device, signer))


http.warm()
# The first client and the first read belong to init, where a function has a whole processor. A failure is logged, and
# the first request reads again.
if "AGORA_PARAMETER_PATH" in os.environ and "TABLE_NAME" in os.environ:
    credentials.refresh()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
