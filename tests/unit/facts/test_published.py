"""The resolver on configs that people published, where a collection of them is at hand.

``SLOWLENS_REAL_CONFIGS`` names the folder, or it lies beside the repository. Its index.csv says
for each checkpoint what ``generate()`` without arguments really did under both versions.
"""

import csv
import os
from pathlib import Path

import pytest

from literals import DEFAULTS
from slowlens.checking import check
from slowlens.diagnose import Status
from slowlens.facts.effective import effective_settings
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Severity
from slowlens.gather.checkpoint import read_checkpoint

BESIDE = Path(__file__).parents[4] / "shared" / "data" / "real-configs"
FOLDER = Path(os.environ.get("SLOWLENS_REAL_CONFIGS", BESIDE))
INDEX = FOLDER / "index.csv"
ROWS = list(csv.DictReader(INDEX.open())) if INDEX.is_file() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="no collection of published configs here")


ORACLES = (("oracle_v4", Runtime.TRANSFORMERS_4), ("oracle_v5", Runtime.TRANSFORMERS_5))


@pytest.mark.parametrize(("column", "runtime"), ORACLES)
def test_predictions_agree_with_what_generate_did(column: str, runtime: Runtime) -> None:
    wrong = []
    for row in ROWS:
        if row[column] not in ("cached", "uncached"):
            continue
        settings = effective_settings(read_checkpoint(FOLDER / row["folder"]), DEFAULTS)
        if settings["use_cache"][runtime].value != (row[column] == "cached"):
            wrong.append((row["folder"], row[column], settings["use_cache"][runtime]))
    assert not wrong


ELSEWHERE = {
    *("eos-lost-or-wrong", "tokenizer-class-v5", "v5-saved-read-by-v4-rope"),
    "remote-code",  # the collection has no code
}
"""Rules whose errors say nothing about whether ``generate()`` runs and caches."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["folder"])
def test_the_whole_check_agrees_with_what_generate_did(row: dict[str, str]) -> None:
    run = check(FOLDER / row["folder"])
    assert [o for o in run.outcomes if o.status is Status.CRASHED] == []
    for column, runtime in ORACLES:
        errors = {
            outcome.rule
            for outcome in run.outcomes
            for finding in outcome.findings
            if finding.severity is Severity.ERROR and runtime in finding.affects
        }
        if row[column] == "cached":
            assert errors <= ELSEWHERE
        elif row[column] == "uncached":
            assert "gen-use-cache-false" in errors
