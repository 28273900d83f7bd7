"""The run itself, as it is stored."""

from slowlens.codec import encode
from slowlens.run import Run


def render(run: Run) -> str:
    """Render ``run`` as JSON with its schema version."""
    return encode(run)
