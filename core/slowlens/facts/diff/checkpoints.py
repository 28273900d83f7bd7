"""What changed from source to merged, normalised and ranked by effect."""

from itertools import chain

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.files import file_diffs
from slowlens.facts.diff.weights import weights_diff
from slowlens.facts.difference import Diff, Difference
from slowlens.facts.weights.tensors import Changes


def diff(
    source: Checkpoint, merged: Checkpoint, changes: Changes | None, defaults: ClassDefaults
) -> Diff:
    """Compare all JSON files and the tensors' headers; ``defaults`` are transformers' own.

    Old and new spellings of one thing, and a key that equals its default, are not a difference.
    """
    tensors = weights_diff(source, merged, changes, defaults)
    found = (*file_diffs(source, merged, defaults), tensors)
    files = {name: rank for rank, name in enumerate(_files(found))}

    def rank(difference: Difference) -> tuple[int, int, str]:
        return difference.effect.rank, files[difference.file], difference.key

    return Diff(
        differences=tuple(sorted(chain(*(one.differences for one in found)), key=rank)),
        unchanged=tuple(sorted(chain(*(one.unchanged for one in found)), key=rank)),
    )


def _files(found: tuple[Diff, ...]) -> dict[str, None]:
    """Return the file names in the order in which they were compared."""
    every = chain(*((*one.differences, *one.unchanged) for one in found))
    return dict.fromkeys(difference.file for difference in every)
