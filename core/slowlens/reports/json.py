"""The run itself, as it is stored; of several, a list of them."""

import json

from slowlens.batch import Batch
from slowlens.codec import encode, to_json
from slowlens.run import SCHEMA_VERSION, Run


def render(batch: Batch) -> str:
    """Render ``batch`` as JSON with its schema version."""
    if len(batch.results) == 1 and isinstance(run := batch.results[0], Run):
        return encode(run)
    values = {
        "schema_version": SCHEMA_VERSION,
        "exit_code": batch.exit_code,
        "runs": [to_json(run) for run in batch.runs],
        "broken": [
            {"path": item.path, "message": item.message, "hint": item.hint} for item in batch.broken
        ],
    }
    return json.dumps(values, indent=2, allow_nan=False) + "\n"
