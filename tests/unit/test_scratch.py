"""Folders that go with their process, also where that was killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slowlens import scratch as module
from slowlens.durable import locked
from slowlens.scratch import remove_abandoned, scratch

PREFIX = "slowlens-test-"
HOLDING = """
import sys, time
from slowlens.scratch import scratch
with scratch(sys.argv[1]) as folder:
    (folder / "0").mkdir()
    (folder / "0" / "model").symlink_to(sys.argv[2])
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_what_a_killed_process_left_is_removed_and_what_it_linked_to_stays(
    tmp_path: Path, temporary: Path
) -> None:
    weights = tmp_path / "weights"
    weights.write_text("many")
    command = [sys.executable, "-c", HOLDING, PREFIX, str(weights)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        assert folder.parent == temporary
        remove_abandoned(PREFIX)
        assert (folder / "0" / "model").read_text() == "many", "its process is at work"
        os.kill(process.pid, signal.SIGKILL)
    assert folder.exists()
    remove_abandoned("slowlens-other-")
    assert folder.exists()
    remove_abandoned(PREFIX)
    assert not folder.exists()
    assert weights.read_text() == "many"


def test_a_folder_is_gone_when_its_process_is_done(temporary: Path) -> None:
    with scratch(PREFIX) as folder:
        remove_abandoned(PREFIX)
        assert folder.is_dir()
    assert list(temporary.iterdir()) == []


def test_one_that_is_taken_for_abandoned_before_it_is_locked_is_made_again(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    @contextmanager
    def late(path: Path) -> Iterator[bool]:
        with locked(path) as free:
            if not made:
                shutil.rmtree(path.parent)
            made.append(path.parent)
            yield free

    monkeypatch.setattr(module, "locked", late)
    with scratch(PREFIX) as folder:
        assert folder == made[1] != made[0]
        assert (folder / "lock").exists()
    assert list(temporary.iterdir()) == []


def test_other_folders_and_links_to_them_stay(tmp_path: Path, temporary: Path) -> None:
    """Whoever may write among the temporary folders must not choose what is removed."""
    (temporary / f"{PREFIX}other").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    (temporary / f"{PREFIX}link").symlink_to(elsewhere)
    remove_abandoned(PREFIX)
    assert len(list(temporary.iterdir())) == 2
    assert (elsewhere / "lock").exists()


def test_on_a_disk_without_locks_it_is_made_and_nothing_is_removed(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> object:
        raise OSError("no locks available")

    monkeypatch.setattr(module, "locked", none)
    with scratch(PREFIX) as folder:
        remove_abandoned(PREFIX)
        assert list(folder.iterdir()) == []
    assert list(temporary.iterdir()) == []
