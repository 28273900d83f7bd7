"""Several runs beside each other: their figures, and what is to be said beside these."""

from collections.abc import Iterable, Iterator, Mapping

from slowlens.facts.live.imported import Imported
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.seconds import rounded
from slowlens.facts.live.speed import Work
from slowlens.lineup import Entry, Lineup
from slowlens.reports.speed_figures import Figure, figures
from slowlens.reports.spread import UNKNOWN
from slowlens.reports.units import counted, size

PEAK = "GPU memory, most that torch held"
USED = "GPU memory, most in use by all programs"
PROCESS = "memory of the process, most at any time"
MEMORY = (PEAK, USED, PROCESS)
"""Figures that are told to be missing where no run has them."""


def rows(lineup: Lineup) -> Iterator[Figure]:
    """Yield the figures that at least one run has, and last those of memory in any case.

    Ratios to the first run are left out where a run may not be held against it.
    """
    entries = lineup.entries
    found = (*_figures(entries), *_memory(entries))
    for figure in sorted(found, key=lambda each: each.name in MEMORY):
        if figure.known or figure.name in MEMORY:
            ratios = (
                ratio if entry.judged else ""
                for entry, ratio in zip(entries, figure.ratios, strict=True)
            )
            yield Figure(figure.name, figure.told, tuple(ratios))


def _figures(entries: Iterable[Entry]) -> Iterator[Figure]:
    """Yield the figures of the compared kind of trial, with speed and sample below the times."""
    entries = tuple(entries)
    for figure in figures([entry.side for entry in entries]):
        if figure.name == "memory peak":
            yield Figure(PEAK, figure.told, figure.ratios)
            continue
        yield figure
        if figure.name.startswith("TPOT"):
            yield _without_ratios("speed of decoding", map(_speed, entries))
            yield _without_ratios("what was timed", map(_sample, entries))


def _memory(entries: Iterable[Entry]) -> Iterator[Figure]:
    entries = tuple(entries)
    yield _without_ratios(USED, (_bytes(entry.gpu_memory) for entry in entries))
    yield _without_ratios(PROCESS, (_bytes(entry.process_memory) for entry in entries))


def _without_ratios(name: str, told: Iterable[str]) -> Figure:
    cells = tuple(told)
    return Figure(name, cells, ("",) * len(cells))


def _bytes(count: int | None) -> str:
    return UNKNOWN if count is None else size(count)


def _speed(entry: Entry) -> str:
    tpots = entry.side.tpots
    if not tpots:
        return UNKNOWN
    from statistics import median  # a check without a run should start fast

    return f"{rounded(1 / median(tpots))} tokens/s"


def _sample(entry: Entry) -> str:
    if entry.run.imported:
        return "as its tool tells it"
    if entry.speed is None:
        return UNKNOWN
    told = f"{counted(entry.speed.rounds, 'round')} of {counted(entry.speed.new_tokens, 'token')}"
    return f"{told}, estimated" if entry.speed.estimated else told


def unequal_work(lineup: Lineup) -> Iterator[str]:
    """Yield a sentence for each way in which the timed trials did unequal work."""
    lengths = {e.name: _tokens(e) for e in lineup.entries}
    told = {name: counted(tokens, "token") for name, tokens in lengths.items() if tokens}
    if len(set(told.values())) > 1:
        wrote = _grouped(told)
        yield (
            f"They wrote unequal numbers of tokens in a timed trial: {wrote}. Times per token can"
            " be held against each other where they do not grow with the length; whole answers"
            " cannot."
        )
    works = {e.name: str(e.side.work) for e in lineup.entries if e.side.work is not Work.UNKNOWN}
    if len(set(works.values())) > 1:
        did = _grouped(works)
        yield f"Their steps did unequal work, which is what a key-value cache saves: {did}."


def _tokens(entry: Entry) -> int | None:
    """Return how many tokens a timed trial wrote, as far as that is known."""
    if entry.speed is not None:
        return entry.speed.new_tokens
    imported = entry.run.imported
    length = imported.settings.get("output_length") if imported else None
    return int(length) if isinstance(length, int | float) else None


def _grouped(told: Mapping[str, str]) -> str:
    """Write what each run tells, those that tell the same together: ``16 tokens (A, C)``."""
    found: dict[str, list[str]] = {}
    for name, text in told.items():
        found.setdefault(text, []).append(name)
    return ", ".join(f"{text} ({', '.join(names)})" for text, names in found.items())


def remarks(lineup: Lineup) -> Iterator[str]:
    """Yield a sentence for each run that has less to show than others."""
    for entry in lineup.entries:
        measured = entry.run.measurement
        if entry.run.imported:
            yield _foreign(entry.name, entry.run.imported)
        elif measured and not entry.side.tpots:
            yield f"{entry.name} did not time this kind of trial to its end."
        elif measured and measured.status is not Status.DONE:
            yield f"{entry.name} was not finished: it {_ended(measured.status)}."


def _ended(status: Status) -> str:
    return "was stopped" if status is Status.STOPPED else "failed"


def _foreign(name: str, result: Imported) -> str:
    steps = (
        f"{name} is imported from {result.tool}: it tells no steps, so there is no curve of it and"
        " no waterfall."
    )
    definition = result.definition.rstrip(".")
    tpot = f"Its TPOT is {definition}."
    return f"{steps} {tpot}"
