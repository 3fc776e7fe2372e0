"""Takes Agora's notices: verifies the signature and queues the notice as it came."""

import os
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from atelier import aws, errors, http, observability, queues, settings
from atelier.agora import secrets, signatures
from atelier.agora.schemas import NoticeTaken
from atelier.settings import AgoraSettings, NoticeSettings

SECRETS_ARE_NEW_FOR_S = 60.0
"""A signature that fits no secret is reason to read them again, unless that was done so recently."""

api = http.Api()

webhook_secrets = secrets.stored_at(lambda: settings.of(AgoraSettings).agora_parameter_path, secrets.WebhookSecrets)


@api.route(
    "POST",
    "/webhooks/agora",
    {200: NoticeTaken},
    problems=(errors.BadSignatureError, errors.BodyTooLargeError, errors.NoticesUnavailableError),
    public=True,
)
def take_a_notice(raw: bytes, headers: Mapping[str, str]) -> http.Answer:
    """For Agora's Notification Center: a signed notice is taken and applied soon after.

    The answer says that the notice is kept, not what follows from it: a notice of an unknown kind, a repeated or an old
    one is answered like any other.
    """
    _require_signature(raw, headers)
    text = _as_text(raw)
    if text is None:
        # Agora would send the same bytes again.
        observability.count("UnreadableNotice")
        return http.Answer(200, NoticeTaken())
    try:
        queues.send(settings.of(NoticeSettings).notices_queue_url, text)
    except (BotoCoreError, ClientError) as error:
        observability.logger.error("notice not queued", reason=type(error).__name__, aws_code=_aws_code(error))
        raise errors.NoticesUnavailableError from None
    observability.count("WebhookAccepted")
    return http.Answer(200, NoticeTaken())


def _require_signature(raw: bytes, headers: Mapping[str, str]) -> None:
    """Raises BadSignatureError, and NoticesUnavailableError when there are no secrets to compare with."""
    try:
        known = webhook_secrets.get().all
    except errors.AgoraUnavailableError:
        raise errors.NoticesUnavailableError from None
    if signatures.is_signed(raw, headers, known):
        return
    if webhook_secrets.renew(SECRETS_ARE_NEW_FOR_S) and signatures.is_signed(raw, headers, webhook_secrets.get().all):
        return
    observability.count("WebhookForged")
    raise errors.BadSignatureError


def _as_text(raw: bytes) -> str | None:
    """The notice as a queue takes it; None for what no queue takes."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if queues.takes(text) else None


def _aws_code(error: Exception) -> str | None:
    return error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None


http.warm()
# The first clients and the first read belong to init, where a function has a whole processor. A failure is logged, and
# the first request reads again.
if "AGORA_PARAMETER_PATH" in os.environ and "TABLE_NAME" in os.environ:
    aws.client("sqs")
    webhook_secrets.refresh()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return api.handle(event, context)
