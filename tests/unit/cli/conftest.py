"""Runs that were kept, for the commands that name them."""

from dataclasses import replace

import pytest

from runs import a_measurement, a_run
from slowlens.store import default_store


@pytest.fixture
def kept() -> tuple[str, str]:
    """Ids of a run that takes 0.1 s a token and, later, one that takes 0.4."""
    for number, seconds in enumerate((0.1, 0.4)):
        default_store().save(replace(a_run(a_measurement(seconds)), id=f"2026-{number}"))
    return "2026-0", "2026-1"
