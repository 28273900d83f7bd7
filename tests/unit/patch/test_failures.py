"""Patches are written whole or not at all, whatever fails or dies."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from patched import AFTER, BEFORE, GENERATION_ON, ON, contents
from slowlens import patch
from slowlens.errors import PatchError, SlowlensError, StaleEditError
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT
from slowlens.patch import journal, switch
from slowlens.places import HOME_VARIABLE


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


def test_what_cannot_even_be_put_back_is_at_the_next_start(
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
    assert f"slowlens history {root}" in caught.value.hint
    assert contents(root) == {**BEFORE, "config.json": AFTER["config.json"]}
    assert list(patch.recover()) == [patch.Settled(root)]
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


CONFIG_EDITED = Edit("config.json", ("eps",), 1e-6, 1e-5)


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

    def start(killed_at: str = "", home: Path | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", APPLY, str(root), killed_at]
        pipe = subprocess.PIPE
        env = {**os.environ, **({HOME_VARIABLE: str(home)} if home else {})}
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=env
        )
        children.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "prepared\n"
        return process

    yield start
    for process in children:
        process.kill()
        process.communicate()


def test_a_fix_that_was_killed_can_be_applied_again(
    root: Path, child: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = child("generation_config.json")
    process.communicate("go\n", timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert (root / "config.json").read_bytes() == AFTER["config.json"]
    with pytest.raises(StaleEditError):
        patch.apply(patch.prepare(root, [GENERATION_ON, CONFIG_EDITED]))
    assert {**contents(root), "config.json": b""} == {**BEFORE, "config.json": b""}
    patch.apply(patch.prepare(root, ON))
    assert contents(root) == AFTER
    patch.undo(root)
    assert contents(root) == BEFORE


def test_an_undo_settles_what_was_killed_first(
    root: Path, child: Callable[[str], subprocess.Popen[str]]
) -> None:
    child("generation_config.json").communicate("go\n", timeout=60)
    with pytest.raises(PatchError, match="nothing to undo"):
        patch.undo(root)
    assert contents(root) == BEFORE


def test_what_was_edited_after_a_crash_is_left_and_told(
    root: Path, child: Callable[[str], subprocess.Popen[str]]
) -> None:
    child("generation_config.json").communicate("go\n", timeout=60)
    (root / "config.json").write_bytes(b'{"mine": 1}')
    for _ in range(2):
        (settled,) = patch.recover()
        trouble = settled.trouble
        assert trouble is not None
        assert str(trouble).startswith(f"config.json changed after the fix of {root}")
        assert str(journal.pending(root)[0].path) in trouble.hint
    assert contents(root)["config.json"] == b'{"mine": 1}'
    (root / "config.json").write_bytes(AFTER["config.json"])
    assert list(patch.recover()) == [patch.Settled(root)]
    assert contents(root) == BEFORE


def test_a_fix_that_was_killed_after_its_last_file_stands(root: Path) -> None:
    prepared = patch.prepare(root, ON)
    with journal.alone(root):
        journal.begin(root, prepared.files, ["Turn the cache on"])
    for name, content in AFTER.items():
        (root / name).write_bytes(content)
    assert list(patch.recover()) == [patch.Settled(root, whole=True)]
    assert [entry.titles for entry in journal.history(root)] == [("Turn the cache on",)]
    patch.undo(root)
    assert contents(root) == BEFORE


def test_what_another_process_is_at_work_on_is_left_to_it(root: Path) -> None:
    prepared = patch.prepare(root, ON)
    with journal.alone(root):
        entry = journal.begin(root, prepared.files, [])
        (root / "config.json").write_bytes(AFTER["config.json"])
        assert list(patch.recover()) == []
        assert contents(root)["config.json"] == AFTER["config.json"]
        assert journal.pending(root) == (entry,)
    assert list(patch.recover()) == [patch.Settled(root)]
    assert contents(root) == BEFORE


def test_a_read_only_disk_leaves_nothing_pending(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a disk refuses to remove even what is not there."""

    def refuse(path: Path, *_: object) -> None:
        if root in path.parents:
            raise OSError(errno.EROFS, "Read-only file system")

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        refuse(path)
        real(path, missing_ok=missing_ok)

    real = Path.unlink
    prepared = patch.prepare(root, ON)
    monkeypatch.setattr(switch, "write_new", refuse)
    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(PatchError, match="Read-only file system"):
        patch.apply(prepared)
    assert journal.history(root) == journal.pending(root) == ()


PROGRAMS = Path(__file__).parents[2]
KILLING, DISKS = PROGRAMS / "killing.py", PROGRAMS / "disks.py"


def may_mount() -> bool:
    """Whether this user may mount in a namespace of their own."""
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="needs the right to mount")
def test_disks_that_are_full_or_read_only_or_somebody_elses() -> None:
    command = ["unshare", "-m", sys.executable, str(DISKS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs to fork")
def test_nothing_is_lost_wherever_a_process_is_killed() -> None:
    done = subprocess.run(
        [sys.executable, str(KILLING)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout)
    assert counted["killed"] >= 500
    assert counted["killed again while recovering"] >= 500


@pytest.mark.parametrize("same_user", [True, False])
def test_of_two_processes_one_applies_and_the_other_sees_it(
    root: Path, child: Callable[..., subprocess.Popen[str]], tmp_path: Path, same_user: bool
) -> None:
    processes = [child(), child(home=None if same_user else tmp_path / "other")]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = sorted(process.communicate(timeout=60) for process in processes)
    assert [out for out, _ in ends] == ["", "applied\n"]
    assert "StaleEditError: config.json changed after it was read" in ends[0][1]
    assert contents(root) == AFTER
    assert len(journal.history(root)) == 1 or not same_user


@pytest.mark.parametrize("same_user", [True, False])
def test_a_process_waits_while_another_changes_the_checkpoint(
    root: Path, child: Callable[..., subprocess.Popen[str]], tmp_path: Path, same_user: bool
) -> None:
    """Those of other users have journals of their own, and share nothing but the folder."""
    process = child(home=None if same_user else tmp_path / "other")
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
