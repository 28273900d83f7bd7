"""Each rule's own tests notice when one of its conditions is turned round."""

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from slowlens.rules import RULES

SCRIPT = Path(__file__).parents[1] / "mutants.py"
NAMES = tuple(rule.id.replace("-", "_") for rule in RULES)
PROCESSES = 2


def examined(names: Sequence[str]) -> list[dict[str, Any]]:
    command = [sys.executable, str(SCRIPT), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Any]]:
    """What became of the mutants, by rule."""
    shares = [NAMES[start::PROCESSES] for start in range(PROCESSES)]
    with ThreadPoolExecutor(PROCESSES) as threads:
        found = [report for share in threads.map(examined, shares) for report in share]
    return {report["rule"]: report for report in found}


@pytest.mark.parametrize("name", NAMES)
def test_no_mutant_survives(name: str, reports: dict[str, dict[str, Any]]) -> None:
    assert reports[name]["survived"] == []
    assert reports[name]["mutants"] > 0
