"""What a verdict on speed says, in the words that all its reports share."""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from slowlens.blame import CONDITIONS, Blamed, blamed
from slowlens.facts.live.verdict import Outcome, Verdict, times
from slowlens.reports.called import place
from slowlens.reports.units import counted, moment
from slowlens.run import Run
from slowlens.speedverdict import Answer, Judged, SpeedVerdict

VERDICTS = {
    Answer.PASS: "passed",
    Answer.FAIL: "failed",
    Answer.INCONCLUSIVE: "inconclusive",
    Answer.INCOMPARABLE: "not comparable",
}
CAUSE, FINDING, PROOF = "cause", "finding", "proof"
NONE = "none was found; notes, which `slowlens check` shows, may tell more"
FEW = 3


class Blame(NamedTuple):
    """What was found where a side may be slower: ``cause``, ``finding`` or ``proof``."""

    label: str
    message: str
    rule: str = ""
    """Empty where it is none of a rule."""

    @property
    def text(self) -> str:
        """The message, and the id of its rule behind it."""
        return f"{self.message} [{self.rule}]" if self.rule else self.message


def headline(verdict: SpeedVerdict) -> str:
    """Say in one line what became of it."""
    name = VERDICTS[verdict.answer].upper()
    if verdict.answer is Answer.INCOMPARABLE:
        return f"{name}: {_incomparable(verdict)}"
    outcome = Outcome(verdict.answer.value)
    first = next(each for each in verdict.decisive if each.slower.outcome is outcome)
    return f"{name}: {sentence(first)}"


def sentence(judged: Judged) -> str:
    """Say what one kind of trial tells."""
    estimated = judged.before.estimated or judged.after.estimated
    basis = " This is estimated from a few steps of each run." if estimated else ""
    if judged.faster.outcome is Outcome.FAIL:
        return f"{judged.label}: {_faster(judged.faster, judged.slower)}.{basis}"
    return f"{judged.label}: {judged.slower.reason}.{basis}"


def _faster(faster: Verdict, slower: Verdict) -> str:
    assert faster.ratio is not None
    runs = f"{slower.candidate_runs} against {slower.reference_runs} runs"
    said = f"{times(faster.ratio)} times faster per token ({faster.interval}, {runs})"
    return f"{said}: {slower.why}" if slower.outcome is Outcome.INCONCLUSIVE else said


def _incomparable(verdict: SpeedVerdict) -> str:
    if not verdict.unlike:
        return "no kind of trial was timed on both sides."
    return f"the two runs are unlike in {_unlike(verdict)}."


def _unlike(verdict: SpeedVerdict) -> str:
    return ", ".join(each.what for each in verdict.unlike)


def unlikes(verdict: SpeedVerdict) -> Iterator[str]:
    """Yield a line for each circumstance that differs."""
    before, after = verdict.titles
    for each in verdict.unlike:
        yield f"{each.what}: {each.before} ({before}), {each.after} ({after})"


def failures(verdict: SpeedVerdict) -> Iterator[str]:
    """Yield a sentence for each trial of the second side that could not be run."""
    measurement = verdict.after.measurement
    failed = measurement.failures if measurement else ()
    yield from dict.fromkeys(
        f"{each.trial.label} ({each.trial.purpose}) could not be run: {each.message}"
        for each in failed
    )


def blames(verdict: SpeedVerdict) -> Iterator[Blame]:
    """Yield what was found where it may be slower.

    The gravest few, each with its proofs and without its cost; what disturbed the runs comes last.
    """
    found = blamed(verdict)
    if verdict.answer is Answer.FAIL and verdict.after.outcomes and not any(b.cause for b in found):
        yield Blame(CAUSE, _none(verdict))
    several = [each for each in found if each.rule != CONDITIONS]
    places = [*accumulate(not each.proves for each in several)]
    shown = (each for each, place in zip(several, places, strict=True) if place <= FEW)
    yield from map(_named, shown)
    if several and places[-1] > FEW:
        yield Blame(FINDING, f"and {counted(places[-1] - FEW, 'more finding')}")
    yield from (_named(each) for each in found if each.rule == CONDITIONS)


def _none(verdict: SpeedVerdict) -> str:
    """Say that nothing was found; what the runs are unlike in may be all there is to find."""
    if not verdict.unlike:
        return NONE
    return f"none was found, and the two runs are unlike in {_unlike(verdict)}: that may be it"


def _named(each: Blamed) -> Blame:
    label = PROOF if each.proves else CAUSE if each.cause else FINDING
    return Blame(label, each.finding.message, each.rule)


def notes(verdict: SpeedVerdict) -> Iterator[str]:
    """Yield what stands below the first line of a report, for those that have no columns."""
    yield from (f"{each.label}: {each.text}" for each in blames(verdict))
    yield from unlikes(verdict)
    yield from failures(verdict)


def sides(verdict: SpeedVerdict) -> Iterator[tuple[str, str]]:
    """Yield what each side is called, and its run: the id, when it was made, and of what."""
    if verdict.before is verdict.after:
        yield "run", _ran(verdict.after)
        return
    for title, run in zip(verdict.titles, (verdict.before, verdict.after), strict=True):
        yield title, _ran(run)


def _ran(run: Run) -> str:
    when = f"{run.id}, {moment(run.created)}" if run.id else "not measured"
    return f"{when}: {place(run)}"
