"""Folders outside the checkpoints: where runs, undo journals and demo checkpoints live."""

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "SLOWLENS_HOME"


def state_folder() -> Path:
    """Folder of runs and undo journals; ``$SLOWLENS_HOME/state`` where that is set."""
    return _home("state") or platformdirs.user_state_path("slowlens", appauthor=False)


def undo_folder() -> Path:
    """Folder of the undo journals, one folder a checkpoint."""
    return state_folder() / "undo"


def cache_folder() -> Path:
    """Folder of what can be made again; ``$SLOWLENS_HOME/cache`` where that is set."""
    return _home("cache") or platformdirs.user_cache_path("slowlens", appauthor=False)


def demo_folder() -> Path:
    """Folder of the demo checkpoints."""
    return cache_folder() / "demo"


def hub_folder() -> Path:
    """Folder of models of the Hugging Face hub that were looked at: their weights are headers."""
    return cache_folder() / "hub"


def _home(name: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).expanduser() / name if home else None
