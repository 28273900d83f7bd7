from collections.abc import Sequence
from itertools import count

import pytest

from slowlens.measure.worker.detokenizer import Detokenizer


def decode_bytes(tokens: Sequence[int]) -> str:
    return bytes(tokens).decode("utf-8", errors="replace")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40])
def test_the_pieces_make_up_the_whole(size: int) -> None:
    text = "Zwei Leuchttürme: 灯台 🗼, and so on. " * 25
    tokens = list(text.encode())
    detokenizer = Detokenizer(decode_bytes)
    pieces = [detokenizer.add(tokens[at : at + size]) for at in range(0, len(tokens), size)]
    assert "".join(pieces) + detokenizer.rest() == text
    assert "\ufffd" not in "".join(pieces)


def test_a_leading_space_depends_on_what_came_before() -> None:
    def decode(tokens: Sequence[int]) -> str:
        return " ".join(str(token) for token in tokens)

    detokenizer = Detokenizer(decode)
    pieces = [detokenizer.add([1]), detokenizer.add([]), detokenizer.add([2]), detokenizer.add([3])]
    assert pieces == ["1", "", " 2", " 3"]


def test_broken_bytes_are_shown_after_a_while() -> None:
    detokenizer = Detokenizer(decode_bytes)
    pieces = [detokenizer.add([0xFF]) for _ in range(40)]
    assert sum(len(piece) for piece in pieces) >= 32
    assert len("".join(pieces) + detokenizer.rest()) == 40


def test_the_window_does_not_grow() -> None:
    longest = 0
    steps = count()

    def decode(tokens: Sequence[int]) -> str:
        nonlocal longest
        longest = max(longest, len(tokens))
        return "x" * len(tokens)

    detokenizer = Detokenizer(decode)
    for _ in range(1000):
        detokenizer.add([next(steps)])
    assert longest <= 3
