"""Series: workshops that come again by a rule."""

from typing import Any

from atelier import errors, http
from atelier.accounts.caller import Caller
from atelier.series import preview, schemas

api = http.Api()


@api.route(
    "POST",
    "/series/preview",
    {200: schemas.SeriesPreview},
    problems=(errors.AccountSuspendedError, errors.HostingRevokedError),
)
def preview_a_series(caller: Caller, body: schemas.SeriesPreviewInput) -> http.Answer:
    """The first occurrences of a rule, with what the clocks show on the days on which they are changed."""
    return http.Answer(200, preview.preview(caller, body))


http.warm()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
