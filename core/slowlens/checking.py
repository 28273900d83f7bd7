"""Gather, derive, diagnose: a checkpoint, and its source if there is one, into a run."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from slowlens import __version__
from slowlens.answer import answer
from slowlens.diagnose import diagnose
from slowlens.facts.checkpoint import Checkpoint, FileProblem
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff import Diff, diff
from slowlens.facts.measurement import Measurement
from slowlens.facts.reading import Merged, Reading, Source, reading
from slowlens.facts.tensors import Changes, tensor_changes
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import MAJORS, NEWEST, read_defaults
from slowlens.gather.environment import read_environment
from slowlens.gather.weights import is_weights
from slowlens.run import CheckpointSummary, Run


def check(merged: Path, source: Path | None = None, measurement: Measurement | None = None) -> Run:
    """Diagnose ``merged`` from its files, and from ``measurement`` where there is one.

    Raises CheckpointError when a folder is no checkpoint. A file that cannot be read is one of
    the run's ``problems``; everything else is still checked.
    """
    defaults = {major: read_defaults(major) for major in MAJORS}
    here = reading(Merged, read_checkpoint(merged), defaults)
    there = None if source is None else reading(Source, read_checkpoint(source), defaults)
    changes = None if there is None else _changes(there, here)
    environment = read_environment()
    gathered = (here, there, changes, environment, measurement)
    facts = [fact for fact in gathered if fact is not None]
    outcomes = diagnose(facts)
    problems = here.checkpoint.problems + (_of_source(there) if there else ())
    now = datetime.now(UTC)
    return Run(
        id=f"{now:%Y%m%d-%H%M%S}-{os.urandom(2).hex()}",
        created=now.isoformat(timespec="seconds"),
        slowlens=__version__,
        environment=environment,
        merged=_summary(here.checkpoint),
        source=None if there is None else _summary(there.checkpoint),
        settings=here.settings,
        source_settings={} if there is None else there.settings,
        answer=answer(outcomes, problems, measurement),
        outcomes=outcomes,
        problems=problems,
        diff=None if there is None else _diff(there, here, changes, defaults[NEWEST]),
        measurement=measurement,
    )


def measured(run: Run, measurement: Measurement) -> Run:
    """Diagnose the checkpoints of ``run`` again, now with what was measured."""
    source = None if run.source is None else Path(run.source.path)
    again = replace(check(Path(run.merged.path), source, measurement), id=run.id)
    now, then = again.merged, run.merged
    if (now.sha256, now.weights) == (then.sha256, then.weights):
        return again
    changed = FileProblem(
        "a file", "changed while the run was measured", "Measure again to trust the figures."
    )
    return replace(again, problems=(*again.problems, changed))


def _changes(there: Source, here: Merged) -> Changes | None:
    return tensor_changes(there.checkpoint.weights, here.checkpoint.weights)


def _diff(there: Source, here: Merged, changes: Changes | None, defaults: ClassDefaults) -> Diff:
    return diff(there.checkpoint, here.checkpoint, changes, defaults)


def _of_source(there: Reading) -> tuple[FileProblem, ...]:
    return tuple(
        replace(problem, file=f"source: {problem.file}") for problem in there.checkpoint.problems
    )


def _summary(checkpoint: Checkpoint) -> CheckpointSummary:
    return CheckpointSummary(
        path=str(checkpoint.root.resolve()),
        model_type=checkpoint.model_type,
        files=checkpoint.files,
        parameters=checkpoint.weights.parameters,
        weights_size=checkpoint.weights.size,
        dtype_sizes=checkpoint.weights.dtype_sizes,
        sha256={name: config.sha256 for name, config in checkpoint.configs.items()},
        modified=dict(_modified(checkpoint)),
    )


def _modified(checkpoint: Checkpoint) -> Iterator[tuple[str, float]]:
    for name in filter(is_weights, checkpoint.files):
        with suppress(OSError):
            yield name, (checkpoint.root / name).stat().st_mtime
