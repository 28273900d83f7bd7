"""Text from tokens as they come, at a cost that does not grow with the answer."""

from collections.abc import Callable, Sequence

_BROKEN = "\ufffd"
_PARTS = 3
"""A character of four bytes that lacks one decodes to at most this many broken ones."""
_LONGEST_WINDOW = 64


class Detokenizer:
    """Decode a short window: tokens that were shown last, as context, and the new ones.

    What a token reads like depends on its neighbours (a leading space, the bytes of one
    character), so tokens cannot be decoded one by one.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._window: list[int] = []
        self._shown = 0

    def add(self, tokens: Sequence[int]) -> str:
        """Return the text that ``tokens`` add; an unfinished character comes with its last part."""
        if not tokens:
            return ""
        self._window += tokens
        text = self._decode(self._window)
        held = min(_PARTS, len(text) - len(text.rstrip(_BROKEN)))
        if len(self._window) > _LONGEST_WINDOW + 2 * len(tokens):
            held = 0
        new = text[self._shown : len(text) - held]
        self._shown += len(new)
        if not held:
            self._window = list(tokens)
            self._shown = len(self._decode(self._window))
        return new

    def rest(self) -> str:
        """Return what was held back."""
        return self._decode(self._window)[self._shown :]
