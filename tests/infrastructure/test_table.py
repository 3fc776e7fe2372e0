"""The table: its keys and indexes are the models', and nobody can lose it by accident."""

from collections.abc import Iterable
from typing import Any

import pytest
from pynamodb.attributes import Attribute
from pynamodb.indexes import Index

from atelier.table import Item
from tests.infrastructure import expanded

MOST_PROJECTED = 100
"""DynamoDB's limit of projected names, added up over all indexes of a table."""

PROPERTIES = expanded.only("AWS::DynamoDB::Table")["Properties"]
IN_TEMPLATE = {index["IndexName"]: index for index in PROPERTIES["GlobalSecondaryIndexes"]}
IN_MODEL = {index.Meta.index_name: index for index in vars(Item).values() if isinstance(index, Index)}

each_index = pytest.mark.parametrize("name", sorted(IN_TEMPLATE.keys() | IN_MODEL.keys()))


def _key_schema(attributes: Iterable[Attribute[Any]]) -> list[dict[str, str]]:
    keys = [
        {"AttributeName": attribute.attr_name, "KeyType": "HASH" if attribute.is_hash_key else "RANGE"}
        for attribute in attributes
        if attribute.is_hash_key or attribute.is_range_key
    ]
    return sorted(keys, key=lambda key: key["KeyType"])


def test_the_primary_key_is_the_models() -> None:
    assert PROPERTIES["KeySchema"] == _key_schema(Item.get_attributes().values())


def test_the_models_have_no_other_indexes_than_the_table() -> None:
    assert IN_TEMPLATE.keys() == IN_MODEL.keys()


@each_index
def test_an_index_has_the_keys_of_its_model(name: str) -> None:
    assert IN_TEMPLATE[name]["KeySchema"] == _key_schema(IN_MODEL[name].Meta.attributes.values())


@each_index
def test_an_index_carries_what_its_model_reads(name: str) -> None:
    projection, wanted = IN_TEMPLATE[name]["Projection"], IN_MODEL[name].Meta.projection
    assert projection["ProjectionType"] == wanted.projection_type
    assert sorted(projection.get("NonKeyAttributes", [])) == sorted(wanted.non_key_attributes or [])


def test_the_indexes_together_stay_within_dynamodbs_limit() -> None:
    assert sum(len(index["Projection"].get("NonKeyAttributes", [])) for index in IN_TEMPLATE.values()) <= MOST_PROJECTED


def test_exactly_the_key_attributes_are_defined_with_the_models_types() -> None:
    defined = {entry["AttributeName"]: entry["AttributeType"] for entry in PROPERTIES["AttributeDefinitions"]}
    keys = {key["AttributeName"] for schema in (PROPERTIES, *IN_TEMPLATE.values()) for key in schema["KeySchema"]}
    assert defined == {name: Item.get_attributes()[name].attr_type for name in keys}


def test_the_table_cannot_be_lost_by_accident() -> None:
    resource = expanded.only("AWS::DynamoDB::Table")
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert PROPERTIES["DeletionProtectionEnabled"] is True
    assert PROPERTIES["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert PROPERTIES["SSESpecification"]["SSEEnabled"] is True


def test_the_table_costs_nothing_while_idle() -> None:
    assert PROPERTIES["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughput" not in PROPERTIES


def test_items_expire_by_the_attribute_the_models_set() -> None:
    assert PROPERTIES["TimeToLiveSpecification"] == {"AttributeName": Item.expires_at.attr_name, "Enabled": True}


def test_what_follows_from_a_change_can_see_before_and_after() -> None:
    assert PROPERTIES["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
