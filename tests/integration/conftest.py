"""The stream of the table under test."""

import pytest

from tests.streaming import Stream


@pytest.fixture
def stream(dynamodb: str, table: str) -> Stream:
    """The table's stream, from now on: it runs when the test says so."""
    return Stream(dynamodb, table)
