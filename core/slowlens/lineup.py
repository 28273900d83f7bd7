"""Any number of runs beside each other, each of them judged by the first."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from zlib import crc32

from slowlens.comparing import compare_runs, instrument
from slowlens.facts.live.alongside import Circumstance, circumstances
from slowlens.facts.live.likeness import TOOL
from slowlens.facts.live.side import Side, side_of, side_of_import
from slowlens.facts.live.speed import Speed, speed_of
from slowlens.facts.live.trial import Cache, Kind, Subject
from slowlens.facts.live.verdict import THRESHOLD
from slowlens.frozen import dataclass, replace
from slowlens.run import Run
from slowlens.speedverdict import INSTRUMENT, Judged, SpeedVerdict
from slowlens.verbatim import Verbatim

MOST = len(ascii_uppercase)
"""Runs that have a letter each."""
SHIPPED: Kind = (Subject.MERGED, Cache.AS_SHIPPED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One run of a line-up. Bytes and tokens; None is "not available"."""

    name: str
    """A letter, by which tables, charts and sentences call it."""
    run: Run
    side: Side
    """Times of the kind of trial that is compared; empty where the run did not time it."""
    speed: Speed | None
    """Figures of the same; an imported result has none."""
    verdict: SpeedVerdict | None
    """By the first run, which has none itself."""
    process_memory: int | None = None
    """The most that the measuring process and its children held, at any time of the run."""
    gpu_memory: int | None = None
    """The most of one GPU that was in use, by all programs, at any time of the run."""

    @property
    def judged(self) -> Judged | None:
        """What its verdict rests on; None where there is no verdict, or it may not be given."""
        verdict = self.verdict
        if verdict is None or not verdict.judged or (verdict.unlike and not verdict.anyway):
            return None
        alike = (each for each in verdict.judged if each.after == self.side)
        return next(alike, verdict.decisive[0])


@dataclass(frozen=True, slots=True)
class Lineup:
    """Two runs or more."""

    entries: tuple[Entry, ...]
    kind: Kind | None
    """The kind of trial that is shown; None where all are imported."""
    circumstances: tuple[Circumstance, ...]
    """First those that decide whether there is a verdict."""

    @property
    def verdicts(self) -> tuple[SpeedVerdict, ...]:
        """Of every run but the first."""
        return tuple(entry.verdict for entry in self.entries if entry.verdict)

    @property
    def differing(self) -> tuple[Circumstance, ...]:
        """The circumstances that differ."""
        return tuple(each for each in self.circumstances if each.differs)

    @property
    def common(self) -> tuple[Circumstance, ...]:
        """Those that are the same in all runs."""
        return tuple(e for e in self.circumstances if not e.differs and None not in e.told)

    @property
    def partly_told(self) -> tuple[Circumstance, ...]:
        """Those that do not differ, but that some runs do not tell."""
        return tuple(e for e in self.circumstances if not e.differs and None in e.told)


def comparable(run: Run) -> bool:
    """Whether a run holds figures that another one can be held against."""
    return bool(run.imported or (run.measurement and run.measurement.timed))


def kinds_of(runs: Sequence[Run]) -> Mapping[Kind, tuple[int, ...]]:
    """Return every kind of trial that was timed, with the places of the runs that timed it."""
    found: dict[Kind, tuple[int, ...]] = {}
    for place, run in enumerate(runs):
        for kind in run.measurement.timed if run.measurement else ():
            found[kind] = (*found.get(kind, ()), place)
    return found


def usual_kind(runs: Sequence[Run]) -> Kind | None:
    """Return what is compared where nobody chooses: merged as shipped, else what most timed."""
    found = kinds_of(runs)
    most = max(map(len, found.values()), default=0)
    if most and len(found.get(SHIPPED, ())) >= min(2, most):
        return SHIPPED
    return next((kind for kind, places in found.items() if len(places) == most), None)


def line_up(
    runs: Sequence[Run],
    kind: Kind | None = None,
    threshold: float = THRESHOLD,
    *,
    anyway: bool = False,
) -> Lineup:
    """Put runs beside each other, and judge each by the first.

    By ``kind`` of trial; without one, verdicts rest on what ``compare_runs`` takes.
    """
    shown = kind or usual_kind(runs)
    first, *others = (
        _entry(name, run, shown) for name, run in zip(ascii_uppercase, runs, strict=False)
    )
    judged = (
        replace(
            entry,
            verdict=replace(
                compare_runs(first.run, entry.run, threshold, anyway=anyway, kind=kind),
                titles=(first.name, entry.name),
            ),
        )
        for entry in others
    )
    return Lineup((first, *judged), shown, _circumstances(runs, kind))


def _entry(name: str, run: Run, kind: Kind | None) -> Entry:
    measured = run.measurement
    if run.imported:
        return Entry(name, run, side_of_import(run.imported), None, None)
    if measured is None or kind is None:
        return Entry(name, run, Side(), None, None)
    looks = measured.samples
    return Entry(
        name,
        run,
        side_of(measured, *kind),
        speed_of(measured, *kind),
        None,
        max((look.process_memory for look in looks if look.process_memory), default=None),
        max((look.memory_used for look in looks if look.memory_used), default=None),
    )


def _circumstances(runs: Sequence[Run], kind: Kind | None) -> tuple[Circumstance, ...]:
    """Return what they were measured with, and on; which checkpoint it was decides nothing."""
    timed = kinds_of(runs)
    kinds = [kind] if kind else [each for each, places in timed.items() if len(places) > 1]
    results = [run.imported or run.measurement for run in runs]
    found = (
        Circumstance(INSTRUMENT, tuple(map(instrument, runs))),
        *(c for c in circumstances(results, kinds or timed) if c.what != TOOL),
        Circumstance("Slowlens", tuple(run.slowlens for run in runs), decides=False),
        Circumstance("checkpoint", tuple(map(_checkpoint, runs)), decides=False),
        Circumstance("its JSON files", tuple(map(_files, runs)), decides=False),
    )
    return tuple(each for each in found if any(each.told))


def _checkpoint(run: Run) -> Verbatim:
    return Verbatim(run.merged.argument)


def _files(run: Run) -> str | None:
    """Write a checksum of the JSON files of merged, which are what a fix changes."""
    digests = run.merged.sha256
    told = " ".join(f"{name} {digests[name]}" for name in sorted(digests))
    return f"checksum {crc32(told.encode()):08x}" if digests else None
