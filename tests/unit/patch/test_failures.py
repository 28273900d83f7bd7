"""Patches are written whole or not at all, whatever fails or dies."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from patched import AFTER, BEFORE, GENERATION_ON, ON, contents, links
from slowlens import journal, patch, switch
from slowlens.errors import PatchError, SlowlensError
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT


@pytest.mark.parametrize("at", list(BEFORE))
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("error", "shown", "hint"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), PatchError, "Free some space"),
        (PermissionError(errno.EACCES, "Permission denied"), PatchError, "Make the folder writ"),
        (OSError(errno.EROFS, "Read-only file system"), PatchError, "Make the folder writable"),
        (OSError("something else"), PatchError, "Make sure"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
)
def test_all_or_nothing(
    root: Path,
    failing: Callable[..., None],
    error: BaseException,
    shown: type[BaseException],
    hint: str,
    at: str,
    after: bool,
) -> None:
    failing(error, at, after=after)
    with pytest.raises(shown) as caught:
        patch.apply(patch.prepare(root, ON))
    assert contents(root) == BEFORE
    assert journal.history(root) == ()
    if isinstance(caught.value, SlowlensError):
        assert str(caught.value).startswith(f"{root} was not changed: {error.args[-1]}")
        assert caught.value.hint.startswith(hint)


def test_a_full_disk_is_noticed_before_the_first_file_is_replaced(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:3])
        if path.name.startswith(".generation"):
            raise OSError(errno.ENOSPC, "No space left on device")

    real = os.replace

    def watched(source: Path, target: Path) -> None:
        assert root not in Path(target).parents, "a file was replaced"
        real(source, target)

    prepared = patch.prepare(root, ON)
    monkeypatch.setattr(switch, "write_new", full)
    monkeypatch.setattr(os, "replace", watched)
    with pytest.raises(PatchError, match="No space left on device"):
        patch.apply(prepared)
    assert contents(root) == BEFORE
    assert journal.history(root) == ()


def test_a_failed_undo_leaves_the_fix_whole_and_can_be_tried_again(
    root: Path, failing: Callable[..., None]
) -> None:
    patch.apply(patch.prepare(root, ON))
    failing(PermissionError(errno.EPERM, "Operation not permitted"), at="generation_config.json")
    with pytest.raises(PatchError, match="Operation not permitted"):
        patch.undo(root)
    assert contents(root) == AFTER
    patch.undo(root)
    assert contents(root) == BEFORE


def test_what_cannot_even_be_put_back_is_undone_later(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = os.replace, []

    def dying(source: Path, target: Path) -> None:
        if root in Path(target).parents:
            if written:
                raise OSError(errno.EIO, "Input/output error")
            written.append(target)
        real(source, target)

    prepared = patch.prepare(root, ON)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", dying)
        with pytest.raises(PatchError, match=r"config\.json could not be put back") as caught:
            patch.apply(prepared)
    assert f"slowlens undo {root}" in caught.value.hint
    assert contents(root) == {**BEFORE, "config.json": AFTER["config.json"]}
    patch.undo(root)
    assert contents(root) == BEFORE


def test_a_folder_in_place_of_a_file(root: Path) -> None:
    (root / "new.json").mkdir()
    with pytest.raises(PatchError, match="was not changed"):
        patch.prepare(root, [Edit("new.json", ("a",), ABSENT, 1)])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(root: Path) -> None:
    root.chmod(0o555)
    with pytest.raises(PatchError, match="Permission denied"):
        patch.apply(patch.prepare(root, ON))
    root.chmod(0o755)
    assert contents(root) == BEFORE


def test_links_come_back_when_writing_fails(cached: Path, failing: Callable[..., None]) -> None:
    failing(PermissionError(errno.EACCES, "Permission denied"), at="generation_config.json")
    with pytest.raises(PatchError):
        patch.apply(patch.prepare(cached, ON))
    assert links(cached) == {name: f"../blobs/{name}" for name in BEFORE}


# Crashes, in real processes

APPLY = """
import os, signal, sys
from pathlib import Path
from slowlens import patch
from slowlens.findings import Edit
root, last = Path(sys.argv[1]), sys.argv[2]
real = os.replace
def replace(source, target):
    if Path(target).name == last:
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
os.replace = replace
names = ("config.json", "generation_config.json")
edits = [Edit(name, ("use_cache",), before=False, after=True) for name in names]
prepared = patch.prepare(root, edits)
print("prepared", flush=True)
sys.stdin.readline()
patch.apply(prepared, ["Turn the cache on"])
print("applied", flush=True)
"""


@pytest.fixture
def child(root: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start processes that apply the fix once told to, and die before they replace a file."""
    children: list[subprocess.Popen[str]] = []

    def start(killed_at: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", APPLY, str(root), killed_at]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        children.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "prepared\n"
        return process

    yield start
    for process in children:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("killed_at", list(BEFORE))
def test_a_fix_that_was_killed_half_way_is_undone(
    root: Path, child: Callable[[str], subprocess.Popen[str]], killed_at: str
) -> None:
    process = child(killed_at)
    process.communicate("go\n", timeout=60)
    assert process.returncode == -signal.SIGKILL
    half = killed_at == "generation_config.json"
    assert ((root / "config.json").read_bytes() == AFTER["config.json"]) == half
    assert contents(root) != BEFORE
    assert [entry.titles for entry in journal.history(root)] == [("Turn the cache on",)]
    undone = patch.undo(root)
    assert [file.name for file in undone.files] == (["config.json"] if half else [])
    assert contents(root) == BEFORE
    assert journal.history(root) == ()


def test_a_fix_that_was_killed_can_be_applied_again(
    root: Path, child: Callable[[str], subprocess.Popen[str]]
) -> None:
    child("generation_config.json").communicate("go\n", timeout=60)
    patch.apply(patch.prepare(root, [GENERATION_ON]))
    assert contents(root) == AFTER
    patch.undo(root)
    patch.undo(root)
    assert contents(root) == BEFORE


def test_of_two_processes_one_applies_and_the_other_sees_it(
    root: Path, child: Callable[[], subprocess.Popen[str]]
) -> None:
    processes = [child(), child()]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = sorted(process.communicate(timeout=60) for process in processes)
    assert [out for out, _ in ends] == ["", "applied\n"]
    assert "StaleEditError: config.json changed after it was read" in ends[0][1]
    assert contents(root) == AFTER
    assert len(journal.history(root)) == 1


def test_a_process_waits_while_another_changes_the_checkpoint(
    root: Path, child: Callable[[], subprocess.Popen[str]]
) -> None:
    process = child()
    with journal.alone(root):
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        assert contents(root) == BEFORE
    process.communicate(timeout=60)
    assert contents(root) == AFTER


def test_two_undos_at_once_take_back_one_fix(root: Path) -> None:
    patch.apply(patch.prepare(root, ON))
    errors: list[PatchError] = []

    def undo() -> None:
        try:
            patch.undo(root)
        except PatchError as error:
            errors.append(error)

    with journal.alone(root):
        threads = [threading.Thread(target=undo) for _ in range(2)]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1
    assert contents(root) == BEFORE
