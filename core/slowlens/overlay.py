"""A checkpoint with some fixes tried: a folder of links, and JSON files of its own."""

import os
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from slowlens.durable import write_new
from slowlens.errors import PatchError
from slowlens.facts.live.plan import Overlay
from slowlens.facts.live.saving import STATIC
from slowlens.findings import Edit, Fix
from slowlens.fixes import static_cache
from slowlens.frozen import dataclass
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.devices import hardware
from slowlens.patch import prepare
from slowlens.repair import Repair, fixes
from slowlens.run import Run
from slowlens.scratch import remove_abandoned, scratch

ALL = "all fixes"
"""The subject that has every fix but the static cache."""
FOLDERS = "slowlens-overlays-"
"""What the names of their temporary folders begin with."""
LARGEST_COPY = 64 * 2**20
"""Bytes of a file that is still copied where nothing can be linked."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Edits to try together, the name of their trials, and the rules that offer them."""

    name: str
    rules: tuple[str, ...]
    edits: tuple[Edit, ...]
    titles: tuple[str, ...]


def overlay(root: Path, edits: Iterable[Edit], into: Path) -> Path:
    """Make the folder ``into`` a double of the checkpoint ``root`` with ``edits`` in it.

    Nothing in ``root`` is written. Raises StaleEditError where a file no longer is what an edit
    expects, and PatchError where the disk refuses.
    """
    root = root.resolve()
    if into.resolve().is_relative_to(root):
        raise PatchError(f"{into} is inside of {root}", hint="Use a folder outside of it.")
    patch = prepare(root, edits)
    try:
        into.mkdir(parents=True)
        # First, so that a link cannot be in the way where names differ by case alone.
        for file in patch.files:
            if file.after is not None:
                (into / file.name).parent.mkdir(parents=True, exist_ok=True)
                write_new(into / file.name, file.after)
        _fill(root, into)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PatchError(
            f"a double of {root} could not be made in {into}: {reason}",
            hint="Point TMPDIR at a folder on the disk of the checkpoint, with room for links.",
        ) from error
    return into


@contextmanager
def overlays(
    run: Run, *, unsafe: bool = True, static: int = 0, only: Repair | None = None
) -> Generator[tuple[Overlay, ...]]:
    """Make one overlay for each fix of ``run``, and one for all of them; leaving removes them.

    Fixes that change the answers are tried unless not ``unsafe``; with ``only``, those in it alone.
    ``static`` is the major version of transformers that a static cache is to be tried with too,
    where that may pay: on a GPU.
    """
    remove_abandoned(FOLDERS)
    root = Path(run.merged.path)
    offered = static_cache(read_checkpoint(root), static) if static else None
    with scratch(FOLDERS) as folder:
        wanted = fixes(run, unsafe=unsafe, others=False) if only is None else only
        yield tuple(
            Overlay(
                one.name,
                str(overlay(root, one.edits, folder / str(number))),
                one.rules,
                one.titles,
            )
            for number, one in enumerate(candidates(wanted, offered))
        )


def static_version(run: Run, device: str) -> int:
    """Return the major version of transformers where the run goes on an NVIDIA GPU, else 0.

    ``device`` as in a plan. On a CPU nothing is compiled, and a static cache only costs.
    """
    on_gpu = device.startswith("cuda") or (device == "auto" and hardware() is not None)
    major, _, _ = run.environment.packages.get("transformers", "").partition(".")
    return int(major) if on_gpu and major.isdecimal() else 0


def candidates(repair: Repair, static: Fix | None = None) -> tuple[Candidate, ...]:
    """Return what to try: the fixes of each rule, all of them, and those with a static cache.

    Rules that want the same edits share one. A static cache alone would do nothing where the
    cache is off, so it comes on top of the fixes.
    """
    tried: list[Candidate] = []
    for rules, mine in _groups(repair):
        tried.append(Candidate(f"merged + {rules[0]}", tuple(rules), mine.edits, mine.titles))
    together = tuple(dict.fromkeys(rule for one in tried for rule in one.rules))
    if len(tried) > 1:
        tried.append(Candidate(ALL, together, repair.edits, repair.titles))
    if static is not None and not _touched(repair.edits, static.edits):
        name = f"{tried[-1].name if tried else 'merged'} + {STATIC}"
        edits, titles = (*repair.edits, *static.edits), (*repair.titles, static.title)
        tried.append(Candidate(name, (*together, STATIC), edits, titles))
    return tuple(tried)


def _groups(repair: Repair) -> list[tuple[list[str], Repair]]:
    """Put the fixes of a rule together, and rules whose edits are the same."""
    groups: list[tuple[list[str], Repair]] = []
    for rule in dict.fromkeys(rule for rule, _ in repair.chosen):
        mine = Repair(tuple(one for one in repair.chosen if one.rule == rule))
        alike = (rules for rules, theirs in groups if _same_edits(mine, theirs))
        if (rules := next(alike, None)) is not None:
            rules.append(rule)
        else:
            groups.append(([rule], mine))
    return groups


def _same_edits(one: Repair, two: Repair) -> bool:
    both = Repair(one.chosen + two.chosen)
    return len(one.edits) == len(both.edits) == len(two.edits)


def _touched(edits: Iterable[Edit], others: Iterable[Edit]) -> bool:
    places = {(edit.file, edit.pointer) for edit in edits}
    return any((other.file, other.pointer) in places for other in others)


def _fill(folder: Path, into: Path) -> None:
    """Link what ``into`` does not hold yet; what it holds are patched files and their folders."""
    for entry in sorted(folder.iterdir()):
        target = into / entry.name
        if not os.path.lexists(target):
            _link(entry, target)
        elif entry.is_dir() and target.is_dir():
            _fill(entry, target)


def _link(entry: Path, target: Path) -> None:
    real = entry.resolve()
    try:
        target.symlink_to(real, target_is_directory=real.is_dir())
    except OSError:  # some systems reserve links for administrators
        _hard_link_or_copy(real, target)


def _hard_link_or_copy(real: Path, target: Path) -> None:
    if real.is_dir():
        target.mkdir()
        _fill(real, target)
        return
    try:
        target.hardlink_to(real)
    except OSError:
        if real.stat().st_size > LARGEST_COPY:
            raise
        shutil.copyfile(real, target)
