"""Fixes of the chosen pair as callbacks: what they write, and what they leave to be said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from slowlens import patch
from slowlens.diagnose import Found
from slowlens.errors import SlowlensError
from slowlens.exports import Carried, Form
from slowlens.facts.provenance import Writer
from slowlens.findings import Fix
from slowlens.gather.hub.ids import require_weights
from slowlens.patch import journal
from slowlens.repair import Chosen, Repair
from slowlens.run import CheckpointSummary, Run
from slowlens.standing import Standing
from slowlens.tried import require_as_tried
from slowlens_dashboard.access.permission import require_permission
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.messages import complain, tell
from slowlens_dashboard.pair import options
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code

BUSY = "A run measures these files just now: wait for it, or stop it first."


@dataclass(frozen=True, slots=True)
class Offer:
    """One fix, and the findings that it removes, each with its rule."""

    fix: Fix
    findings: tuple[Found, ...]
    counts: bool = True
    """Whether one of its findings concerns a judged runtime."""

    @property
    def rules(self) -> tuple[str, ...]:
        """Those whose findings it removes, each once."""
        return tuple(dict.fromkeys(found.rule for found in self.findings))

    @property
    def repair(self) -> Repair:
        """The fix alone, to try or to carry away."""
        return Repair(tuple(Chosen(rule, self.fix) for rule in self.rules))


def offers(run: Run) -> tuple[Offer, ...]:
    """Return each different fix once: of what counts first, of that the worst first."""
    counted = run.standings[Standing.COUNTED]
    found = [f for f in (*counted, *run.standings[Standing.ELSEWHERE]) if f.finding.fix]
    fixes: list[Fix] = []
    for _rule, finding in found:
        if finding.fix is not None and finding.fix not in fixes:
            fixes.append(finding.fix)
    groups = [(fix, tuple(f for f in found if f.finding.fix == fix)) for fix in fixes]
    return tuple(Offer(fix, group, group[0] in counted) for fix, group in groups)


def proved(entries: Sequence[journal.Entry], before: Run, after: Run) -> tuple[int, ...]:
    """Return the numbers of the fixes that were written between two runs."""
    return tuple(entry.number for entry in entries if before.created <= entry.time <= after.created)


def exported(form: Form, root: Path, repair: Repair, writers: tuple[Writer, ...]) -> bytes:
    """Return fixes in a form to carry away; nothing is written."""
    options().allow(str(root))  # a link in it may lead elsewhere since it was drawn
    prepared = patch.prepare(root, repair.edits)
    return form.render(Carried(prepared, repair.edits, repair.titles, writers))


def apply(
    prepared: patch.Patch, titles: Iterable[str], tried: CheckpointSummary | None = None
) -> None:
    """Write what was shown, if its files still are what they were then; a callback.

    Where it was ``tried``, no other file of the checkpoint may have changed since either.
    """
    try:
        require_permission()
        _require_rest(prepared.root)
        require_weights(prepared.root)
        if tried is not None:
            require_as_tried(tried, prepared.root)
        patch.apply(prepared, titles)
    except SlowlensError as error:
        complain(error)
    else:
        names = ", ".join(code(file.name) for file in prepared.files)
        tell(_(f"Fixed {names}. The exact old bytes are kept for undo."))


def undo(root: Path, number: int) -> None:
    """Take a fix of the journal back; a callback."""
    try:
        require_permission()
        _require_rest(root)
        undone = patch.undo(root, number)
    except SlowlensError as error:
        complain(error)
    else:
        names = ", ".join(code(file.name) for file in undone.files)
        tell(
            _(f"Undone: {names} as before, byte for byte.")
            if names
            else _("There was nothing left.")
        )


def undo_all(root: Path) -> None:
    """Take every fix of the journal back, the newest first; what refuses ends it; a callback."""
    undone = 0
    try:
        require_permission()
        _require_rest(root)
        for entry in journal.history(root):
            patch.undo(root, entry.number)
            undone += 1
    except SlowlensError as error:
        complain(error)
    if undone:
        one = undone == 1
        tell(
            _("Undone: 1 fix, byte for byte." if one else f"Undone: {undone} fixes, byte for byte.")
        )


def _require_rest(root: Path) -> None:
    """Refuse to change files that a run measures: another tab may have begun it."""
    active = jobs().active
    if active and active.run.merged.path == str(root):
        raise SlowlensError(BUSY)
