"""What became of the speed of a checkpoint after a fix was applied."""

from collections.abc import Sequence
from enum import StrEnum

from slowlens.facts.live.speed import Work
from slowlens.facts.live.verdict import Outcome
from slowlens.patch.journal import Entry
from slowlens.run import Run
from slowlens.speedverdict import Answer, Judged, SpeedVerdict


class Became(StrEnum):
    """As a person would say it."""

    BETTER = "better"
    NO_BETTER = "no better"
    WORSE = "slower"
    UNCLEAR = "not clear"


def became(verdict: SpeedVerdict) -> Became:
    """Tell from merged as shipped, before and after; fewer tokens or less work is better too."""
    if verdict.answer is Answer.INCOMPARABLE:
        return Became.UNCLEAR
    judged = verdict.decisive
    if any(_better(each) for each in judged):
        return Became.BETTER
    if any(each.slower.outcome is Outcome.FAIL for each in judged):
        return Became.WORSE
    same = all(
        (each.slower.outcome, each.faster.outcome) == (Outcome.PASS, Outcome.PASS)
        for each in judged
    )
    return Became.NO_BETTER if same else Became.UNCLEAR


def _better(each: Judged) -> bool:
    before, after = each.before.answer, each.after.answer
    shorter = before is not None and after is not None and after < before
    less = (each.before.work, each.after.work) == (Work.ALL, Work.NEWEST)
    return each.faster.outcome is Outcome.FAIL or shorter or less


def proved(entries: Sequence[Entry], before: Run, after: Run) -> tuple[int, ...]:
    """Return the numbers of the fixes that were written between two runs."""
    return tuple(entry.number for entry in entries if before.created <= entry.time <= after.created)
