"""Which run tried a fix on these very files, and how far one is that tries it just now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slowlens.facts.live.measurement import Status
from slowlens.facts.live.trial import Purpose
from slowlens.reports.units import size
from slowlens.run import Run
from slowlens_dashboard.measuring.eventlog import Entry
from slowlens_dashboard.repairs import Offer
from slowlens_dashboard.tables.gains import Gain, gain

TIMED = (Purpose.SPEED, Purpose.CURVE)


@dataclass(frozen=True, slots=True)
class Try:
    """A run in which a fix was tried, and what came of it."""

    run: Run
    gain: Gain | None
    """None where it ended before that could be told."""

    @property
    def trouble(self) -> tuple[str, str]:
        """What ended it too early and what to do next; empty where it came to its end."""
        found = self.run.measurement
        if found is None or found.status is Status.DONE:
            return "", ""
        if found.status is Status.STOPPED:
            return "the last try was stopped", "Try it again to see what it gains."
        return f"the last try failed: {found.error}", found.hint


def tried(offer: Offer, offers: Sequence[Offer], now: Run, runs: Iterable[Run]) -> Try | None:
    """Return the newest of ``runs`` that tried the fix alone, on the files as they are ``now``.

    One that came to a result goes before later ones that did not. ``runs``: the newest first.
    """
    newest = None
    for run in runs:
        if run.measurement is not None and _alone(offer, run) and _same_files(run, now):
            one = Try(run, gain(offer, offers, run.measurement))
            newest = newest or one
            if one.gain:
                return one
    return newest


def _alone(offer: Offer, run: Run) -> bool:
    measured = run.measurement
    return measured is not None and any(
        one.titles == (offer.fix.title,) for one in measured.plan.overlays
    )


def _same_files(run: Run, now: Run) -> bool:
    return run.merged.path == now.merged.path and run.merged.same_files(now.merged)


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is."""

    share: float
    """Of what is known to come, by time: from 0 to 1."""
    doing: str
    left: float | None
    """Seconds, without loading and warming up; None while nothing was timed."""


def progress(log: Iterable[Entry]) -> RunProgress:
    """Tell from the events that a page is told how far their run is."""
    trials: Sequence[Mapping[str, object]] = ()
    steps: dict[int, list[float]] = {}
    over: set[int] = set()
    doing = "Starting the measuring process…"
    for entry in log:
        match entry:
            case {"event": "Planned", "trials": list(trials)}:
                pass
            case {"event": "Loading", "subject": subject, "size": int(whole)}:
                doing = f"Loading {subject} ({size(whole)})…"
            case {
                "event": "LoadProgress",
                "subject": subject,
                "done": int(done),
                "size": int(all_),
            }:
                doing = f"Loading {subject}: {size(done)} of {size(all_)}…"
            case {"event": "TrialStarted", "trial": int(number)} if number < len(trials):
                over.update(range(number))  # some end without an event
                doing = f"Trial {number + 1} of {len(trials)}: {trials[number]['label']}"
            case {"event": "Stepped", "trial": int(number), "steps": {"seconds": list(seconds)}}:
                steps.setdefault(number, []).extend(seconds)
            case {"event": "TrialFinished" | "TrialFailed", "trial": int(number)}:
                over.add(number)
    return _progress(trials, steps, over, doing)


def _progress(
    trials: Sequence[Mapping[str, object]],
    steps: Mapping[int, Sequence[float]],
    over: set[int],
    doing: str,
) -> RunProgress:
    """Take each trial to go on as those of its kind did, or else as all."""
    spent = sum(sum(seconds) for seconds in steps.values())
    planned = any(trial["purpose"] in TIMED for trial in trials)
    if not (spent and planned):  # the first trials decide which follow
        return RunProgress(0.0, doing, None)
    paces: dict[object, list[float]] = {}
    for number, seconds in steps.items():
        if number < len(trials):
            paces.setdefault(trials[number]["label"], []).extend(seconds)
    every = spent / sum(len(seconds) for seconds in steps.values())
    left = 0.0
    for number, trial in enumerate(trials):
        if number not in over:
            known = paces.get(trial["label"], ())
            tokens = int(str(trial["tokens"])) - len(steps.get(number, ()))
            left += max(0, tokens) * (sum(known) / len(known) if known else every)
    return RunProgress(spent / (spent + left), doing, left)
