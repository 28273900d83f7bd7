"""What all tests with real models share."""

import gc
from contextlib import suppress

import pytest


@pytest.fixture(scope="session", autouse=True)
def imported_for_good() -> None:
    """Each trial collects garbage before it begins: it need not look through torch every time."""
    with suppress(ImportError):
        from live import tiny  # noqa: F401 - it imports torch and transformers
    gc.collect()
    gc.freeze()
