"""Which runtimes make another number of tokens of a picture than they should."""

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.pictures.pixels import PixelBudget, image_budget
from slowlens.facts.pictures.processors import PROCESSING
from slowlens.facts.runtimes import Runtime
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """The budget that some runtimes read, the source's, and what the source's files mean."""

    here: PixelBudget
    there: PixelBudget
    meant: PixelBudget
    runtimes: tuple[Runtime, ...]


def budget_changes(merged: Checkpoint, source: Checkpoint | None) -> tuple[BudgetChange, ...]:
    """Return the changes, those that runtimes share as one.

    Without a source, every runtime should read what transformers 5 does. A runtime that now reads
    what the source's files mean, though it misread them there, is no change.
    """
    newest = image_budget(source or merged, Runtime.TRANSFORMERS_5)
    found: dict[object, tuple[PixelBudget, PixelBudget, PixelBudget, list[Runtime]]] = {}
    for runtime in PROCESSING:
        here = image_budget(merged, runtime)
        there = newest if source is None else image_budget(source, runtime)
        if here is None or there is None:
            continue
        meant = newest or there
        if here.counts not in (there.counts, meant.counts):
            alike = (here.counts, there.counts, here.ignores_size)
            found.setdefault(alike, (here, there, meant, []))[3].append(runtime)
    return tuple(
        BudgetChange(here, there, meant, tuple(runtimes))
        for here, there, meant, runtimes in found.values()
    )
