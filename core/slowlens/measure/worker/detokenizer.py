"""Text from tokens as they come, at a cost that does not grow with the answer."""

from collections.abc import Callable, Sequence

_UNFINISHED = "\ufffd"
_LONGEST_CHARACTER = 16
"""Tokens to wait for the rest of a character before it is shown as broken."""


class Detokenizer:
    """Decode a short window: the last tokens that were shown, and those that were not yet.

    What a token reads like depends on its neighbours (a leading space, the bytes of one
    character), so tokens cannot be decoded one by one.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._window: list[int] = []
        self._shown = 0

    def add(self, tokens: Sequence[int]) -> str:
        """Return the text that ``tokens`` add; a character in parts comes with its last part."""
        self._window += tokens
        text = self._decode(self._window)
        waiting = len(self._window) - self._shown
        if not waiting or (text.endswith(_UNFINISHED) and waiting < _LONGEST_CHARACTER):
            return ""
        return self._show(text)

    def rest(self) -> str:
        """Return what was held back."""
        return self._show(self._decode(self._window))

    def _show(self, text: str) -> str:
        before = self._decode(self._window[: self._shown])
        self._window = self._window[self._shown :]
        self._shown = len(self._window)
        return text[len(before) :]
