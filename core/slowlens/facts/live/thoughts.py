"""The block of thoughts that a model writes before its answer."""

from slowlens.frozen import dataclass

OPEN, CLOSE = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Thoughts:
    """Characters of thoughts in an answer, and of everything."""

    characters: int
    all: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.characters / self.all if self.all else 0.0


def thoughts(text: str, *, opened: bool) -> Thoughts:
    """Count the first block of thoughts; ``opened`` by the prompt, it needs no mark of its own.

    A block that is not closed reaches to the end.
    """
    start = 0 if opened else text.find(OPEN)
    if start < 0:
        return Thoughts(0, len(text))
    end = text.find(CLOSE, start)
    inner = text[start : end if end >= 0 else len(text)].removeprefix(OPEN)
    return Thoughts(len(inner.strip()), len(text))
