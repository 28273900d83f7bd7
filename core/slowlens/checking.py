"""Gather, derive, diagnose: a checkpoint, and its source if there is one, into a run."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from slowlens import __version__
from slowlens.answer import answer
from slowlens.diagnose import Outcome, diagnose
from slowlens.facts.checkpoint import CONFIG, Checkpoint, FileProblem
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.difference import Diff
from slowlens.facts.environment import Environment, Hardware
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.provenance import provenance
from slowlens.facts.reading import Merged, Reading, Source, reading
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import Settings
from slowlens.facts.weights.scan import Scan
from slowlens.facts.weights.tensors import Changes, tensor_changes
from slowlens.frozen import dataclass, replace
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import MAJORS, NEWEST, read_defaults
from slowlens.gather.devices import hardware
from slowlens.gather.environment import read_environment
from slowlens.gather.hub.ids import require_weights
from slowlens.gather.hub.locate import locate, require_name
from slowlens.gather.rendering import read_rendered
from slowlens.gather.scan import Progress, scan_weights
from slowlens.locating import located
from slowlens.run import Run, stamp
from slowlens.standing import Silence, decided, runtimes_named, usual_runtimes
from slowlens.summaries import summary


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all checkpoints that are checked side by side have in common, read once."""

    environment: Environment
    defaults: Mapping[int, ClassDefaults]
    """By major version of transformers."""
    source: Source | None = None
    judged: tuple[Runtime, ...] = ()
    """The runtimes whose findings count, empty for the usual ones."""
    hardware: Hardware | None = None
    """The GPUs of this machine."""
    configs_only: bool = False
    """Folders without weights are as they should be."""


def check(
    merged: str | Path,
    source: str | Path | None = None,
    measurement: Measurement | None = None,
    *,
    runtimes: Iterable[Runtime | str] | Runtime | str = (),
    silences: Iterable[Silence] = (),
    scan_weights: bool = False,
    progress: Progress | None = None,
    scan: Scan | None = None,
    configs_only: bool = False,
) -> Run:
    """Diagnose ``merged`` from its files, and from ``measurement`` where there is one.

    ``merged`` and ``source`` are folders; text may be an id of the Hugging Face hub as well.
    Only what concerns ``runtimes`` counts: unless told otherwise, ``generate()`` of the installed
    transformers and a bare forward loop. What the rules in ``silences`` find does not count.
    With ``scan_weights`` or ``progress`` every weight is read as well; ``progress`` is told how far
    that has come. ``scan`` is what ``read_weights`` found in these very files before. A folder
    without weights is a problem unless ``configs_only``.

    Raises CheckpointError when a folder is no checkpoint, and UsageError, a ValueError, for a
    runtime or a rule that is none. A file that cannot be read is one of the run's ``problems``;
    everything else is still checked.
    """
    require_name(merged, "the name of the checkpoint")
    around = surroundings(source, runtimes, configs_only=configs_only)
    scanning = progress or (_unheard if scan_weights else None)
    return check_one(around, merged, measurement, decided(silences), scanning, scan=scan)


def read_weights(merged: Path, source: Path | None, progress: Progress) -> Scan:
    """Read every weight of a pair, for ``check`` to judge.

    CheckpointError when a folder is no checkpoint or has no weights, SlowlensError without numpy.
    """
    there = None if source is None else read_checkpoint(source)
    return _scan(read_checkpoint(merged), there, progress)


def surroundings(
    source: str | Path | None = None,
    runtimes: Iterable[Runtime | str] | Runtime | str = (),
    *,
    configs_only: bool = False,
) -> Surroundings:
    """Read what the checks of several checkpoints share; CheckpointError as ``check``."""
    defaults = {major: read_defaults(major) for major in MAJORS}
    there = None
    if source is not None:
        require_name(source, "--source")
        read = read_checkpoint(locate(source), configs_only=configs_only)
        there = reading(Source, read, defaults)
    judged = runtimes_named(runtimes)
    return Surroundings(
        read_environment(), defaults, there, judged, hardware(), configs_only=configs_only
    )


