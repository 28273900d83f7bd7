"""What a list says of a run, in English: each figure with its unit."""

from collections.abc import Iterator

from slowlens.brief import Brief, Factor, Kind, Timed
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.verdict import THRESHOLD, Outcome, percent, times
from slowlens.reports.units import counted, milliseconds, minute
from slowlens_dashboard.runs.history import Show
from slowlens_dashboard.runs.kept import Row

SHOWN = {
    Show.MEASURED: "Measured",
    Show.CHECKED: "Checked only",
    Show.IMPORTED: "Imported",
    Show.BASELINE: "Baselines",
}
"""What one may ask for, in words."""


def when(brief: Brief) -> str:
    """Say when it was made; its id where the file is damaged."""
    return f"{minute(brief.created)} UTC" if brief.created else brief.id


def kind(brief: Brief) -> str:
    """Say in a word what it is; empty of what was measured to its end, as most are."""
    match brief.kind:
        case Kind.CHECKED:
            return "checked only"
        case Kind.IMPORTED:
            return "imported"
        case Kind.DAMAGED:
            return "damaged"
        case _:
            done = brief.timed is None or brief.timed.status is Status.DONE
            return "" if done or brief.timed is None else str(brief.timed.status)


def figures(brief: Brief) -> Iterator[str]:
    """Yield its time per token and what that rests on."""
    if brief.tpot is not None:
        time = milliseconds(brief.tpot)
        yield f"{time} per token" if brief.comparable else f"{time} TPOT by its own definition"
    if brief.timed is not None:
        yield from _sample(brief.timed)


def _sample(timed: Timed) -> Iterator[str]:
    if timed.estimated:
        yield "estimated from a few steps"
    if timed.rounds:
        rounds, tokens = counted(timed.rounds, "round"), counted(timed.new_tokens, "token")
        yield f"{rounds} of {tokens}"
    if timed.prompt_tokens:
        yield f"prompt of {counted(timed.prompt_tokens, 'token')}"
    if timed.device:
        yield timed.device
    if timed.processes:
        yield f"{timed.processes} processes"
    if timed.made_up:
        yield "random weights"


def factors(row: Row) -> tuple[Factor, ...]:
    """Return how it compares with its source, and with its own cache on."""
    return row.brief.timed.factors if row.brief.timed else ()


def compared(factor: Factor) -> str:
    """Say how merged as shipped compares, with the interval where there is one."""
    both = (factor.outcome, factor.back)
    if both == (Outcome.PASS, Outcome.PASS):
        return f"within {percent(THRESHOLD)} of the time per token of {factor.label}"
    slower, label = factor.ratio >= 1, factor.label
    ends = (factor.low, factor.high) if slower else (factor.high, factor.low)
    ratio, *seen = (times(each if slower else 1 / each) for each in (factor.ratio, *ends) if each)
    if len(seen) < 2:
        found = f"{ratio} times as long per token as {label}, no verdict"
        return found if slower else f"{ratio} times faster per token than {label}, no verdict"
    low, high = seen
    found = f"{ratio} times as long per token as {label} ({low} to {high})"
    return found if slower else f"{ratio} times faster per token than {label} ({low} to {high})"
