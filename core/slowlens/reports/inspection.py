"""What a checkpoint holds, and which value each runtime ends up with."""

import textwrap
from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.layers.memory import Memory
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.reports import words
from slowlens.reports.text import WIDTH, labelled, written_by
from slowlens.reports.units import count, counted, plain, size, value
from slowlens.run import CheckpointSummary, Run

TOKENS = 1000


def render(run: Run) -> str:
    """Render the files and the effective settings of ``run.merged`` for a terminal."""
    return plain("\n".join(_lines(run)) + "\n")


def _lines(run: Run) -> Iterator[str]:
    if not run.settings:
        yield f"effective settings unknown: {_why_unknown(run)}"
    yield from _heading(run.merged)
    yield from written_by(run)
    yield ""
    yield "Files"
    width = max((len(name) for name in run.merged.files), default=0)
    for name, length in run.merged.files.items():
        yield f"  {name:<{width}}  {size(length):>8}"
    if run.settings:
        yield ""
        yield "Effective settings"
        yield from _settings(run.settings)
    if run.problems:
        yield ""
    for problem in run.problems:
        yield from labelled("unread", words.problem(problem))


def _why_unknown(run: Run) -> str:
    if run.unloadable or CONFIG in run.merged.files:
        return f"{CONFIG} could not be read"
    return f"there is no {CONFIG}"


def _heading(checkpoint: CheckpointSummary) -> Iterator[str]:
    yield f"{checkpoint.title}  {checkpoint.path}"
    total = sum(checkpoint.dtype_sizes.values())
    dtypes = ", ".join(
        f"{dtype} {100 * part / total:.3g} %" for dtype, part in checkpoint.dtype_sizes.items()
    )
    weights = (
        f"{count(checkpoint.parameters)} parameters, {size(total)} of weights ({dtypes})"
        if total
        else "no safetensors weights"
    )
    yield f"{checkpoint.model_type or 'no model type'}, {weights}"
    if total and checkpoint.memory:
        yield from textwrap.wrap(_memory(checkpoint.memory), WIDTH, subsequent_indent="  ")


def _memory(memory: Memory) -> str:
    """Say what it takes on a GPU, without activations and what the driver needs."""
    weights = f"in GPU memory: {size(memory.weights)} of weights in {memory.dtype}"
    if memory.kv_cache is None:
        return weights
    kept = size(memory.kv_bytes(TOKENS))
    return f"{weights}, {kept} of key-value cache for each sequence of {TOKENS:,} tokens"


def _settings(settings: Mapping[str, Mapping[Runtime, Setting]]) -> Iterator[str]:
    rows = [*decided(settings)]
    shown = {row[0] for row in rows}
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    seen = ""
    for row in rows:
        name = "" if row[0] == seen else row[0]
        seen = row[0]
        cells = (name, *row[1:4])
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        yield f"  {line}  {row[4]}".rstrip()
    silent = [name for name in settings if name not in shown]
    if silent:
        text = f"{counted(len(silent), 'setting')} at the default everywhere: {', '.join(silent)}"
        yield from textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def decided(
    settings: Mapping[str, Mapping[Runtime, Setting]],
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the settings that a file decides or that need a note, a row each value: `_rows`."""
    for name, by in settings.items():
        rows = [*_rows(name, by)]
        if name == "use_cache" or any(row[3] != DEFAULT or row[4] for row in rows):
            yield from rows


def _rows(
    name: str, by_runtime: Mapping[Runtime, Setting]
) -> Iterator[tuple[str, str, str, str, str]]:
    """Runtimes that agree share a row: name, value, runtimes, decided by, note."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for runtime, setting in by_runtime.items():
        shown = "fails" if setting.fails else value(setting.value)
        groups.setdefault((shown, setting.decided_by, setting.note), []).append(runtime)
    for (shown, decided_by, note), runtimes in groups.items():
        yield name, shown, ", ".join(runtimes), decided_by, note
