"""One run a line, to be read as it grows, or by ``jq``."""

import json

from slowlens.batch import Batch, Broken
from slowlens.codec import to_json
from slowlens.run import SCHEMA_VERSION, Run


def render(batch: Batch) -> str:
    """Render ``batch`` as JSON lines in the order of its results."""
    lines = (json.dumps(_values(result), allow_nan=False) for result in batch.results)
    return "".join(f"{line}\n" for line in lines)


def _values(result: Run | Broken) -> object:
    """Write what could not be read as a line of its own form, which has an ``error``."""
    if isinstance(result, Run):
        return to_json(result)
    return {
        "schema_version": SCHEMA_VERSION,
        "path": result.path,
        "error": result.message,
        "hint": result.hint,
    }
