"""Whether a checkpoint is still the one that a fix was tried on."""

from pathlib import Path

from slowlens.errors import StaleEditError
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.weights import is_weights
from slowlens.run import CheckpointSummary


def require_as_tried(tried: CheckpointSummary, root: Path) -> None:
    """Raise StaleEditError where a file of ``root`` is not what it was when ``tried`` was read."""
    if changed := changed_since(tried, root):
        names = ", ".join(changed)
        raise StaleEditError(
            f"{names} changed after the fix was tried, so nothing was written",
            hint="What was measured is of other files than these. Try the fix again, or apply it "
            "as one that was not tried.",
        )


def changed_since(tried: CheckpointSummary, root: Path) -> tuple[str, ...]:
    """Return names of files that were written, made or removed: JSON by digest, weights by time."""
    now = read_checkpoint(root)
    digests = {name: config.sha256 for name, config in now.configs.items()}
    read = {
        name for name in {*digests, *tried.sha256} if digests.get(name) != tried.sha256.get(name)
    }
    weights = {
        name
        for name in {*filter(is_weights, now.files), *tried.modified}
        if _weights(now.files.get(name), root / name) != tried.weights.get(name)
    }
    return tuple(sorted(read | weights))


def _weights(size: int | None, path: Path) -> tuple[int | None, float] | None:
    """Return size and time of a weights file; None where there is none."""
    try:
        return size, path.stat().st_mtime
    except OSError:
        return None
