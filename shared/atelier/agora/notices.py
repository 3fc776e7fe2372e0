"""Agora's notices: their envelope, and the numbers of the products we know.

The envelope is that of Agora's Notification Center Service: `noticeId`, `productId`, `eventType`, `notifyMs` and
`payload`. The numbers of event types overlap between products, so a type means nothing without its product.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Product(IntEnum):
    """The products of Agora's whose notices do something here."""

    RTC = 1
    CLOUD_RECORDING = 3


class UnreadableNoticeError(ValueError):
    """The notice is signed, and not what Agora documents: it must be looked at by a person."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. notified_ms: when it was sent, in milliseconds since 1970; another one for each repetition."""

    id: str
    product: int
    type: int
    notified_ms: int
    payload: Mapping[str, Any]


def parse(text: str) -> Notice:
    """Reads a notice. Raises UnreadableNoticeError; what a newer version of Agora adds is left alone."""
    try:
        told = json.loads(text)
        payload = told.get("payload") or {}
        if not isinstance(payload, dict):
            raise TypeError("payload is no object")
        return Notice(
            str(told["noticeId"]), int(told["productId"]), int(told["eventType"]), int(told["notifyMs"]), payload
        )
    except (ValueError, OverflowError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnreadableNoticeError(f"{type(error).__name__} in a notice") from error
