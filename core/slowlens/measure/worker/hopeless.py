"""Which trials are not worth a try after others have failed."""

from collections.abc import Iterable

from slowlens.errors import WorkerError
from slowlens.facts.live.measurement import TIMED
from slowlens.facts.live.trial import Trial
from slowlens.measure.worker.failure import OutOfMemoryError


def hopeless(trial: Trial, failed: Iterable[tuple[Trial, WorkerError]]) -> WorkerError | None:
    """Return why ``trial`` would fail too: it needs all that one needed which ran out of memory."""
    return next((error for other, error in failed if _no_easier(trial, other, error)), None)


def _no_easier(trial: Trial, failed: Trial, error: WorkerError) -> bool:
    """Others have other prompts, beams, or logits to keep; timed ones are alike."""
    same = (trial.subject, trial.cache) == (failed.subject, failed.cache)
    alike = trial.purpose is failed.purpose or {trial.purpose, failed.purpose} <= set(TIMED)
    longer = trial.ahead + trial.new_tokens >= failed.ahead + failed.new_tokens
    return isinstance(error, OutOfMemoryError) and same and alike and longer
