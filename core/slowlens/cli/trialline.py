"""One trial in words, while it runs and when it is over."""

from collections.abc import Sequence
from statistics import fmean

from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.reports.tables import WIDTH

NAME = 28
"""Characters that most names of trials find room in."""
CALLED = {Purpose.CURVE: "sample", Purpose.LENGTH: "answer"}
"""Purposes whose own name tells little to somebody who watches."""


def title(trial: Trial) -> str:
    """Name a trial, and which of its kind it is."""
    timed = trial.purpose is Purpose.SPEED
    what = f"round {trial.round + 1}" if timed else CALLED.get(trial.purpose, trial.purpose)
    overlay = trial.subject not in tuple(Subject) and trial.cache is Cache.AS_SHIPPED
    return f"{trial.subject if overlay else trial.label} ({what})"


def beside(name: str, figures: Sequence[str]) -> str:
    """Put the figures of a trial beside its name."""
    return "  ".join((name, *filter(None, figures)))


def fitting(name: str, figures: Sequence[str], indent: int) -> str:
    """Put them below it where they find no room beside it."""
    line = beside(name, figures)
    return line if len(line) <= WIDTH else beside(f"{name.rstrip()}\n{'':<{indent}}", figures)


def figures(steps: Sequence[Step], purpose: Purpose) -> tuple[str, ...]:
    """Write its mean time per token so far, and how many tokens went into its steps.

    A proof is not timed: nothing is warm yet.
    """
    if not steps:
        return ()
    first = steps if len(steps) < 4 else steps[:2]
    lengths = ", ".join(str(step.tokens_in) for step in first)
    later = [] if purpose is Purpose.PROOF else [step.seconds for step in steps[1:]]
    speed = f"{milliseconds(fmean(later)):>8} per token" if later else ""
    into = f"tokens in {lengths}" + (f" … {steps[-1].tokens_in}" if len(steps) > 3 else "")
    return (speed, into)
