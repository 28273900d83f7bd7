from dataclasses import replace
from pathlib import Path

import pytest

from runs import a_measurement, a_run
from slowlens.brief import Brief, Kind
from slowlens.store import Store
from slowlens_dashboard.runs import briefs as briefs_module
from slowlens_dashboard.runs.briefs import Briefs


@pytest.fixture(autouse=True)
def remembers_a_single_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(briefs_module, "LEAST", 1)


def kept(tmp_path: Path, *ids: str) -> Store:
    store = Store(tmp_path / "runs")
    for run_id in ids:
        store.save(replace(a_run(a_measurement()), id=run_id))
    return store


def look(store: Store, memory: Path) -> list[Brief]:
    return [brief for _, brief in Briefs(store.folder, memory).look().known.values()]


def test_another_server_remembers_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, memory = kept(tmp_path, "2026-1", "2026-2"), tmp_path / "cache" / "briefs.json"
    first = look(store, memory)
    assert [brief.id for brief in first] == ["2026-2", "2026-1"]

    def never(_path: Path) -> None:
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(briefs_module, "load", never)
        assert look(store, memory) == first
    store.save(replace(a_run(), id="2026-2"))
    assert [brief.kind for brief in look(store, memory)] == [Kind.CHECKED, Kind.MEASURED]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": "0/0"}', b"\xff", b"[" * 100_000, None]
)
def test_a_damaged_memory_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    store, memory = kept(tmp_path, "2026-1"), tmp_path / "briefs.json"
    before = look(store, memory)
    whole = memory.read_bytes()
    memory.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert look(store, memory) == before
    assert memory.read_bytes() == whole


def test_a_memory_of_another_shape_is_made_anew(tmp_path: Path) -> None:
    store, memory = kept(tmp_path, "2026-1"), tmp_path / "briefs.json"
    before = look(store, memory)
    memory.write_bytes(memory.read_bytes().replace(b'"kind"', b'"kinds"'))
    assert look(store, memory) == before


def test_without_room_for_it_the_files_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(briefs_module, "write_whole", full)
    assert len(look(kept(tmp_path, "2026-1"), tmp_path / "briefs.json")) == 1


def test_a_damaged_run_says_so_and_hides_no_other(tmp_path: Path) -> None:
    store = kept(tmp_path, "2026-1")
    store.path("2026-2").write_text("{")
    damaged, whole = look(store, tmp_path / "briefs.json")
    assert (damaged.id, damaged.kind) == ("2026-2", Kind.DAMAGED)
    assert whole.kind is Kind.MEASURED


def test_an_id_is_that_of_the_file(tmp_path: Path) -> None:
    """By which it is opened, renamed and deleted."""
    store = kept(tmp_path, "2026-1")
    store.path("2026-1").rename(store.path("2026-9"))
    assert [brief.id for brief in look(store, tmp_path / "briefs.json")] == ["2026-9"]
