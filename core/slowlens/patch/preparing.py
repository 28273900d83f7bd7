"""The bytes of some edits, before and after, without a byte written."""

import json
from collections.abc import Iterable
from pathlib import Path, PurePath

from slowlens.errors import PatchError, StaleEditError
from slowlens.findings import Edit
from slowlens.frozen import dataclass
from slowlens.jsonedit import edit_json, read_object
from slowlens.jsonvalue import ABSENT, Absent, Json, lookup, same
from slowlens.patch.explained import explained
from slowlens.patch.journal import PatchedFile
from slowlens.patch.switch import state_of

CHECK_AGAIN = "Check the checkpoint again and use the fix that it offers then."


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
    with explained(root):
        files = tuple(_patched(root, name, group) for name, group in by_file.items())
    return Patch(root, tuple(file for file in files if file.before != file.after))


def _patched(root: Path, name: str, edits: Iterable[Edit]) -> PatchedFile:
    path = root / name
    if ".." in PurePath(name).parts or not path.parent.resolve().is_relative_to(root):
        raise PatchError(f"{name} is outside of {root}", hint="Only files in it can be fixed.")
    found = state_of(path)
    content = found.content
    for edit in edits:
        value = ABSENT if content is None else lookup(read_object(content, name), edit.pointer)
        if not same(value, edit.before):
            raise StaleEditError(_no_longer(name, edit, value), hint=CHECK_AGAIN)
        if content is not None or edit.after is not ABSENT:
            content = edit_json(b"{}\n" if content is None else content, edit)
    return PatchedFile(name, found.content, content, found.mode, found.times)


def _no_longer(name: str, edit: Edit, found: Json | Absent) -> str:
    spelled = ["missing" if v is ABSENT else json.dumps(v) for v in (edit.before, found)]
    return f"{name}: {'.'.join(edit.pointer)} is no longer {spelled[0]} but {spelled[1]}"
