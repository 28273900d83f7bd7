"""Which of the runs that are kept speaks for a checkpoint: one that measured its very files."""

from collections.abc import Iterable

from slowlens.facts.live.measurement import Status
from slowlens.facts.live.speed import answer_of, rounds_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import LEAST_RUNS
from slowlens.frozen import replace
from slowlens.run import Run


def witness(run: Run, runs: Iterable[Run]) -> Run | None:
    """Return the most telling of ``runs`` that measured merged as it is in ``run``, to the end.

    Where it did not compare results, it has the comparison of the newest that did: else a fix that
    was seen to change them would be called safe. ``runs``, here and below, are the newest first.
    None without one.
    """
    found = [each for each in measured_runs(run, runs) if _speaks(each, run)]
    best = max(found, key=_telling, default=None)
    return best and _with_equalities(best, found)


def witness_of_pair(run: Run, runs: Iterable[Run]) -> Run | None:
    """Return the same of those in which the source was as it is in ``run`` as well."""
    return witness(run, (each for each in runs if _same_source(each, run)))


def before_and_after(run: Run, runs: Iterable[Run]) -> tuple[Run, Run] | None:
    """Return the newest run before its files were changed, and the one that speaks for them now.

    The weights are the same in both. None without the two.
    """
    found = measured_runs(run, runs)
    after = witness(run, found)
    if after is None:
        return None
    earlier = (r for r in found if r.id < after.id and _finished(r) and not _same_files(r, run))
    before = next((r for r in earlier if r.merged.weights == run.merged.weights), None)
    return None if before is None else (before, after)


def measured_runs(run: Run, runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return those that measured the folder of merged, whatever was in it by then."""
    return tuple(r for r in runs if r.merged.path == run.merged.path and r.measurement is not None)


def rounds(run: Run) -> int:
    """Return how often merged was timed as shipped."""
    measured = run.measurement
    return rounds_of(measured, Subject.MERGED, Cache.AS_SHIPPED) if measured else 0


def _telling(run: Run) -> tuple[bool, bool, int]:
    """Rank by rounds enough for a verdict, by answers, by kinds of trial.

    A quick look does not push aside what was measured well. Of equals the newest counts.
    """
    measured = run.measurement
    assert measured is not None
    answered = answer_of(measured, Subject.MERGED) is not None
    return rounds(run) >= LEAST_RUNS, answered, len(measured.timed)


def _with_equalities(best: Run, found: Iterable[Run]) -> Run:
    compared = [each.measurement.equalities for each in (best, *found) if each.measurement]
    equalities = next(filter(None, compared), ())
    assert best.measurement is not None
    return replace(best, measurement=replace(best.measurement, equalities=equalities))


def _speaks(one: Run, run: Run) -> bool:
    return _finished(one) and _same_files(one, run)


def _finished(run: Run) -> bool:
    return run.measurement is not None and run.measurement.status is Status.DONE


def _same_files(one: Run, other: Run) -> bool:
    return one.merged.same_files(other.merged)


def _same_source(one: Run, other: Run) -> bool:
    if one.source is None or other.source is None:
        return one.source is other.source
    return one.source.path == other.source.path and one.source.same_files(other.source)
