"""Development data."""

from local.stack import Stack


def load_data(stack: Stack) -> None:
    """Later."""
