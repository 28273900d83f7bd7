"""Write edits into a checkpoint so that all happen or none do, and take them back byte for byte."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from difflib import unified_diff as compare_lines
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from pathlib import Path, PurePath

from slowlens import journal
from slowlens.errors import PatchError, SlowlensError, StaleEditError
from slowlens.findings import Edit
from slowlens.frozen import dataclass
from slowlens.journal import PatchedFile as PatchedFile
from slowlens.jsonedit import edit_json, read_object
from slowlens.jsonvalue import ABSENT, Absent, Json, lookup, same
from slowlens.switch import State, clear, state_of, switch

_CHECK_AGAIN = "Check the checkpoint again and use the fix that it offers then."
_ROOM = "Free some space on that disk, then try again."
_PERMISSION = "Make the folder writable, or fix a copy of the checkpoint."
_HINTS = {
    ENOSPC: _ROOM,
    EDQUOT: _ROOM,
    EACCES: _PERMISSION,
    EPERM: _PERMISSION,
    EROFS: _PERMISSION,
}


@dataclass(frozen=True, slots=True)
class Patch:
    """The bytes of some edits, before and after; files that stay as they are are left out."""

    root: Path
    files: tuple[PatchedFile, ...]


def prepare(root: Path, edits: Iterable[Edit]) -> Patch:
    """Work out the new bytes of each file without writing anything."""
    root = root.resolve()
    if not root.is_dir():
        raise PatchError(f"{root} is not a folder", hint="Name the folder of a checkpoint.")
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(str(PurePath(edit.file)), []).append(edit)
    with _explained(root):
        files = tuple(_patched(root, name, group) for name, group in by_file.items())
    return Patch(root, tuple(file for file in files if file.before != file.after))


def unified_diff(patch: Patch) -> str:
    """Show a patch the way ``git apply`` reads it."""
    return "".join(line for file in patch.files for line in _diff(file))


def apply(patch: Patch, titles: Iterable[str] = ()) -> None:
    """Write a prepared patch, or nothing at all; ``titles`` are for the journal."""
    if not patch.files:
        return
    with journal.alone(patch.root), _explained(patch.root):
        for file in patch.files:
            if state_of(patch.root / file.name) != State(file.before, file.link):
                raise StaleEditError(f"{file.name} changed after it was read", hint=_CHECK_AGAIN)
        entry = journal.record(patch.root, patch.files, titles)
        try:
            switch(patch.root, {file.name: State(file.after) for file in patch.files})
        except BaseException:
            with suppress(SlowlensError):
                if not _patched_files(patch.root, entry):
                    journal.forget(entry)
            raise


def undo(root: Path) -> Patch:
    """Take back the newest journal entry of a checkpoint, finished or not; return what it did."""
    root = Path(os.path.realpath(root))
    if not journal.history(root):
        raise _nothing_to_undo(root)
    with journal.alone(root), _explained(root):
        entry = next(iter(journal.history(root)), None)
        if entry is None:
            raise _nothing_to_undo(root)
        files = _patched_files(root, entry)
        switch(root, {file.name: _original(root, file) for file in files})
        clear(root, tuple(file.name for file in entry.files))
        journal.forget(entry)
    return Patch(root, tuple(PatchedFile(f.name, f.after, f.before, f.link) for f in files))


def _nothing_to_undo(root: Path) -> PatchError:
    return PatchError(
        f"nothing to undo in {root}",
        hint="Only fixes that this user made on this machine, at this path, can be undone.",
    )


def _patched(root: Path, name: str, edits: Iterable[Edit]) -> PatchedFile:
    path = root / name
    if ".." in PurePath(name).parts or not path.parent.resolve().is_relative_to(root):
        raise PatchError(f"{name} is outside of {root}", hint="Only files in it can be fixed.")
    state = state_of(path)
    content = state.content
    for edit in edits:
        found = ABSENT if content is None else lookup(read_object(content, name), edit.pointer)
        if not same(found, edit.before):
            raise StaleEditError(_no_longer(name, edit, found), hint=_CHECK_AGAIN)
        if content is not None or edit.after is not ABSENT:
            content = edit_json(b"{}\n" if content is None else content, edit)
    return PatchedFile(name, state.content, content, state.link)


def _no_longer(name: str, edit: Edit, found: Json | Absent) -> str:
    spelled = ["missing" if v is ABSENT else json.dumps(v) for v in (edit.before, found)]
    return f"{name}: {'.'.join(edit.pointer)} is no longer {spelled[0]} but {spelled[1]}"


def _diff(file: PatchedFile) -> Iterator[str]:
    lines = compare_lines(
        _lines(file.before or b""),
        _lines(file.after or b""),
        "/dev/null" if file.before is None else f"a/{file.name}",
        "/dev/null" if file.after is None else f"b/{file.name}",
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    *lines, rest = content.decode(errors="replace").split("\n")
    return [f"{line}\n" for line in lines] + ([rest] if rest else [])


def _patched_files(root: Path, entry: journal.Entry) -> tuple[PatchedFile, ...]:
    """Return the files of an entry that stand patched: after a crash perhaps not all do."""
    found = {file: state_of(root / file.name).content for file in entry.files}
    changed = [f.name for f, content in found.items() if content not in (f.before, f.after)]
    if changed:
        raise StaleEditError(
            f"{', '.join(changed)} changed after the fix, so it cannot be undone",
            hint="Take your own change back first, or edit the file by hand: its bytes from "
            f"before the fix are kept, in base64, in {entry.path}",
        )
    return tuple(file for file, content in found.items() if content == file.after)


def _original(root: Path, file: PatchedFile) -> State:
    """Return what stood there before: the link only while it leads to the same bytes."""
    if file.link is not None:
        with suppress(OSError):
            if (root / file.name).parent.joinpath(file.link).read_bytes() == file.before:
                return State(file.before, file.link)
    return State(file.before)


@contextmanager
def _explained(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "Make sure that the folder can be read and written.")
        reason = error.strerror or str(error)
        raise PatchError(f"{root} was not changed: {reason}", hint=hint) from error
