"""How much of the files is read."""

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from slowlens.gather import rawfile


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """By file name, as it grows."""
    found: Counter[str] = Counter()

    class Counted(io.BufferedReader):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            found[Path(self.name).name] += len(data)
            return data

    def opened(path: Path, mode: str, opener: Callable[[str, int], int]) -> Counted:
        return Counted(io.FileIO(path, mode, opener=opener))

    monkeypatch.setattr(rawfile, "open", opened, raising=False)
    return found
