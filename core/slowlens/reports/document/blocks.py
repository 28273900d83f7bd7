"""What a report is made of, before it has a form."""

from enum import StrEnum
from typing import TypeAlias

from slowlens.frozen import dataclass


class Tone(StrEnum):
    """How grave something is, as its colour tells."""

    BAD = "bad"
    WARNING = "warning"
    GOOD = "good"
    PLAIN = "plain"


class Drawing(StrEnum):
    """The charts, which only a form that can draw has."""

    WATERFALL = "waterfall"
    STEPS = "steps"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """What stands as it is: a command to be copied, or a text that a model wrote."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells below their heads; ``words`` are the columns that are no numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    words: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know before the rest is read."""

    tone: Tone
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A finding or a fix: its badge, what it is, and labelled facts."""

    badge: str
    tone: Tone
    title: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, and the table that tells as much to whoever cannot see it."""

    drawing: Drawing
    title: str
    table: Table


@dataclass(frozen=True, slots=True)
class Fold:
    """What only some want to read."""

    title: str
    blocks: "tuple[Block, ...]"


Block: TypeAlias = Text | Items | Code | Table | Notice | Card | Chart | Fold


@dataclass(frozen=True, slots=True)
class Section:
    """A part with its heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report: what it is about, the answer, and the rest in the order of what matters."""

    title: str
    place: str
    """What it is about, as a person would find it again; like the title a name, and no text."""
    verdict: str
    tone: Tone
    answer: str
    about: tuple[str, ...]
    sections: tuple[Section, ...]
