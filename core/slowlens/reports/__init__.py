"""Runs to text. To add a format: add its module, then its name to ``NAMES``."""

from collections.abc import Iterable
from importlib import import_module

from slowlens.batch import Batch, batch
from slowlens.run import Run

NAMES = ("text", "json", "jsonl", "md", "sarif", "junit", "github")


def render(name: str, results: Run | Batch | Iterable[Run]) -> str:
    """Render one run or many as one of ``NAMES``; only the module of that format is imported."""
    text: str = import_module(f"{__name__}.{name}").render(batch(results))
    return text
