"""One colour for each kind of trial, readable on light and dark backgrounds."""

from slowlens.facts.live.trial import Cache, Subject, Trial

COLORS: dict[tuple[str, Cache], str] = {
    (Subject.MERGED, Cache.AS_SHIPPED): "#8b6cf0",
    (Subject.MERGED, Cache.ON): "#0f9d8c",
    (Subject.MERGED, Cache.OFF): "#e2622b",
    (Subject.SOURCE, Cache.AS_SHIPPED): "#6f8597",
}
OTHER = "#b08a3c"
UNDERLAY = 4.0
LINE = 2.0
REPEAT = 1.0


def color(trial: Trial) -> str:
    """Return the colour of a kind of trial, the same in every round."""
    return COLORS.get((trial.subject, trial.cache), OTHER)


def line(trial: Trial) -> dict[str, object]:
    """Style a trial: later rounds thinner, "as shipped" wide, for it hides under its equal."""
    shipped = trial.subject is Subject.MERGED and trial.cache is Cache.AS_SHIPPED
    width = REPEAT if trial.round else UNDERLAY if shipped else LINE
    return {"color": color(trial), "width": width}


def opacity(trial: Trial) -> float:
    """Return how strongly a trial is drawn: later rounds stay in the background."""
    return 0.45 if trial.round else 0.9
