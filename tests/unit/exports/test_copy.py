"""A patched copy is whole or not there, and the checkpoint stays as it is."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import builders
from slowlens.errors import PatchError, StaleEditError
from slowlens.exports import copy as copy_module
from slowlens.exports.copy import copy
from slowlens.findings import Edit

ON = (Edit("config.json", ("use_cache",), False, True),)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = builders.checkpoint(tmp_path / "merged", {"use_cache": False})
    (root / "tokens").mkdir()
    (root / "tokens" / "vocab.txt").write_text("a b")
    return root


def tree(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.parametrize("linked", [True, False])
def test_all_files_are_there_and_one_is_patched(root: Path, tmp_path: Path, linked: bool) -> None:
    before = tree(root)
    to = copy(root, ON, tmp_path / "deep" / "fixed", linked=linked)
    assert to == tmp_path / "deep" / "fixed"
    changed = {name for name, content in tree(to).items() if before[name] != content}
    assert tree(to).keys() == before.keys()
    assert changed == {"config.json"}
    assert b'"use_cache": true' in (to / "config.json").read_bytes()
    links = {path.name for path in to.rglob("*") if path.is_symlink()}
    assert links == ({"model.safetensors"} if linked else set())
    assert tree(root) == before
    assert {path.name for path in to.parent.iterdir()} == {"fixed"}


def test_links_lead_to_the_file_itself_and_what_is_small_is_copied(tmp_path: Path) -> None:
    """Lay the checkpoint out as the hub's cache does."""
    blobs = builders.checkpoint(tmp_path / "blobs", {"use_cache": False})
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for blob in blobs.iterdir():
        (snapshot / blob.name).symlink_to(blob)
    to = copy(snapshot, ON, tmp_path / "fixed", linked=True)
    assert (to / "model.safetensors").readlink() == blobs / "model.safetensors"
    assert not (to / "generation_config.json").is_symlink()
    (to / "generation_config.json").write_text("{}")
    assert (blobs / "generation_config.json").read_text() != "{}"


def test_a_large_file_of_any_name_is_linked(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_module, "LARGEST_COPY", 2)
    to = copy(root, ON, tmp_path / "fixed", linked=True)
    assert (to / "tokens" / "vocab.txt").is_symlink()


def test_what_is_copied_keeps_its_time_and_tells_how_far_it_is(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(root / "model.safetensors", ns=(1, 1_500_000_000_000_000_001))
    monkeypatch.setattr(copy_module, "CHUNK", 64)
    told: list[tuple[int, int]] = []
    to = copy(root, ON, tmp_path / "fixed", linked=False, told=lambda *far: told.append(far))
    assert (to / "model.safetensors").stat().st_mtime_ns == 1_500_000_000_000_000_001
    whole = sum(len(content) for name, content in tree(root).items() if name != "config.json")
    assert told[-1] == (whole, whole)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_there_is_not_touched(root: Path, tmp_path: Path, kind: str) -> None:
    to = tmp_path / "fixed"
    {
        "file": lambda: to.write_text("mine"),
        "folder": to.mkdir,
        "link": lambda: to.symlink_to(root),
    }[kind]()
    with pytest.raises(PatchError, match="is there already"):
        copy(root, ON, to, linked=True)
    assert {path.name for path in tmp_path.iterdir()} >= {"fixed", "merged"}


def test_a_copy_inside_of_itself(root: Path) -> None:
    with pytest.raises(PatchError, match="is inside of"):
        copy(root, ON, root / "fixed", linked=True)


def test_a_link_to_a_folder_above(root: Path, tmp_path: Path) -> None:
    (root / "tokens" / "up").symlink_to(root)
    with pytest.raises(PatchError, match="is a link to a folder above it"):
        copy(root, ON, tmp_path / "fixed", linked=True)
    assert not (tmp_path / "fixed").exists()


def test_edits_that_are_stale(root: Path, tmp_path: Path) -> None:
    stale = (Edit("config.json", ("use_cache",), True, False),)
    with pytest.raises(StaleEditError):
        copy(root, stale, tmp_path / "fixed", linked=True)


def test_no_room_is_told_before_anything_is_copied(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20))
    with pytest.raises(PatchError, match=r"0\.00105 GB left, and the copy needs") as caught:
        copy(root, ON, tmp_path / "fixed", linked=False)
    assert "link the weights" in caught.value.hint
    assert {path.name for path in tmp_path.iterdir()} >= {"merged"}
    assert not (tmp_path / "fixed").exists()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_what_breaks_off_leaves_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def breaking(*_: Any) -> Iterator[int]:
        yield 1
        raise error

    monkeypatch.setattr(copy_module, "_copied", breaking)
    shown = PatchError if isinstance(error, OSError) else KeyboardInterrupt
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(shown):
        copy(root, ON, tmp_path / "fixed", linked=False)
    assert {path.name for path in tmp_path.iterdir()} == before


def test_what_a_killed_copy_left_is_no_hindrance(root: Path, tmp_path: Path) -> None:
    (tmp_path / ".fixed.unfinished" / "tokens").mkdir(parents=True)
    assert copy(root, ON, tmp_path / "fixed", linked=True).is_dir()
    assert not (tmp_path / ".fixed.unfinished").exists()
