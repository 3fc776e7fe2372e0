"""The single table: its base item, its indexes, and the one way to reach it."""

import os
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from pynamodb.attributes import (
    Attribute,
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.constants import ALL_OLD, KEY, STRING
from pynamodb.exceptions import (
    PutError,
    PynamoDBConnectionError,
    PynamoDBException,
    TransactWriteError,
    UpdateError,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from atelier import clock, cold_start, observability, retries
from atelier.settings import table_settings

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action

type Key = tuple[str, str]

CARD = (
    "kind",
    "version",
    "created_at",
    "updated_at",
    "title",
    "host_id",
    "category_id",
    "scheduled_at",
    "timezone",
    "duration_minutes",
    "format",
    "location",
    "status",
    "is_private",
    "max_capacity",
    "waitlist_enabled",
    "records",
    "attendee_count",
    "waitlist_count",
    "actual_started_at",
    "actual_ended_at",
    "has_recording",
    "series_id",
    "group_id",
)
"""What a list card shows, and so what the indexes of workshops carry. DynamoDB allows 100 such names over all
indexes.
"""

CATEGORY_CARD = ("name", "slug", "description", "sort_order", "is_active", "workshop_count")
GROUP_CARD = ("owner_id",)
PERSON_CARD = ("kind", "status", "is_co_host", "can_speak", "host_id", "category_id", "scheduled_at")


class InstantAttribute(Attribute[datetime]):
    """An instant as text: UTC, whole seconds, with `Z`."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return clock.to_text(value)

    def deserialize(self, value: str) -> datetime:
        return datetime.fromisoformat(value)


class ByHost(GlobalSecondaryIndex["Item"]):
    """Every workshop of a host, by its time."""

    class Meta:
        index_name = "by_host"
        projection = IncludeProjection([*CARD])

    host_key = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class ByFeed(GlobalSecondaryIndex["Item"]):
    """Public workshops, open and closed, by their time; the catalogue of categories by its order; all groups by their
    age. Private workshops are never here.
    """

    class Meta:
        index_name = "by_feed"
        projection = IncludeProjection([*CARD, *CATEGORY_CARD, *GROUP_CARD])

    feed_key = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class ByCategory(GlobalSecondaryIndex["Item"]):
    """Public workshops of a category, open and closed, by their time."""

    class Meta:
        index_name = "by_category"
        projection = IncludeProjection([*CARD])

    category_key = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class ByPerson(GlobalSecondaryIndex["Item"]):
    """What a person attends, by its time; and the workshops of a group."""

    class Meta:
        index_name = "by_person"
        projection = IncludeProjection([*PERSON_CARD])

    person_key = UnicodeAttribute(hash_key=True)
    person_sort = UnicodeAttribute(range_key=True)


class ByDue(GlobalSecondaryIndex["Item"]):
    """What is due, by when it is looked at next."""

    class Meta:
        index_name = "by_due"
        projection = IncludeProjection(["kind"])

    due_key = UnicodeAttribute(hash_key=True)
    due_sort = UnicodeAttribute(range_key=True)


class BySeries(GlobalSecondaryIndex["Item"]):
    """The workshops of a series, by their time, whatever became of them."""

    class Meta:
        index_name = "by_series"
        projection = AllProjection()

    series_key = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class Item(Model):
    """What every item has: its key, what it is, and when DynamoDB may forget it. A query on `Item` gives each row its
    own class.
    """

    class Meta:
        table_name: str | None = None
        region: str | None = None
        host: str | None = None
        connect_timeout_seconds = 1.0
        read_timeout_seconds = 2.0
        max_retry_attempts = 0
        max_pool_connections = 16

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires_at = NumberAttribute(null=True)

    host_key = UnicodeAttribute(null=True)
    feed_key = UnicodeAttribute(null=True)
    category_key = UnicodeAttribute(null=True)
    starts = UnicodeAttribute(null=True)
    person_key = UnicodeAttribute(null=True)
    person_sort = UnicodeAttribute(null=True)
    due_key = UnicodeAttribute(null=True)
    due_sort = UnicodeAttribute(null=True)
    series_key = UnicodeAttribute(null=True)

    by_host = ByHost()
    by_feed = ByFeed()
    by_category = ByCategory()
    by_person = ByPerson()
    by_due = ByDue()
    by_series = BySeries()

    @property
    def key(self) -> Key:
        """The item's primary key."""
        return self.pk, self.sk


class Entity(Item, discriminator=None):
    """An item that people edit. `version` is raised by edits only and is the resource's ETag."""

    version = NumberAttribute(default=1)
    created_at = InstantAttribute()
    updated_at = InstantAttribute()


class _Loader(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's loader of service descriptions, which for one client looks into the folders of all 400 services.

    A name is enough here: a folder that lacks a description is found out when it is read.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
        """The names of all services."""
        return os.listdir(self.BUILTIN_DATA_PATH)  # noqa: PTH208 - pathlib takes 5 ms for the same


def connect() -> Any:
    """The connection of this process, made on first use: for Lambda that is in init, where a function has more
    processor time.

    Raises SettingsError when TABLE_NAME is missing.
    """
    if Item.Meta.table_name is None:
        Item.Meta.table_name = table_settings().table_name
    table = Item._get_connection()  # noqa: SLF001 - PynamoDB has no public way to warm a connection
    if table.connection._client is None:  # noqa: SLF001
        table.connection.session.register_component("data_loader", _Loader())
    client = table.connection.client
    if not getattr(client, "_atelier_retries", False):
        retries.install(client)
        client.meta.events.register("after-call.dynamodb", observability.table_use.note, unique_id="atelier-use")
        client._atelier_retries = True  # noqa: SLF001
    return table


def connect_when_configured() -> None:
    """Connects in a deployed function; elsewhere (a test, a generator of documents) there may be no table, and
    nothing happens.
    """
    if "TABLE_NAME" in os.environ:
        connect()
    cold_start.end()


def read_many(keys: Iterable[Key], *, consistent: bool = True) -> dict[Key, Item]:
    """The items that exist under these keys, one round trip per 100 keys. Doubles are asked for once."""
    connect()
    return {item.key: item for item in Item.batch_get(list(dict.fromkeys(keys)), consistent_read=consistent)}


def read_one(key: Key, *, consistent: bool = True) -> Item | None:
    """The item under this key, or None."""
    connect()
    try:
        return Item.get(*key, consistent_read=consistent)
    except Item.DoesNotExist:
        return None


def transaction() -> TransactWrite:
    """An all-or-nothing write, used as a context manager: nothing is sent unless the block ends well."""
    return TransactWrite(connection=connect().connection)


def put_if_absent(item: Item) -> Item | None:
    """Puts the item unless its key is taken; gives back the item that is already there, or None when ours was put."""
    table = connect()
    kwargs = item.get_save_kwargs_from_instance(
        condition=Item.pk.does_not_exist(), return_values_on_condition_failure=ALL_OLD
    )
    try:
        table.connection.dispatch("PutItem", kwargs)
    except (BotoCoreError, ClientError) as error:
        return _item_behind(error, PutError)
    return None


def update_or_see(item_class: type[Item], key: Key, actions: "list[Action]", condition: "Condition") -> Item | None:
    """Updates one item when the condition holds; otherwise gives back the item as it is.

    PynamoDB's own `update()` cannot return the item of a failed condition: hence the low-level call.
    """
    table = connect()
    kwargs = table.get_operation_kwargs(
        key[0],
        range_key=key[1],
        key=KEY,
        actions=actions,
        condition=condition,
        return_values_on_condition_failure=ALL_OLD,
    )
    try:
        table.connection.dispatch("UpdateItem", kwargs)
    except (BotoCoreError, ClientError) as error:
        return _item_behind(error, UpdateError) or item_class(*key)
    return None


def _item_behind(error: BotoCoreError | ClientError, kind: type[PynamoDBConnectionError]) -> Item | None:
    """The item that made a condition fail; any other error is raised as PynamoDB's own calls raise it.

    PynamoDB keeps code and message of DynamoDB's answer; the item stands in the answer of the error behind that.
    """
    response = getattr(error.__cause__ or error, "response", None) or {}
    if response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
        raise kind(str(error), error) from error
    raw = response.get("Item")
    return Item.from_raw_data(raw) if raw else None


def setting(item: Item, names: Collection[str]) -> "list[Action]":
    """The actions that write these attributes as the item has them; one that is None is removed."""
    return [
        attribute.remove() if getattr(item, name) is None else attribute.set(getattr(item, name))
        for name, attribute in type(item).get_attributes().items()
        if name in names
    ]


def differing(before: Item, after: Item) -> set[str]:
    """The names of the attributes in which two states of an item differ."""
    return {name for name in type(after).get_attributes() if getattr(after, name) != getattr(before, name)}


def condition_failed(error: PynamoDBException) -> bool:
    """Whether a write was refused by its own condition (and by nothing else)."""
    if isinstance(error, TransactWriteError):
        return bool(failed_conditions(error))
    return error.cause_response_code == "ConditionalCheckFailedException"


def failed_conditions(error: TransactWriteError) -> list[int]:
    """The positions of the transaction's items whose conditions failed, in the order checks, deletes, puts, updates."""
    return [
        position
        for position, reason in enumerate(error.cancellation_reasons)
        if reason is not None and reason.code == "ConditionalCheckFailed"
    ]
