"""What the worker believes of the machine's memory."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")

from slowlens.measure.worker import device  # noqa: E402

CPU = torch.device("cpu")
GIB = 2**30


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 64 GiB free, and a container on it that uses 7 GiB of its 8."""
    (tmp_path / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {64 * 2**20} kB\n")
    (tmp_path / "memory.max").write_text(f"{8 * GIB}\n")
    (tmp_path / "memory.current").write_text(f"{7 * GIB}\n")
    monkeypatch.setattr(device, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(device, "_CGROUP", tmp_path)
    return tmp_path


def test_files_that_were_read_leave_when_room_is_needed(container: Path) -> None:
    stat = f"anon {2 * GIB}\nactive_file 9\ninactive_file {5 * GIB}\nslab 9\n"
    (container / "memory.stat").write_text(stat)
    assert device.free_memory(CPU) == 6 * GIB


@pytest.mark.parametrize(
    "stat", ["", "anon 5\n", "a 1\ninactive_file \n", "a 1\ninactive_file many\n", None]
)
def test_without_a_statistic_all_that_is_used_counts(container: Path, stat: str | None) -> None:
    if stat is not None:
        (container / "memory.stat").write_text(stat)
    assert device.free_memory(CPU) == GIB


@pytest.mark.parametrize("limit", ["max\n", None])
def test_without_a_limit_it_is_what_the_machine_has(container: Path, limit: str | None) -> None:
    (container / "memory.max").unlink()
    if limit is not None:
        (container / "memory.max").write_text(limit)
    assert device.free_memory(CPU) == 64 * GIB
