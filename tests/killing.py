"""Kill a process at every call that changes the disk, and look at what is left.

Run as a program: it forks, so it must have a single thread. Each child applies or undoes a fix and
dies at its n-th such call: before it, after it, in the middle of a write, or before it with all
that was not synced lost, as when the power fails. Then another process starts, which settles what
was interrupted, and which is killed at each of its own calls too.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from patched import BEFORE, CONFIG_ON, ON
from slowlens import patch
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT
from slowlens.patch import journal

CALLS = ("open", "write", "fsync", "close", "replace", "unlink", "mkdir", "chmod", "chown", "utime")
MOMENTS = ("before", "after", "half", "unsynced")
MODE = 0o640
TIMES = (1_600_000_000_123_456_789, 1_500_000_000_987_654_321)
ONE = (CONFIG_ON,)
THREE = (*ON, Edit("new.json", ("a",), ABSENT, 1))
State = dict[str, tuple[bytes, int, int]]


class Reaper:
    """Counts the calls of ``os`` that change the disk, and dies at one of them."""

    def __init__(self, at: int, moment: str) -> None:
        self._at, self._moment = at, moment
        self.calls = 0
        self._open: dict[int, str] = {}
        self._unsynced: set[str] = set()

    def install(self) -> None:
        for name in CALLS:
            setattr(os, name, self._watched(name, getattr(os, name)))

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return real(*args, **options)
            self.calls += 1
            if self.calls == self._at:
                self._die(name, real, args, options)
            found = real(*args, **options)
            self._note(name, args, found)
            return found

        return call

    def _note(self, name: str, args: tuple[Any, ...], found: Any) -> None:
        match name:
            case "open":
                self._open[found] = str(args[0])
                self._unsynced.add(str(args[0]))
            case "fsync":
                self._unsynced.discard(self._open.get(args[0], ""))
            case "close":
                self._open.pop(args[0], None)
            case "replace" if str(args[0]) in self._unsynced:
                self._unsynced.add(str(args[1]))

    def _die(self, name: str, real: Callable[..., Any], args: Any, options: Any) -> None:
        if self._moment == "after":
            real(*args, **options)
        elif self._moment == "half" and name == "write":
            real(args[0], args[1][: len(args[1]) // 2])
        elif self._moment == "unsynced":
            for path in filter(os.path.exists, self._unsynced):
                os.truncate(path, 0)
        os.kill(os.getpid(), signal.SIGKILL)


def killed(action: Callable[[], object], at: int, moment: str) -> bool:
    """Run ``action`` in a child that dies at its ``at``-th call; False if it came to its end."""
    child = os.fork()
    if child == 0:
        Reaper(at, moment).install()
        try:
            action()
        except BaseException as error:  # noqa: BLE001
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, f"the child failed at call {at}, {moment}"
    return False


def state(root: Path) -> State:
    """Return every file of a folder, hidden ones included: bytes, mode, time."""
    found = {path.name: (path, path.stat()) for path in root.iterdir()}
    return {n: (p.read_bytes(), s.st_mode, s.st_mtime_ns) for n, (p, s) in found.items()}


def contents(found: State) -> dict[str, bytes]:
    return {name: content for name, (content, _, _) in found.items()}


class Scene:
    """A checkpoint, its journal, and an action on it that is going to be killed."""

    def __init__(
        self, folder: Path, before: tuple[tuple[Edit, ...], ...], action: Callable[[Path], object]
    ) -> None:
        self._folder, self._before, self._act = folder, before, action
        self.root = folder / "merged"

    def set(self) -> State:
        """Make it anew, and return how it looks."""
        shutil.rmtree(self._folder, ignore_errors=True)
        os.environ["SLOWLENS_HOME"] = str(self._folder / "home")
        self.root.mkdir(parents=True)
        for name, content in BEFORE.items():
            (self.root / name).write_bytes(content)
            (self.root / name).chmod(MODE)
            os.utime(self.root / name, ns=TIMES)
        for edits in self._before:
            patch.apply(patch.prepare(self.root, edits), ["an earlier fix"])
        return state(self.root)

    def act(self) -> None:
        """Do what is going to be killed."""
        self._act(self.root)


def recovered(_: Path | None = None) -> None:
    """Start as every command does."""
    trouble = [settled.trouble for settled in patch.recover()]
    assert not any(trouble), trouble


def check(scene: Scene, old: State, new: State, entries: tuple[int, int]) -> None:
    """Look at what a restart left: all old or all new, and a journal that says which."""
    now = state(scene.root)
    kept = len(journal.history(scene.root))
    assert not journal.pending(scene.root)
    assert contents(now) in (contents(old), contents(new)), "half of a fix"
    whole = contents(now) == contents(new)
    assert kept == entries[whole], f"{kept} entries in the journal"
    for name, (content, mode, time) in now.items():
        if content == BEFORE.get(name):
            assert (mode & 0o777, time) == (MODE, TIMES[1]), f"{name}: not its mode and time"


def whole_files(scene: Scene, old: State, new: State) -> None:
    """Whoever reads at once, before any restart, finds no half-written file."""
    for name, content in contents(state(scene.root)).items():
        if not name.startswith("."):
            known = {contents(found).get(name) for found in (old, new)}
            assert content in known, f"{name} is neither old nor new"


def scenes(folder: Path) -> Iterator[tuple[str, Scene]]:
    def fixing(edits: tuple[Edit, ...]) -> Callable[[Path], object]:
        return lambda root: patch.apply(patch.prepare(root, edits), ["a fix"])

    for name, edits in (("one", ONE), ("two", ON), ("three", THREE)):
        yield f"apply {name}", Scene(folder, (), fixing(edits))
        yield f"undo {name}", Scene(folder, (edits,), patch.undo)
    yield "a second fix", Scene(folder, (ONE,), fixing(ON[1:]))
    yield "undo the older one", Scene(folder, (ONE, ON[1:]), lambda root: patch.undo(root, 1))


def main() -> None:
    """Kill at every point of every scene, and print how often."""
    points = again = 0
    with TemporaryDirectory() as parent:
        folder = Path(parent, "scene")
        for _name, scene in scenes(folder):
            scene.set()
            before = len(journal.history(scene.root))
            scene.act()
            new = state(scene.root)
            entries = (before, len(journal.history(scene.root)))
            for moment in MOMENTS:
                at = 1
                while (old := scene.set()) and killed(scene.act, at, moment):
                    whole_files(scene, old, new)
                    second = 1
                    while killed(recovered, second, moment):
                        whole_files(scene, old, new)
                        second += 1
                    check(scene, old, new, entries)
                    points, again, at = points + 1, again + second - 1, at + 1
    print(json.dumps({"killed": points, "killed again while recovering": again}))


if __name__ == "__main__":
    main()
