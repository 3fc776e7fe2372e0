"""What the local cloud cannot go on from, said in words instead of a traceback."""


class LocalError(Exception):
    """A condition the developer can do something about; the message says what."""
