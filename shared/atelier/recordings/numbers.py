"""Numbers in Agora's notices, which come as numbers or as text, by the event."""

LARGEST = 253_402_300_799_999
"""The last millisecond of the year 9999: nothing that is counted or dated here is larger."""


def whole_number(value: object) -> int | None:
    """A whole number that is not negative, or None for anything else: a field that is missing or odd says nothing."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST)):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= LARGEST else None
