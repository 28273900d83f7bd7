"""Fixes and undos whose process died: what is half done is taken back, the rest is left.

The entry of a patch is pending from before the first file is replaced until after the last one.
Whoever starts next finds it so only if that process is gone: it held the lock.
"""

from collections.abc import Iterator
from pathlib import Path

from slowlens.errors import SlowlensError, StaleEditError
from slowlens.frozen import dataclass
from slowlens.patch import journal
from slowlens.patch.explained import explained
from slowlens.patch.switch import State, clear, state_of, switch


@dataclass(frozen=True, slots=True)
class Settled:
    """A checkpoint in which a fix or an undo was interrupted, and what became of it."""

    root: Path
    whole: bool = False
    """Whether all of its files had been written; otherwise they are as before."""
    trouble: SlowlensError | None = None
    """Why it could not be settled."""


def recover() -> Iterator[Settled]:
    """Settle whatever was interrupted, in any checkpoint.

    What another process is at work on just now is left to it.
    """
    for root in dict.fromkeys(journal.interrupted()):
        try:
            with journal.alone(root, wait=False) as free, explained(root):
                done = settle(root) if free else ()
        except SlowlensError as error:
            yield Settled(root, trouble=error)
        else:
            yield from done


def settle(root: Path) -> tuple[Settled, ...]:
    """Settle what was interrupted in ``root``, whose lock the caller holds."""
    return tuple(Settled(root, whole=_settle(root, entry)) for entry in journal.pending(root))


def _settle(root: Path, entry: journal.Entry) -> bool:
    clear(root, tuple(file.name for file in entry.files))
    whole = len(standing(root, entry)) == len(entry.files)
    if whole:
        journal.finish(entry)
    else:
        take_back(root, entry)
    return whole


def take_back(root: Path, entry: journal.Entry) -> tuple[journal.PatchedFile, ...]:
    """Write the old bytes of a pending entry and forget it; return the files that were patched."""
    patched = standing(root, entry)
    switch(root, {file.name: State(file.before, file.mode, file.times) for file in patched})
    clear(root, tuple(file.name for file in entry.files))
    journal.forget(entry)
    return patched


def standing(root: Path, entry: journal.Entry) -> tuple[journal.PatchedFile, ...]:
    """Return the files of an entry that stand patched; raise where one is neither old nor new."""
    if changed := changed_since(root, entry):
        raise StaleEditError(
            f"{', '.join(changed)} changed after the fix of {root}, so it cannot be undone",
            hint="Take your own change back first, or edit the file by hand: its bytes from "
            f"before the fix are kept, in base64, in {entry.path}",
        )
    return tuple(f for f in entry.files if state_of(root / f.name).content == f.after)


def changed_since(root: Path, entry: journal.Entry) -> tuple[str, ...]:
    """Return the names of files that stand neither as before the fix nor as after it."""
    return tuple(
        file.name
        for file in entry.files
        if state_of(root / file.name).content not in (file.before, file.after)
    )
