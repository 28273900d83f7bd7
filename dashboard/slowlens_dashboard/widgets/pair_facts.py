"""What the chosen checkpoint is: its size, what it takes in memory, and who wrote it."""

from functools import cache

from slowlens.facts.layers.memory import Memory
from slowlens.facts.provenance import Writer
from slowlens.gather.devices import hardware
from slowlens.reports import words
from slowlens.reports.units import count, size
from slowlens.run import CheckpointSummary, Run
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose

TOKENS = 1000
FEW_WRITERS = 3
"""The most telling ones; the others are in the tab of files and weights."""


def about(summary: CheckpointSummary) -> str:
    """Return the line of facts below the answer."""
    kind = summary.model_type or _("no model type")
    number = _(f"{count(summary.parameters)} parameters")
    parts = [summary.origin or summary.path, kind, number]
    return " · ".join(map(plain, [*parts, size(summary.weights_size)]))


def memory(summary: CheckpointSummary) -> str:
    """Say what it takes where it runs, without activations and what a driver needs."""
    found = summary.memory
    if found is None or not summary.parameters:
        return ""
    told = f"{_weights(found)}{_kept(found)}."
    return _(f"In GPU memory: {told}") if gpu_here() else _(f"In memory: {told}")


@cache
def gpu_here() -> bool:
    """Whether a driver tells of a GPU in this machine, which does not come or go."""
    found = hardware()
    return found is not None and bool(found.devices)


def written_by(writers: tuple[Writer, ...], limit: int | None = FEW_WRITERS) -> str:
    """Name the tools that most likely had a hand in it, each with its traces."""
    told = "; ".join(prose(_(words.writer(writer))) for writer in writers[:limit])
    more = 0 if limit is None else max(len(writers) - limit, 0)
    if not told:
        return ""
    return _(f"Written by: {told}; and {more} more.") if more else _(f"Written by: {told}.")


def lines(run: Run) -> str:
    """Return all of them, one below the other."""
    given = (about(run.merged), memory(run.merged), written_by(run.provenance))
    return "  \n".join(line for line in given if line)


def _weights(found: Memory) -> str:
    return f"{size(found.weights)} of weights in {plain(found.dtype)}"


def _kept(found: Memory) -> str:
    if found.kv_cache is None:
        return ""
    kept = size(found.kv_bytes(TOKENS))
    return f", {kept} of key-value cache for each sequence of {TOKENS:,} tokens"
