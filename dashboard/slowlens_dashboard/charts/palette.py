"""One look for each kind of trial, readable on light and dark backgrounds.

Any two colours are told apart by people with protanopia, deuteranopia and tritanopia, and so much
the better the earlier they come; a line has its own dashes besides.
"""

from collections.abc import Iterable, Mapping

from slowlens.facts.live.trial import Cache, Kind, Subject, Trial

COLORS: Mapping[Kind, str] = {
    (Subject.MERGED, Cache.AS_SHIPPED): "#7540ec",
    (Subject.MERGED, Cache.ON): "#17726d",
    (Subject.MERGED, Cache.OFF): "#ea5202",
    (Subject.MERGED, Cache.STATIC): "#4b9bcf",
    (Subject.SOURCE, Cache.AS_SHIPPED): "#8f967b",
}
OTHERS = ("#9e4e42", "#be6f96", "#7c5598", "#709349", "#c92516", "#7370fa")
"""Of checkpoints with fixes, in their order."""
SERIES = ("#4b9bcf", "#ea5202", "#17726d", "#7540ec", "#8f967b", "#9e4e42", "#be6f96", "#7c5598")
"""Of what is no trial, such as several GPUs or runs."""
SOLID = "solid"
DASHES: Mapping[Kind, str] = {
    (Subject.MERGED, Cache.AS_SHIPPED): SOLID,
    (Subject.MERGED, Cache.ON): SOLID,
    (Subject.MERGED, Cache.OFF): "8px,3px",
    (Subject.MERGED, Cache.STATIC): "10px,3px,2px,3px",
    (Subject.SOURCE, Cache.AS_SHIPPED): "4px,3px",
}
"""Solid: the two that are compared, which differ in width."""
OTHER_DASHES = ("12px,3px", "6px,3px,2px,3px", "3px,2px", "14px,4px,4px,4px", "2px,4px", "9px,6px")
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
    return {"color": color, "width": width, "dash": dash(trial, color)}


def dash(trial: Trial, color: str) -> str:
    """Return the dashes of a trial's line, by which it is known without its colour."""
    kind = trial.subject, trial.cache
    if kind in DASHES:
        return DASHES[kind]
    return OTHER_DASHES[OTHERS.index(color)] if color in OTHERS else SOLID


def series(number: int) -> dict[str, object]:
    """Return the look of a line of what is no trial: its colour, and dashes to know it by."""
    dashes = (SOLID, *OTHER_DASHES)
    return {"color": SERIES[number % len(SERIES)], "dash": dashes[number % len(dashes)]}


def opacity(trial: Trial) -> float:
    """Return how strongly a trial is drawn: later rounds stay in the background."""
    return 0.45 if trial.round else 0.9
