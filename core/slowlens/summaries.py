"""What a run keeps of a checkpoint."""

from collections.abc import Iterator
from contextlib import suppress

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.reading import Reading
from slowlens.gather.weights import is_weights
from slowlens.run import CheckpointSummary


def summary(read: Reading) -> CheckpointSummary:
    """Return sizes, digests and times, by which the files can be told from others later."""
    checkpoint = read.checkpoint
    return CheckpointSummary(
        path=str(checkpoint.root.resolve()),
        model_type=checkpoint.model_type,
        files=checkpoint.files,
        parameters=checkpoint.weights.parameters,
        weights_size=checkpoint.weights.size,
        dtype_sizes=checkpoint.weights.dtype_sizes,
        sha256={name: config.sha256 for name, config in checkpoint.configs.items()},
        modified=dict(_modified(checkpoint)),
        origin=checkpoint.origin,
        memory=read.memory,
    )


def _modified(checkpoint: Checkpoint) -> Iterator[tuple[str, float]]:
    for name in filter(is_weights, checkpoint.files):
        with suppress(OSError):
            yield name, (checkpoint.root / name).stat().st_mtime
