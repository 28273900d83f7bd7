"""Chat templates as rendered: what a model really gets to read."""

from collections.abc import Mapping

from slowlens.facts.text.conversations import Case
from slowlens.frozen import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """What came of one conversation: its text, or why there is none."""

    text: str
    error: str = ""


Renderings = Mapping[Case, Text]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the templates of both checkpoints make of the same conversations."""

    merged: Mapping[str, Renderings] = field(default_factory=dict[str, Renderings])
    """By the template's text."""
    source: Mapping[str, Renderings] = field(default_factory=dict[str, Renderings])
    problem: str = ""
    """Why there is nothing, or not all."""
