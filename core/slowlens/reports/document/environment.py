"""The environment: the checkpoints, the machine, and the versions of all that matters for speed."""

from collections.abc import Iterator

from slowlens.facts.environment import Device
from slowlens.reports import device, words
from slowlens.reports.document.blocks import Block, Fold, Items, Table
from slowlens.reports.units import count, counted, moment, size
from slowlens.run import CheckpointSummary, Run
from slowlens.verbatim import Verbatim

DIGITS = 12
"""Of a digest: enough to tell files apart."""


def environment(run: Run) -> tuple[Block, ...]:
    """Return where it ran, and on what."""
    return (
        Table(("Checkpoint", *_sides(run)), tuple(_checkpoints(run)), words=(0, 1, 2)),
        Table(("Environment", "Value"), tuple(_machine(run)), words=(0, 1)),
        *_loaded(run),
        *_digests(run),
    )


def _sides(run: Run) -> tuple[str, ...]:
    return ("Merged", "Source") if run.source else ("Merged",)


def _checkpoints(run: Run) -> Iterator[tuple[str, ...]]:
    sides = [side for side in (run.merged, run.source) if side is not None]
    for name, tell in (
        ("Name", lambda side: Verbatim(side.argument)),
        ("Model type", lambda side: side.model_type or "n/a"),
        ("Parameters", lambda side: count(side.parameters)),
        ("Weights", _weights),
        ("Memory of the weights", _memory),
        ("Files", lambda side: str(len(side.files))),
    ):
        yield (name, *map(tell, sides))
    if run.provenance:
        wrote = "; ".join(map(words.writer, run.provenance))
        yield ("Written by", wrote, *[""] * (len(sides) - 1))


def _weights(side: CheckpointSummary) -> str:
    dtypes = ", ".join(side.dtype_sizes)
    return f"{size(side.weights_size)} ({dtypes})" if dtypes else size(side.weights_size)


def _memory(side: CheckpointSummary) -> str:
    found = side.memory
    return f"{size(found.weights)}, {found.dtype}" if found else "n/a"


def _machine(run: Run) -> Iterator[tuple[str, str]]:
    measured = run.measurement
    where = (measured.environment if measured else None) or run.environment
    devices = dict.fromkeys(model.device for model in measured.models) if measured else {}
    yield from (("Device", _device(each)) for each in devices)
    yield "Platform", where.platform
    yield "Python", where.python
    yield from where.packages.items()
    yield "Slowlens", run.slowlens
    if run.judged:
        yield "Judged", words.judged(run)
    if run.id:
        yield "Run", f"{run.id}, {moment(run.created)}"


def _device(found: Device) -> str:
    told = (
        found.name,
        size(found.memory) if found.memory else "",
        f"driver {found.driver}" if found.driver else "",
        f"{found.power_limit:.0f} W at most" if found.power_limit else "",
        counted(found.threads, "thread") if found.threads else "",
    )
    return ", ".join(filter(None, told))


def _loaded(run: Run) -> Iterator[Block]:
    models = run.measurement.models if run.measurement else ()
    lines = [line.strip() for model in models for line in device.loaded(model)]
    if lines:
        yield Items(tuple(lines))


def _digests(run: Run) -> Iterator[Block]:
    sides = [side for side in (run.merged, run.source) if side is not None]
    names = dict.fromkeys(name for side in sides for name in side.sha256)
    rows = tuple((name, *(side.sha256.get(name, "-")[:DIGITS] for side in sides)) for name in names)
    if rows:
        table = Table(("File", *_sides(run)), rows, words=(0, 1, 2))
        yield Fold("The beginnings of the SHA-256 of the files that were read", (table,))
