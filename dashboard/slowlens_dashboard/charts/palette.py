"""One colour for each kind of trial, readable on light and dark backgrounds."""

from collections.abc import Iterable, Mapping

from slowlens.facts.live.trial import Cache, Subject, Trial

Kind = tuple[str, Cache]
COLORS: Mapping[Kind, str] = {
    (Subject.MERGED, Cache.AS_SHIPPED): "#8b6cf0",
    (Subject.MERGED, Cache.ON): "#0f9d8c",
    (Subject.MERGED, Cache.OFF): "#e2622b",
    (Subject.MERGED, Cache.STATIC): "#3b82d6",
    (Subject.SOURCE, Cache.AS_SHIPPED): "#6f8597",
}
OTHERS = ("#b08a3c", "#d0569a", "#5f9e3f", "#a0522d", "#20a4c4", "#c0392b")
"""Of checkpoints with fixes, in their order."""
UNDERLAY = 4.0
LINE = 2.0
REPEAT = 1.0


def colors(trials: Iterable[Trial]) -> dict[Kind, str]:
    """Return the colour of each kind of trial, the same in every round."""
    kinds = dict.fromkeys((trial.subject, trial.cache) for trial in trials)
    others = [kind for kind in kinds if kind not in COLORS]
    rest = {kind: OTHERS[number % len(OTHERS)] for number, kind in enumerate(others)}
    return {kind: COLORS.get(kind) or rest[kind] for kind in kinds}


def line(trial: Trial, color: str) -> dict[str, object]:
    """Style a trial: later rounds thinner, "as shipped" wide, for it hides under its equal."""
    shipped = trial.subject == Subject.MERGED and trial.cache is Cache.AS_SHIPPED
    width = REPEAT if trial.round else UNDERLAY if shipped else LINE
    return {"color": color, "width": width}


def opacity(trial: Trial) -> float:
    """Return how strongly a trial is drawn: later rounds stay in the background."""
    return 0.45 if trial.round else 0.9
