"""Cold starts: what a function need not do while it starts.

Together these take a sixth off the time from the first import to the first client. They hold in Lambda only: a test
process lives differently.
"""

import gc
import os

IN_LAMBDA = "LAMBDA_TASK_ROOT" in os.environ


def begin() -> None:
    """Runs before anything else is imported.

    What is imported stays for good, so looking for garbage in it meanwhile finds none. And Pydantic looks through every
    installed distribution for plugins, of which the layer has none.
    """
    if IN_LAMBDA:
        gc.disable()
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def end() -> None:
    """Runs when everything is loaded. The objects there are by now are left out of later searches for garbage."""
    if IN_LAMBDA:
        "".encode("idna")  # loads what the first connection would load
        gc.freeze()
        gc.enable()
