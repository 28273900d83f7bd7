"""Files that are whole whenever somebody reads them, whoever else writes them or dies meanwhile."""

import errno
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from slowlens import durable
from slowlens.durable import unfinished_of, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("meanwhile", ["before", "after"])
def test_two_writers_at_once_leave_each_other_their_files(
    meanwhile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes while the first has its file open, or has written and not renamed it."""
    real, path, others = durable.write_new, tmp_path / "a.json", ["second"]

    def interrupted(where: Path, content: bytes) -> None:
        if meanwhile == "after":
            real(where, content)
        if others:
            write_whole(path, others.pop().encode())
        if meanwhile == "before":
            real(where, content)

    monkeypatch.setattr(durable, "write_new", interrupted)
    write_whole(path, b"first")
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == ["a.json"]


def test_what_cannot_be_written_leaves_nothing_and_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "a.json"
    write_whole(path, b"first")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == ["a.json"]


def test_the_umask_says_who_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a.json", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o640


def test_what_a_killed_writer_left_goes_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, others = tmp_path / "v1.json", ("v1.2.0123456789abcdef.unfinished", "v1.2.unfinished")
    with monkeypatch.context() as killed:
        killed.setattr(durable, "write_new", _dies)
        killed.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            write_whole(path, b"first")
    (left,) = unfinished_of(path)
    for name in others:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    write_whole(path, b"second")
    assert left.exists(), "its writer may be at work"
    os.utime(left, (time.time() - 4000,) * 2)
    write_whole(path, b"third")
    assert names(tmp_path) == sorted([*others, "v1.json"])


def _dies(where: Path, content: bytes) -> Any:
    where.write_bytes(content[:1])
    raise KeyboardInterrupt
