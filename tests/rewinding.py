"""Takes a table back to where it was, so that many requests can be tried on one world."""

from typing import Any

from atelier import table
from atelier.table import Item

type Rows = dict[tuple[str, str], dict[str, Any]]


def rows() -> Rows:
    """Everything in the table, as DynamoDB tells it."""
    found: Rows = {}
    asked: dict[str, Any] = {"TableName": Item.Meta.table_name, "ConsistentRead": True}
    while True:
        answer = _client().scan(**asked)
        found |= {(row["pk"]["S"], row["sk"]["S"]): row for row in answer["Items"]}
        if "LastEvaluatedKey" not in answer:
            return found
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def rewind(before: Rows, now: Rows) -> None:
    """Makes the table what it was."""
    for pk, sk in now.keys() - before.keys():
        _client().delete_item(TableName=Item.Meta.table_name, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    for key, row in before.items():
        if now.get(key) != row:
            _client().put_item(TableName=Item.Meta.table_name, Item=row)


def _client() -> Any:
    return table.connect().connection.client
