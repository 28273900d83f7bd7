"""What all tests with real models share."""

import gc
from contextlib import suppress

import pytest


def pytest_runtest_setup() -> None:
    """Give each test the same random weights in every run, before its fixtures make any."""
    with suppress(ImportError):
        import torch

        torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def imported_for_good() -> None:
    """Each trial collects garbage before it begins: it need not look through torch every time."""
    with suppress(ImportError):
        from live import tiny  # noqa: F401 - it imports torch and transformers
    gc.collect()
    gc.freeze()
