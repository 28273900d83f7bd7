"""Checkpoints on disk that the commands are about."""

from pathlib import Path

import pytest

import builders
from fixing import laid_out_slow


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A checkpoint whose files turn the cache off, as a merger leaves it."""
    return laid_out_slow(tmp_path / "merged")


@pytest.fixture
def endless(tmp_path: Path) -> tuple[Path, Path]:
    """A checkpoint that lost its end token, and its source."""
    source = builders.checkpoint(tmp_path / "source")
    config = {k: v for k, v in builders.CONFIG.items() if k != "eos_token_id"}
    generation = {"do_sample": False}
    return builders.checkpoint(tmp_path / "longer", config, generation), source
