"""Everything that was read from one checkpoint, with what follows from it."""

from dataclasses import dataclass

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.settings import Settings
from slowlens.facts.stopping import StopTokens


@dataclass(frozen=True, slots=True)
class Reading:
    """A checkpoint, its effective settings, and the tokens that should end an answer."""

    checkpoint: Checkpoint
    settings: Settings
    stop_tokens: StopTokens


@dataclass(frozen=True, slots=True)
class Merged(Reading):
    """The checkpoint that is slow: merged, fine-tuned or re-saved."""


@dataclass(frozen=True, slots=True)
class Source(Reading):
    """The checkpoint that it came from."""
