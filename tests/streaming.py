"""Lets the table's stream run: hands what changed to `projections` as Lambda does, filtered and in order, to the end.

The records are the emulator's own, one per write, so nothing that came and went in between is lost. A batch counts as
delivered only when the function has ended well, as with Lambda: whatever it raises, the same records come again.
"""

import importlib
import json
from functools import cache
from typing import Any

import botocore.session

from tests import emulator, template
from tests.calling import Context

BATCH = 100
MOST_BATCHES = 500


class Stream:
    """The stream of one table, from the moment it was opened."""

    def __init__(self, address: str, table_name: str) -> None:
        tables = emulator.client(address)
        view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        tables.update_table(TableName=table_name, StreamSpecification=view)
        arn = tables.describe_table(TableName=table_name)["Table"]["LatestStreamArn"]
        self._client = _client(address)
        [shard] = self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._position = self._client.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def run(self) -> int:
        """Delivers everything that has not been delivered; how many records that were.

        What `projections` itself changes is delivered as well. Raises AssertionError when it reports a failure, or
        when its own changes keep it busy for ever.
        """
        delivered = 0
        for _ in range(MOST_BATCHES):
            records, position = self._next()
            if not records and position is None:
                return delivered
            delivered += self._deliver([record for record in records if reaches_function(record)])
            if position is None:
                return delivered
            self._position = position
        raise AssertionError("the stream does not come to rest")

    def take(self) -> list[dict[str, Any]]:
        """Everything that has not been delivered, for whoever delivers it otherwise."""
        taken: list[dict[str, Any]] = []
        for _ in range(MOST_BATCHES):
            records, position = self._next()
            if not records or position is None:
                break
            self._position = position
            taken += records
        return taken

    def _next(self) -> tuple[list[dict[str, Any]], str | None]:
        answer = self._client.get_records(ShardIterator=self._position, Limit=BATCH)
        records = [_as_lambda_sees_it(record) for record in answer["Records"]]
        return records, answer["NextShardIterator"] if records else None

    def _deliver(self, records: list[dict[str, Any]]) -> int:
        if records:
            handler = importlib.import_module("functions.projections.app").lambda_handler
            answer = handler({"Records": records}, Context("projections", "stream"))
            assert answer == {"batchItemFailures": []}, answer
        return len(records)


@cache
def _client(address: str) -> Any:
    return botocore.session.get_session().create_client(
        "dynamodbstreams",
        region_name=emulator.REGION,
        endpoint_url=address,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def _as_lambda_sees_it(record: dict[str, Any]) -> dict[str, Any]:
    told = dict(record["dynamodb"])
    told["ApproximateCreationDateTime"] = told["ApproximateCreationDateTime"].timestamp()
    return {**record, "dynamodb": told, "eventSourceARN": "arn:aws:dynamodb:eu-central-1:000000000000:table/t/stream/s"}


@cache
def _patterns() -> list[dict[str, Any]]:
    """The filters of the deployed function: a record that passes none of them never reaches it."""
    [stream] = template.events("DynamoDB")
    return [json.loads(entry["Pattern"]) for entry in stream["FilterCriteria"]["Filters"]]


def reaches_function(record: dict[str, Any]) -> bool:
    """Whether a record passes one of the filters, as few do."""
    return any(_matches(pattern, record) for pattern in _patterns())


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(part, value.get(name)) for name, part in pattern.items())
    return any(_fits(wanted, value) for wanted in pattern)


def _fits(wanted: Any, value: Any) -> bool:
    match wanted:
        case {"prefix": prefix}:
            return isinstance(value, str) and value.startswith(prefix)
        case {"exists": exists}:
            return (value is not None) is exists
        case _:
            return bool(value == wanted)
