"""What to measure."""

from slowlens.facts.live.trial import Cache
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Overlay:
    """Merged with some fixes applied: a folder of links and patched JSON files."""

    name: str
    """The subject of its trials."""
    path: str
    rules: tuple[str, ...] = ()
    """Whose fixes are tried."""
    titles: tuple[str, ...] = ()
    """Of the fixes in it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. ``new_tokens`` steps a timed trial, each trial ``rounds`` times.

    Whatever the checkpoint decides when it is loaded can be decided here instead: ``dtype``,
    ``attention`` and ``device_map``, all left to it while empty.
    """

    merged: str
    source: str | None = None
    prompt: str = ""
    new_tokens: int = 64
    rounds: int = 3
    answer_tokens: int = 256
    """Limit of the trials that run until the checkpoint stops by itself; 0 leaves them out."""
    device: str = "auto"
    threads: int = 0
    """CPU threads for torch; 0 leaves one core to whoever watches."""
    overlays: tuple[Overlay, ...] = ()
    settings: tuple[Cache, ...] = ()
    """What to time merged with; empty for what tells most: shipped, on, off, and a static cache
    where launching takes most of the time."""
    prompt_tokens: int = 0
    """Cut the prompt to this length, or repeat it up to it, for timed trials; 0 leaves it."""
    full: bool = False
    """Wait for long runs without the cache instead of predicting them."""
    image: str = ""
    """A picture that goes with the prompt: its file, or ``generated``."""
    dtype: str = ""
    attention: str = ""
    device_map: str = ""
    random_weights: bool = False
    """``merged`` is a config.json alone: make the model up on the device."""
    equality_tokens: int = 32
    """Tokens over which results with and without the cache are compared; 0 leaves it out."""
    tensor_parallel: int = 0
    """Processes, one a GPU, that share every layer; 0 and 1: a single one."""
