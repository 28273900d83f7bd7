"""One trial in words, while it runs and when it is over."""

from collections.abc import Sequence
from statistics import fmean

from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Purpose, Trial

CALLED = {Purpose.CURVE: "sample", Purpose.LENGTH: "answer"}
"""Purposes whose own name tells little to somebody who watches."""


def title(trial: Trial) -> str:
    """Name a trial, and which of its kind it is."""
    timed = trial.purpose is Purpose.SPEED
    what = f"round {trial.round + 1}" if timed else CALLED.get(trial.purpose, trial.purpose)
    return f"{trial.label} ({what})"


def figures(steps: Sequence[Step]) -> tuple[str, ...]:
    """Write its mean time per token so far, and how many tokens went into its steps."""
    if not steps:
        return ()
    first = steps if len(steps) < 4 else steps[:2]
    lengths = ", ".join(str(step.tokens_in) for step in first)
    later = [step.seconds for step in steps[1:]]
    speed = f"{milliseconds(fmean(later)):>8} per token" if later else ""
    into = f"tokens in {lengths}" + (f" … {steps[-1].tokens_in}" if len(steps) > 3 else "")
    return (speed, into)
