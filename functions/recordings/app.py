"""Watching recordings."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.recordings import watching
from atelier.recordings.schemas import RecordingPage

api = http.Api()


@api.route(
    "GET",
    "/workshops/{workshop_id}/recordings",
    {200: RecordingPage},
    problems=(errors.NotFoundError, errors.AccountSuspendedError),
)
def list_recordings(caller: Caller, workshop_id: str) -> http.Answer:
    """The parts of a workshop's recordings, with addresses to watch those that are ready."""
    return http.Answer(200, RecordingPage(items=watching.view(workshop_id, caller)))


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
