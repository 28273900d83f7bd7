"""What is asked of ``generate()`` in one trial."""

from enum import StrEnum
from typing import TypeAlias

from slowlens.frozen import dataclass


class Subject(StrEnum):
    """The two checkpoints of a pair; an overlay is named by the fixes that it tries."""

    MERGED = "merged"
    SOURCE = "source"


class Cache(StrEnum):
    """What ``generate()`` is told about the key-value cache."""

    AS_SHIPPED = "as shipped"
    """Nothing: the checkpoint decides."""
    ON = "on"
    OFF = "off"
    STATIC = "static"
    """Of a fixed size, which transformers compiles the decode step for where there is a GPU."""


Kind: TypeAlias = tuple[str, Cache]
"""A subject, and what is asked of its cache."""


class Purpose(StrEnum):
    """Why the trial is run."""

    PROOF = "proof"
    """A few steps, exactly as shipped, to read the input lengths."""
    SPEED = "speed"
    """Exactly ``new_tokens`` steps over a sequence that is the same for all, end tokens ignored:
    trials do equal work."""
    CURVE = "curve"
    """A few steps far into that sequence, to predict a long run that recomputes."""
    PROFILE = "profile"
    """A few steps while every kernel of the GPU is recorded; too slow to be timed."""
    LENGTH = "length"
    """Until the checkpoint's own end tokens, at most ``new_tokens`` steps."""
    EQUALITY = "equality"
    """Next-token distributions with and without the cache, over the same tokens."""


class Finish(StrEnum):
    """Why a generation ended."""

    LENGTH = "length"
    EOS = "eos"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Trial:
    """One generation to run."""

    subject: str
    """A ``Subject``, or the name of an overlay."""
    cache: Cache
    purpose: Purpose
    new_tokens: int
    round: int = 0
    ahead: int = 0
    """Tokens of the common answer that count as prompt already."""

    @property
    def label(self) -> str:
        """The name to show: ``merged, cache off``."""
        if self.cache is Cache.AS_SHIPPED:
            return f"{self.subject} as shipped"
        return f"{self.subject}, cache {self.cache}"
