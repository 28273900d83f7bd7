"""The tokens that timed trials have in common: a prompt, and the answer that all go on with."""

from collections.abc import Sequence
from itertools import cycle, islice

from slowlens.frozen import dataclass

LONGEST_ANSWER = 64
"""Tokens of the answer that a model writes itself; beyond them the prompt and it are repeated."""


@dataclass(frozen=True, slots=True)
class Common:
    """One sequence for both sides; ids that a model does not have are folded into those it has."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...] = ()

    def ahead(self, tokens: int) -> tuple[int, ...]:
        """Return the first ``tokens`` of the answer, however long it was."""
        return tuple(islice(cycle((*self.answer, *self.prompt)), tokens))


def common_prompt(ids: Sequence[int], length: int) -> tuple[int, ...]:
    """Cut ``ids`` to ``length``, or repeat them up to it; 0 leaves them as they are.

    The end stays, where a chat template opens the answer.
    """
    if not length or length == len(ids):
        return tuple(ids)
    if length < len(ids):
        return tuple(ids[:1]) + tuple(ids[len(ids) - length + 1 :])
    filler = islice(cycle(ids), length - len(ids))
    return (*filler, *ids)


def within(ids: Sequence[int], vocabulary: int) -> tuple[int, ...]:
    """Fold ids that a smaller vocabulary lacks back into it."""
    return tuple(token % vocabulary for token in ids)
