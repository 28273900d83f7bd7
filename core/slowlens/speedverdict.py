"""Is one run slower than another: a verdict for each kind of trial that both timed.

This is the performance half of the gate; ``gate`` is the half that judges findings.
"""

from enum import StrEnum

from slowlens.facts.live.likeness import (
    NOTHING_SHARED,
    Unlike,
    unlike_conditions,
    unlike_imports,
    unlike_models,
)
from slowlens.facts.live.side import Side, shared_kinds, side_of, side_of_import
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.facts.live.verdict import THRESHOLD, Outcome, Verdict, judge
from slowlens.frozen import dataclass, replace
from slowlens.gate import ExitCode
from slowlens.run import Run

INSTRUMENT = "instrument"
SINGLE = "no verdict: an imported result counts as a single run, so it gives figures only"


class Answer(StrEnum):
    """Of a comparison as a whole."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    INCOMPARABLE = "incomparable"
    """The sides were not measured alike, or not in the same ways."""


EXIT_CODES = {
    Answer.PASS: ExitCode.CLEAN,
    Answer.FAIL: ExitCode.FOUND,
    Answer.INCONCLUSIVE: ExitCode.UNCHECKED,
    Answer.INCOMPARABLE: ExitCode.UNCHECKED,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One kind of trial on both sides."""

    label: str
    before: Side
    after: Side
    slower: Verdict
    """Whether ``after`` is slower."""
    faster: Verdict
    """Whether ``before`` would be slower."""
    shipped: bool = True
    """Whether it ran as the checkpoint asks for."""


@dataclass(frozen=True, slots=True)
class SpeedVerdict:
    """Two sides, what is unlike about them, and what each kind of trial says."""

    before: Run
    after: Run
    threshold: float
    judged: tuple[Judged, ...]
    unlike: tuple[Unlike, ...] = ()
    anyway: bool = False
    """Whether they are compared although they are unlike."""
    titles: tuple[str, str] = ("before", "after")
    """What the sides are called."""

    @property
    def answer(self) -> Answer:
        """What merged as shipped says, where it was timed on both sides; else the worst."""
        if (self.unlike and not self.anyway) or not self.judged:
            return Answer.INCOMPARABLE
        outcomes = {each.slower.outcome for each in self.decisive}
        worst = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
        return Answer(next(outcome for outcome in worst if outcome in outcomes))

    @property
    def hopeless(self) -> bool:
        """Whether there is nothing to compare, whatever is told."""
        return any(each.what in (INSTRUMENT, NOTHING_SHARED) for each in self.unlike)

    @property
    def decisive(self) -> tuple[Judged, ...]:
        """The kinds of trial that the answer rests on."""
        return tuple(each for each in self.judged if each.shipped) or self.judged

    @property
    def exit_code(self) -> ExitCode:
        """What the shell is told."""
        return EXIT_CODES[self.answer]


def compare_runs(
    before: Run, after: Run, threshold: float = THRESHOLD, *, anyway: bool = False
) -> SpeedVerdict:
    """Judge ``after`` by ``before``: measured runs, or results of another benchmark."""
    unlike, judged = _measurements(before, after, threshold)
    if not judged and not unlike:
        unlike, judged = _imports(before, after, threshold)
    return SpeedVerdict(before, after, threshold, judged, unlike, anyway)


def compare_fix(before: Run, after: Run) -> SpeedVerdict:
    """Judge a measured checkpoint by what it was: how it is loaded may be what was fixed."""
    assert before.measurement
    assert after.measurement
    conditions = unlike_conditions(before.measurement, after.measurement)
    return replace(compare_runs(before, after), unlike=conditions)


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
    before: Run, after: Run, threshold: float
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
    )
    return (*unlike_conditions(one, two), *unlike_models(one, two)), judged


def _imports(
    before: Run, after: Run, threshold: float
) -> tuple[tuple[Unlike, ...], tuple[Judged, ...]]:
    one, two = before.imported, after.imported
    if one is None or two is None:
        return (Unlike(INSTRUMENT, _instrument(before), _instrument(after)),), ()
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


def _instrument(run: Run) -> str:
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
