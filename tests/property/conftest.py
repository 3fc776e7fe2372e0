"""How long chance is given, and how to have the same chance again.

HYPOTHESIS_PROFILE=nightly looks for longer; ATELIER_SEED repeats a run.
"""

import os
import secrets

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("nightly", settings.get_profile("ci"), max_examples=500, stateful_step_count=50)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# The processes that share the tests inherit it.
SEED = int(os.environ.setdefault("ATELIER_SEED", str(secrets.randbits(32))))


@pytest.fixture
def seed() -> int:
    """Where chance begins in this run."""
    return SEED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how to repeat the run."""
    terminalreporter.write_line(f"Chance began at ATELIER_SEED={SEED}")
