"""Is one run slower than another, merged slower than its source, or faster after a fix."""

from enum import StrEnum

from slowlens.facts.live.likeness import Unlike, unlike_conditions, unlike_imports, unlike_models
from slowlens.facts.live.side import Side, shared_kinds, side_of, side_of_import
from slowlens.facts.live.speed import Work
from slowlens.facts.live.trial import Cache, Kind, Purpose, Subject, Trial
from slowlens.facts.live.verdict import THRESHOLD, Outcome, judge
from slowlens.frozen import replace
from slowlens.run import Run
from slowlens.speedverdict import INSTRUMENT, Answer, Judged, SpeedVerdict

SINGLE = "no verdict: an imported result counts as a single run, so it gives figures only"


class Became(StrEnum):
    """What became of a checkpoint after a fix, as a person would say it."""

    BETTER = "better"
    NO_BETTER = "no better"
    WORSE = "slower"
    UNCLEAR = "not clear"


def compare_runs(
    before: Run,
    after: Run,
    threshold: float = THRESHOLD,
    *,
    anyway: bool = False,
    kind: Kind | None = None,
) -> SpeedVerdict:
    """Judge ``after`` by ``before``: measured runs, or results of another benchmark.

    Measured runs by ``kind`` of trial alone, where one is given.
    """
    unlike, judged = _measurements(before, after, threshold, kind)
    if not judged and not unlike:
        unlike, judged = _imports(before, after, threshold)
    return SpeedVerdict(before, after, threshold, judged, unlike, anyway)


def compare_fix(before: Run, after: Run) -> SpeedVerdict:
    """Judge a measured checkpoint by what it was: how it is loaded may be what was fixed."""
    assert before.measurement
    assert after.measurement
    conditions = unlike_conditions(before.measurement, after.measurement)
    return replace(compare_runs(before, after), unlike=conditions)


def became(verdict: SpeedVerdict) -> Became:
    """Tell from merged as shipped, before and after; fewer tokens or less work is better too."""
    if verdict.answer is Answer.INCOMPARABLE:
        return Became.UNCLEAR
    judged = verdict.decisive
    if any(map(_better, judged)):
        return Became.BETTER
    if any(each.slower.outcome is Outcome.FAIL for each in judged):
        return Became.WORSE
    same = all(
        (each.slower.outcome, each.faster.outcome) == (Outcome.PASS, Outcome.PASS)
        for each in judged
    )
    return Became.NO_BETTER if same else Became.UNCLEAR


def _better(each: Judged) -> bool:
    """Whether it is in any way; of an answer that was cut off nobody knows how long it would be."""
    before, after = each.before.answer, each.after.answer
    shorter = before is not None and after is not None and after < before
    less = (each.before.work, each.after.work) == (Work.ALL, Work.NEWEST)
    return each.faster.outcome is Outcome.FAIL or less or (shorter and each.after.ended is True)


def compare_subjects(run: Run, threshold: float = THRESHOLD) -> SpeedVerdict:
    """Judge merged by source, both as shipped, of one run in which they took turns."""
    assert run.measurement
    before, after = (
        side_of(run.measurement, subject, Cache.AS_SHIPPED)
        for subject in (Subject.SOURCE, Subject.MERGED)
    )
    label = "merged against source, both as shipped"
    judged = (_judged(label, before, after, threshold),)
    return SpeedVerdict(run, run, threshold, judged, titles=(Subject.SOURCE, Subject.MERGED))


def _measurements(
    before: Run, after: Run, threshold: float, kind: Kind | None
) -> tuple[tuple[Unlike, ...], tuple[Judged, ...]]:
    one, two = before.measurement, after.measurement
    if one is None or two is None:
        return (), ()
    judged = tuple(
        _judged(
            Trial(subject, cache, Purpose.SPEED, 0).label,
            side_of(one, subject, cache),
            side_of(two, subject, cache),
            threshold,
            shipped=(subject, cache) == (Subject.MERGED, Cache.AS_SHIPPED),
        )
        for subject, cache in shared_kinds(one, two)
        if kind in (None, (subject, cache))
    )
    return (*unlike_conditions(one, two), *unlike_models(one, two, kind)), judged


def _imports(
    before: Run, after: Run, threshold: float
) -> tuple[tuple[Unlike, ...], tuple[Judged, ...]]:
    one, two = before.imported, after.imported
    if one is None or two is None:
        return (Unlike(INSTRUMENT, instrument(before), instrument(after)),), ()
    judged = _judged(
        "TPOT as the tool tells it", side_of_import(one), side_of_import(two), threshold
    )
    return unlike_imports(one, two), (_without_verdict(judged),)


def _without_verdict(judged: Judged) -> Judged:
    """Say what keeps imports from a verdict: no number of rounds would help."""
    if not (judged.before.tpots and judged.after.tpots):
        return judged
    slower, faster = (replace(each, why=SINGLE) for each in (judged.slower, judged.faster))
    return replace(judged, slower=slower, faster=faster)


def instrument(run: Run) -> str:
    """Say what a run was measured with."""
    if run.imported:
        return run.imported.tool
    return "slowlens measure" if run.measurement else "none: it was only checked"


def _judged(
    label: str, before: Side, after: Side, threshold: float, *, shipped: bool = True
) -> Judged:
    noise = max(before.noise, after.noise)
    return Judged(
        label,
        before,
        after,
        judge(after.tpots, before.tpots, threshold, noise=noise),
        judge(before.tpots, after.tpots, threshold, noise=noise),
        shipped,
    )
