"""A text of the code with holes: what it recognises, and what that is in another language."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Self

HOLE = re.compile(r"\{(?!(?:customdata|x|y)\})([^\W\d]\w*)\}")
"""As in Python's own format strings; the names left out are those of Plotly's templates."""
FILLING = r"(?:(?![.!?] \S).)*?"
"""What may stand in a hole: no end of a sentence, or one text would swallow those behind it."""
NUMBER = r"[\d.,]*"
"""What stands in a hole before a noun that is counted: words would be another text's."""
NUMBERS = ("number", "ratio")
"""Holes that hold nothing else, whatever stands behind them."""
TIME = r"[\d.,]+ m?s"
"""What stands in a hole for a time, in a list of them: words would be the item before it."""
ENDING = "[a-z]{0,3}"
"""What stands in a hole that the other language leaves out: the "s" of several."""
COUNTED = re.compile(r" (?:token|round|run)s?\b")
QUOTE = "\N{LEFT DOUBLE QUOTATION MARK}"
QUOTED = ("part", "text")
"""Holes behind such a mark that hold what somebody wrote; others hold words of the code."""
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
FEW = 4
"""Letters: with so few of its own a pattern fits much that it does not mean."""
WAYS = 10_000
"""In which a text may be cut into the pieces of a pattern: one of a checkpoint may repeat them."""
FIGURE = re.compile(r"\S*|[^,;:()]*\d[^,;:()]*")
"""A word, something with a number in it, or nothing: what such a pattern has in its holes."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with holes: which texts it recognises, and what it is in the other language."""

    recognise: re.Pattern[str]
    pieces: tuple[str, ...]
    """Between its holes."""
    words: str
    """Its longest piece between holes: texts without it need not be looked at."""
    weight: int
    """Letters between its holes: the more, the surer."""
    sure: bool
    """Whether these are more than a few."""
    target: str
    quoted: frozenset[str]
    """Names of the holes that quote somebody, whose words stay as they are."""

    @classmethod
    def of(cls, text: str, target: str) -> Self:
        pieces = HOLE.split(text)
        literal, names = pieces[::2], pieces[1::2]
        kept = set(holes(target))
        parts = [_beginning(literal[0])]
        for name, piece in zip(names, literal[1:], strict=True):
            again = f"(?P<{name}>" in "".join(parts)
            counts = name in NUMBERS or (
                len(parts) == 1 and not literal[0] and COUNTED.match(piece)
            )
            filling = FILLING if name in kept else ENDING
            filling = NUMBER if counts else TIME if name == "took" else filling
            parts += [f"(?P={name})" if again else f"(?P<{name}>{filling})", re.escape(piece)]
        inner = [literal[0][1:], *literal[1:]]
        return cls(
            re.compile("".join(parts), re.DOTALL),
            tuple(filter(None, inner)),
            max(inner, key=len),
            sum(map(len, literal)),
            ";" in text or sum(letter.isalpha() for letter in HOLE.sub("", text)) > FEW,
            target,
            frozenset(
                name
                for name, before in zip(names, literal, strict=False)
                if name in QUOTED and before[-1:] == QUOTE
            ),
        )

    def fits(self, text: str) -> Mapping[str, str] | None:
        """Return what is in the holes of a text that it recognises."""
        if self.words not in text or not 0 < prod(map(text.count, self.pieces)) <= WAYS:
            return None
        match = self.recognise.fullmatch(text)
        whole = match and all(map(_whole, match.groups()))
        return match.groupdict() if match and whole else None

    def doubted(self, part: str) -> bool:
        """Whether it has too few letters for what is in one of its holes, if nobody tells that."""
        return not self.sure and not FIGURE.fullmatch(part)

    def fill(self, parts: Mapping[str, str], told: Mapping[str, str]) -> str:
        """Return it in the other language, with ``told`` in its holes: what was made of ``parts``.

        What nobody told, such as the name of a run, keeps the blanks around it.
        """
        text, *others = HOLE.split(self.target)
        for name, literal in zip(others[::2], others[1::2], strict=True):
            join = str.__add__ if told[name] == parts[name] else _joined
            text = join(join(text, told[name]), literal)
        return text


def _joined(text: str, more: str) -> str:
    """Put ``more`` behind ``text``; a blank parts Chinese from other letters, not from itself."""
    if CHINESE.search(text.rstrip(" ")[-1:]) and CHINESE.match(more.lstrip(" ")):
        return text.rstrip(" ") + more.lstrip(" ")
    return text + more


def _whole(part: str) -> bool:
    """Whether each bracket of a part is closed in it, and none before it was opened."""
    depth = 0
    for letter in part:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return not depth


def holes(text: str) -> Iterator[str]:
    """Yield the names of the holes of a text in their order."""
    yield from HOLE.findall(text)


def _beginning(piece: str) -> str:
    """Match a piece that a text begins with: the code makes sentences of phrases by a capital."""
    if not piece[:1].isalpha():
        return re.escape(piece)
    return f"[{piece[0].lower()}{piece[0].upper()}]{re.escape(piece[1:])}"
