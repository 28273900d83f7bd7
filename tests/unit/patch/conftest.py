"""Folders to patch, and disks that fail."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from patched import BEFORE, laid_out


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return laid_out(tmp_path / "merged")


@pytest.fixture
def cached(root: Path) -> Path:
    """Lay out the checkpoint as the hub's cache does: links to blobs that others share."""
    blobs = root.parent / "blobs"
    blobs.mkdir()
    for name in BEFORE:
        (root / name).rename(blobs / name)
        (root / name).symlink_to(f"../blobs/{name}")
    return root


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(error: BaseException, at: str, *, after: bool = False, times: int = 1) -> None:
        """Let os.replace raise for the file ``at``, before or after it has done its work."""
        real, left = os.replace, [times]

        def replace(source: Path, target: Path) -> None:
            fails = Path(target).name == at and left[0] > 0
            if fails and not after:
                left[0] -= 1
                raise error
            real(source, target)
            if fails:
                left[0] -= 1
                raise error

        monkeypatch.setattr(os, "replace", replace)

    return install
