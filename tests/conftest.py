"""What every test may rely on."""

import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# A slow machine is no failure; and a run that fails must fail again the same way.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def logs_of_other_tests_stay_theirs() -> Iterator[None]:
    """A test that sends logs somewhere, or runs a command that does, leaves nothing of it to the next one."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    structlog.reset_defaults()
    root.setLevel(level)
    root.handlers[:] = handlers
