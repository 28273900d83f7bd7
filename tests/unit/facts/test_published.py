"""The resolver on configs that people published, where a collection of them is at hand.

``SLOWLENS_REAL_CONFIGS`` names the folder, or it lies beside the repository. Its index.csv says
for each checkpoint what ``generate()`` without arguments really did under both versions.
"""

import csv
import os
from pathlib import Path

import pytest

from literals import DEFAULTS
from slowlens.facts.effective import effective_settings
from slowlens.facts.runtimes import Runtime
from slowlens.gather.checkpoint import read_checkpoint

BESIDE = Path(__file__).parents[4] / "shared" / "data" / "real-configs"
FOLDER = Path(os.environ.get("SLOWLENS_REAL_CONFIGS", BESIDE))
INDEX = FOLDER / "index.csv"
ROWS = list(csv.DictReader(INDEX.open())) if INDEX.is_file() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="no collection of published configs here")


@pytest.mark.parametrize(
    ("column", "runtime"),
    [("oracle_v4", Runtime.TRANSFORMERS_4), ("oracle_v5", Runtime.TRANSFORMERS_5)],
)
def test_predictions_agree_with_what_generate_did(column: str, runtime: Runtime) -> None:
    wrong = []
    for row in ROWS:
        if row[column] not in ("cached", "uncached"):
            continue
        settings = effective_settings(read_checkpoint(FOLDER / row["folder"]), DEFAULTS)
        if settings["use_cache"][runtime].value != (row[column] == "cached"):
            wrong.append((row["folder"], row[column], settings["use_cache"][runtime]))
    assert not wrong
