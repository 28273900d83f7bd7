"""Apply and copy on disks that are full, read-only or somebody else's, and look at what is left.

Run as a program by root in a mount namespace of its own (``unshare -m``), which takes its mounts
away when it ends. What each scene leaves is asserted here; their names are printed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from patched import AFTER, BEFORE, ON, contents, laid_out
from slowlens import patch
from slowlens.errors import PatchError
from slowlens.exports.copy import copy
from slowlens.patch import journal

NOBODY, TEAM = 65534, 5000


def mounted(folder: Path, *options: str) -> Path:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", *options, "none", str(folder)], check=True)
    return folder


def filled(folder: Path) -> None:
    """Leave no room on the disk of ``folder``."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            pass


def refused(action: Callable[[], object], *words: str) -> None:
    try:
        action()
    except PatchError as error:
        told = f"{error} {error.hint}"
        assert all(word in told for word in words), told
    else:
        raise AssertionError("it was not refused")


def full_checkpoint(folder: Path) -> None:
    root = laid_out(mounted(folder / "small", "-o", "size=64k") / "merged")
    prepared = patch.prepare(root, ON)
    filled(folder / "small")
    refused(lambda: patch.apply(prepared), "No space left", "Free some space")
    assert contents(root) == BEFORE
    assert journal.history(root) == journal.pending(root) == ()
    (folder / "small" / "filler").unlink()
    patch.apply(prepared)
    filled(folder / "small")
    refused(lambda: patch.undo(root), "No space left", "Free some space")
    assert contents(root) == AFTER
    (folder / "small" / "filler").unlink()
    patch.undo(root)
    assert contents(root) == BEFORE


def full_journal(folder: Path) -> None:
    root = laid_out(folder / "merged")
    home = mounted(folder / "home", "-o", "size=64k")
    os.environ["SLOWLENS_HOME"] = str(home)
    prepared = patch.prepare(root, ON)
    filled(home)
    refused(lambda: patch.apply(prepared), "journal cannot be written", "nothing was changed")
    assert contents(root) == BEFORE


def full_target_of_a_copy(folder: Path) -> None:
    root = laid_out(folder / "merged")
    (root / "model.safetensors").write_bytes(b"x" * 2**20)
    small = mounted(folder / "small", "-o", "size=1536k")
    refused(lambda: copy(root, ON, small / "fixed", linked=False), "GB left", "link the weights")
    assert contents(small) == {}
    made = copy(root, ON, small / "fixed", linked=True)
    assert (made / "model.safetensors").is_symlink()


def read_only_mount(folder: Path) -> None:
    root = laid_out(mounted(folder / "disk") / "merged")
    subprocess.run(["mount", "-o", "remount,ro", str(folder / "disk")], check=True)
    prepared = patch.prepare(root, ON)
    refused(lambda: patch.apply(prepared), "Read-only file system", "slowlens export")
    assert contents(root) == BEFORE
    assert journal.history(root) == journal.pending(root) == ()
    copy(root, ON, folder / "fixed", linked=True)
    assert contents(folder / "fixed") == AFTER


def read_only_bind_mount(folder: Path) -> None:
    """A folder that is writable elsewhere, mounted to be read: as containers are given theirs."""
    real, root = laid_out(folder / "real"), folder / "seen"
    root.mkdir()
    subprocess.run(["mount", "--bind", str(real), str(root)], check=True)
    patch.apply(patch.prepare(root, ON), ["a fix"])
    subprocess.run(["mount", "-o", "remount,bind,ro", str(root)], check=True)
    refused(lambda: patch.undo(root), "Read-only file system", "slowlens export")
    assert contents(root) == AFTER
    (entry,) = journal.history(root)
    assert journal.pending(root) == ()
    journal.reopen(entry)  # as one that was killed while it took it back
    (real / "config.json").write_bytes(BEFORE["config.json"])
    (settled,) = patch.recover()
    assert "Read-only file system" in str(settled.trouble)
    assert len(journal.pending(root)) == 1, "it is kept until it can be settled"
    subprocess.run(["mount", "-o", "remount,bind,rw", str(root)], check=True)
    (settled,) = patch.recover()
    assert settled.trouble is None
    assert contents(root) == BEFORE
    assert journal.history(root) == journal.pending(root) == ()


def as_user(user: int, group: int, action: Callable[[], object]) -> None:
    """Do it in a process of that user."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
            action()
        except BaseException as error:  # noqa: BLE001
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0


def somebody_elses(folder: Path) -> None:
    """A folder that may be read and not written, as another user."""
    root = laid_out(folder / "merged")
    home = folder / "theirs"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    os.environ["SLOWLENS_HOME"] = str(home)

    def apply() -> None:
        prepared = patch.prepare(root, ON)
        refused(lambda: patch.apply(prepared), "Permission denied", "slowlens export")
        assert journal.pending(root) == ()

    as_user(NOBODY, NOBODY, apply)
    assert contents(root) == BEFORE


def a_team(folder: Path) -> None:
    """Two users of a group whose journal is one: what one applied, the other undoes."""
    root, home = laid_out(folder / "merged"), folder / "home"
    home.mkdir()
    for path in (home, root, *root.iterdir()):
        os.chown(path, 0, TEAM)
        path.chmod(0o2775 if path.is_dir() else 0o664)
    os.environ["SLOWLENS_HOME"] = str(home)
    os.umask(0o002)
    as_user(NOBODY, TEAM, lambda: patch.apply(patch.prepare(root, ON), ["of one"]))
    assert contents(root) == AFTER
    as_user(NOBODY - 1, TEAM, lambda: patch.undo(root))
    assert contents(root) == BEFORE


SCENES = (
    full_checkpoint,
    full_journal,
    full_target_of_a_copy,
    read_only_mount,
    read_only_bind_mount,
    somebody_elses,
    a_team,
)


def main() -> None:
    """Play every scene, and print their names."""
    for scene in SCENES:
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)
            os.environ["SLOWLENS_HOME"] = str(Path(folder, "state"))
            scene(Path(folder))
            subprocess.run(f"umount {folder}/* 2>/dev/null", shell=True, check=False)  # noqa: S602
    print(json.dumps([scene.__name__ for scene in SCENES]))


if __name__ == "__main__":
    main()
