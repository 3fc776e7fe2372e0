"""The emulator's own engine inside this process: a table that answers without a network, thirty times as fast.

Everything of ours is real down to the request that botocore would send: names, types, conditions and what becomes of an
answer. Conditions, updates, transactions, indexes and stream records are the emulator's. Left out is what lies between:
connections, timeouts, and so the repetitions that a lost answer or a throttled request would lead to.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from botocore.parsers import ResponseParser, create_parser

from atelier import table
from tests import emulator
from tests.conftest import forget, point_at

ADDRESS = "http://enclosed.invalid"
_OPERATIONS = {
    "BatchGetItem": "_batch_get_item",
    "BatchWriteItem": "_batch_write_item",
    "DeleteItem": "_delete_item",
    "GetItem": "_get_item",
    "PutItem": "_put_item",
    "Query": "_query",
    "Scan": "_scan",
    "TransactWriteItems": "_transact_write_items",
    "UpdateItem": "_update_item",
}


@dataclass(frozen=True, slots=True)
class _Http:
    status_code: int


@cache
def _engine() -> Any:
    """The emulator's module, from its own environment; ours come first wherever both have one."""
    packages = next(Path(emulator.python()).parent.parent.glob("lib/python*/site-packages"))
    sys.path.append(str(packages))
    try:
        return importlib.import_module("ministack.services.dynamodb")
    finally:
        sys.path.remove(str(packages))


@cache
def _parser() -> ResponseParser:
    return create_parser("json")


def _ask(operation: str, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    answer: tuple[int, dict[str, str], bytes] = getattr(_engine(), operation)(request)
    return answer


def _made(operation: str, request: dict[str, Any]) -> None:
    status, _, body = _ask(operation, request)
    if status >= 300:
        raise RuntimeError(body)


def _answer(model: Any, params: dict[str, Any], **_: Any) -> tuple[_Http, dict[str, Any]]:
    """What botocore takes for the answer of a request that it is about to send ("before-call")."""
    status, headers, body = _ask(_OPERATIONS[model.name], json.loads(params["body"]))
    told = {"status_code": status, "headers": {name.lower(): value for name, value in headers.items()}, "body": body}
    parsed = _parser().parse(told, model.output_shape)
    shape = model.service_model.shape_for_error_code(parsed.get("Error", {}).get("Code", ""))
    if shape is not None:
        parsed.update(_parser().parse(told, shape))
    return _Http(status), parsed


@contextmanager
def running(name: str) -> Iterator["Changes"]:
    """A table of our own, with the layer connected to it, for as long as the block lasts; gives its changes."""
    _made("_create_table", {"TableName": name, **emulator.table_definition()})
    view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    _made("_update_table", {"TableName": name, "StreamSpecification": view})
    point_at(ADDRESS, name)
    # Last, so that whatever a test hangs before the request still comes first.
    table.connect().connection.client.meta.events.register_last("before-call.dynamodb", _answer, unique_id="enclosed")
    try:
        yield Changes(name)
    finally:
        forget()
        _made("_delete_table", {"TableName": name})


class Changes:
    """The records of the table's stream."""

    def __init__(self, name: str) -> None:
        self._name = name

    def take(self) -> list[dict[str, Any]]:
        """Everything that changed since it was asked for last."""
        engine = _engine()
        begin = engine.stream_start_position(self._name)
        kept = engine.stream_records_since(self._name, begin, sys.maxsize - begin)
        taken = list(kept)
        engine._stream_records[self._name] = []  # noqa: SLF001 - or it would keep a day's records of a month
        return taken
