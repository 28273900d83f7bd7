"""Result files of other benchmarks, written by hand after their formats."""

import json
from pathlib import Path
from typing import Any

from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.gather.imports import read_results

FOLDER = Path(__file__).parent / "fixtures" / "imports"
NAMES = sorted(path.name for path in FOLDER.iterdir())


def results(name: str) -> tuple[Imported, ...]:
    return read_results(FOLDER / name)


def values(name: str) -> Any:
    """The JSON of a sample, to be changed; of JSON lines a list."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)


def read(path: Path, content: Any) -> tuple[Imported, ...]:
    """What is read when this JSON stands in a file."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return read_results(path)


def figure(result: Imported, name: Metric) -> ImportedFigure:
    found = result.figure(name)
    assert found is not None
    return found