def check_one(
    around: Surroundings,
    merged: str | Path,
    measurement: Measurement | None = None,
    silences: Iterable[Silence] = (),
    progress: Progress | None = None,
    *,
    scan: Scan | None = None,
    differences: bool = True,
) -> Run:
    """Diagnose one of several checkpoints, as ``check`` does.

    Without ``differences`` the run has no ``diff``, which few reports show.
    """
    environment, defaults, there = around.environment, around.defaults, around.source
    checkpoint = read_checkpoint(locate(merged), configs_only=around.configs_only)
    if progress is not None:
        scan = _scan(checkpoint, None if there is None else there.checkpoint, progress)
    here = reading(Merged, _told(checkpoint, scan), defaults)
    changes = None if there is None else _changes(there, here)
    outcomes = _outcomes(around, here, changes, measurement, scan)
    ran_in = measurement.environment if measurement else None
    saved_by = checkpoint.get(CONFIG, "transformers_version")
    usual = usual_runtimes(ran_in or environment, saved_by)
    judged = around.judged or usual.runtimes
    silences = tuple(silences)
    problems = _problems(here, there, scan)
    made = stamp()
    return Run(
        id=made.id,
        created=made.created,
        slowlens=__version__,
        environment=environment,
        merged=summary(here),
        source=None if there is None else summary(there),
        settings=_settings(here),
        source_settings={} if there is None else _settings(there),
        answer=answer(outcomes, problems, measurement, judged, {s.rule for s in silences}),
        outcomes=outcomes,
        problems=problems,
        diff=_diff(there, here, changes, defaults[NEWEST]) if there and differences else None,
        measurement=measurement,
        judged=judged,
        judged_because="" if around.judged else usual.reason,
        silences=silences,
        provenance=provenance(here.checkpoint),
    )


def _settings(read: Reading) -> Settings:
    """Return the effective settings, none where they would be those of a model nobody knows."""
    return read.settings if read.checkpoint.has(CONFIG) else {}


def _outcomes(
    around: Surroundings,
    here: Merged,
    changes: Changes | None,
    measurement: Measurement | None,
    scan: Scan | None,
) -> tuple[Outcome, ...]:
    """Gather the facts that are at hand, and ask the rules."""
    there = around.source
    rendered = read_rendered(here, there)
    gathered = (here, there, changes, around.environment, around.hardware)
    facts = (*gathered, measurement, rendered, scan)
    return located(diagnose(fact for fact in facts if fact is not None), here.checkpoint)


def _problems(here: Merged, there: Source | None, scan: Scan | None) -> tuple[FileProblem, ...]:
    theirs = () if there is None else _of_source(there)
    return (*here.checkpoint.problems, *theirs, *(scan.unread if scan else ()))


def measured(run: Run, measurement: Measurement) -> Run:
    """Diagnose the checkpoints of ``run`` again, now with what was measured."""
    source = None if run.source is None else Path(run.source.path)
    made_up = measurement.plan.random_weights
    again = check(run.merged.path, source, measurement, silences=run.silences, configs_only=made_up)
    again = replace(again, id=run.id)
    now, then = again.merged, run.merged
    if (now.sha256, now.weights) == (then.sha256, then.weights):
        return again
    changed = FileProblem(
        "a file", "changed while the run was measured", "Measure again to trust the figures."
    )
    return replace(again, merged=then, problems=(*again.problems, changed))


def _unheard(*_: object) -> None:
    """Tell nobody how far a scan has come."""


def _scan(merged: Checkpoint, source: Checkpoint | None, progress: Progress) -> Scan:
    for checkpoint in filter(None, (merged, source)):
        require_weights(checkpoint.root)
    return scan_weights(merged, source, progress)


def _told(checkpoint: Checkpoint, scan: Scan | None) -> Checkpoint:
    """Put what a scan found in the place of what a few blocks of head and embedding told."""
    if scan is None or scan.head_is_embedding is None:
        return checkpoint
    weights = replace(checkpoint.weights, head_is_embedding=scan.head_is_embedding)
    return replace(checkpoint, weights=weights)


def _changes(there: Source, here: Merged) -> Changes | None:
    return tensor_changes(there.checkpoint.weights, here.checkpoint.weights)


def _diff(there: Source, here: Merged, changes: Changes | None, defaults: ClassDefaults) -> Diff:
    from slowlens.facts.diff.checkpoints import diff  # a gate seldom shows it: start fast

    return diff(there.checkpoint, here.checkpoint, changes, defaults)


def _of_source(there: Reading) -> tuple[FileProblem, ...]:
    return tuple(
        replace(problem, file=f"source: {problem.file}") for problem in there.checkpoint.problems
    )
