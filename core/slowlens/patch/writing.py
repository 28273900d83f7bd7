"""Apply a patch or take one back: all files of it or none, whatever fails."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from slowlens.errors import PatchError, SlowlensError, StaleEditError
from slowlens.patch import journal
from slowlens.patch.explained import explained
from slowlens.patch.guards import refuse_shared
from slowlens.patch.journal import Entry, PatchedFile
from slowlens.patch.preparing import CHECK_AGAIN, Patch
from slowlens.patch.recovery import settle, standing, take_back
from slowlens.patch.switch import State, state_of, switch
from slowlens.places import HOME_VARIABLE


def apply(patch: Patch, titles: Iterable[str] = ()) -> None:
    """Write a prepared patch, or nothing at all; ``titles`` are for the journal."""
    if not patch.files:
        return
    with journal.alone(patch.root), explained(patch.root):
        settle(patch.root)
        for file in patch.files:
            if state_of(patch.root / file.name).content != file.before:
                raise StaleEditError(f"{file.name} changed after it was read", hint=CHECK_AGAIN)
        refuse_shared(patch)
        entry = journal.begin(patch.root, patch.files, titles)
        try:
            switch(patch.root, {file.name: State(file.after) for file in patch.files})
            journal.finish(entry)
        except BaseException:
            with suppress(SlowlensError, OSError):  # else the next start settles it
                take_back(patch.root, entry)
            raise


def undo(root: Path, number: int | None = None) -> Patch:
    """Take back the journal entry ``number`` of a checkpoint, or the newest; return what it did.

    Raises StaleEditError where a file was changed since, by a later fix or otherwise.
    """
    root = Path(os.path.realpath(root))
    if not (journal.history(root) or journal.pending(root)):
        raise _nothing_to_undo(root)
    with journal.alone(root), explained(root):
        settle(root)
        entries = journal.history(root)
        entry = _chosen(root, entries, number)
        _refuse_covered(entry, entries)
        standing(root, entry)
        pending = journal.reopen(entry)
        try:
            files = take_back(root, pending)
        except BaseException:
            with suppress(SlowlensError, OSError):
                settle(root)
            raise
    return Patch(root, tuple(PatchedFile(f.name, f.after, f.before) for f in files))


def _chosen(root: Path, entries: Sequence[Entry], number: int | None) -> Entry:
    if not entries:
        raise _nothing_to_undo(root)
    for entry in entries:
        if number in (None, entry.number):
            return entry
    known = ", ".join(str(entry.number) for entry in reversed(entries))
    raise PatchError(
        f"there is no fix {number} of {root} to undo", hint=f"There are these: {known}."
    )


def _refuse_covered(entry: Entry, entries: Sequence[Entry]) -> None:
    if later := journal.covering(entry, entries):
        named = " and ".join(f"fix {number}" for number in later)
        raise StaleEditError(
            f"a file of fix {entry.number} was changed again by {named}",
            hint=f"Undo {named} first, the newest first.",
        )


def _nothing_to_undo(root: Path) -> PatchError:
    return PatchError(
        f"nothing to undo in {root}",
        hint="Only fixes that this user made on this machine, at this path, can be undone. Users "
        f"who set {HOME_VARIABLE} to one folder share theirs.",
    )
