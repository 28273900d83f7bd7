"""Fixes of the chosen pair as callbacks: what they write, and what they leave to be said."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slowlens import patch
from slowlens.diagnose import Found
from slowlens.errors import SlowlensError
from slowlens.exports import Form
from slowlens.findings import Edit, Fix
from slowlens.gather.hub.ids import require_weights
from slowlens.run import Run
from slowlens.standing import Standing
from slowlens_dashboard.messages import complain, tell
from slowlens_dashboard.permission import require_permission
from slowlens_dashboard.prose import code


@dataclass(frozen=True, slots=True)
class Offer:
    """One fix, and the findings that it removes, each with its rule."""

    fix: Fix
    findings: tuple[Found, ...]
    counts: bool = True
    """Whether one of its findings concerns a judged runtime."""


def offers(run: Run) -> tuple[Offer, ...]:
    """Return each different fix once: of what counts first, of that the worst first."""
    counted = run.standings[Standing.COUNTED]
    found = [f for f in (*counted, *run.standings[Standing.ELSEWHERE]) if f.finding.fix]
    fixes: list[Fix] = []
    for _, finding in found:
        if finding.fix is not None and finding.fix not in fixes:
            fixes.append(finding.fix)
    groups = [(fix, tuple(f for f in found if f.finding.fix == fix)) for fix in fixes]
    return tuple(Offer(fix, group, group[0] in counted) for fix, group in groups)


def diff(root: Path, edits: Iterable[Edit]) -> str:
    """Return what the edits would change."""
    return patch.unified_diff(patch.prepare(root, edits))


def files(root: Path, edits: Iterable[Edit]) -> tuple[str, ...]:
    """Return the names of the files that the edits would change."""
    return tuple(file.name for file in patch.prepare(root, edits).files)


def exported(form: Form, root: Path, edits: Iterable[Edit]) -> bytes:
    """Return the patch in a form to carry away; nothing is written."""
    edits = tuple(edits)
    return form.render(patch.prepare(root, edits), edits)


def apply(root: Path, edits: Iterable[Edit], titles: Iterable[str]) -> None:
    """Write the edits; a callback."""
    try:
        require_permission()
        require_weights(root)
        prepared = patch.prepare(root, edits)
        patch.apply(prepared, titles)
    except SlowlensError as error:
        complain(error)
    else:
        names = ", ".join(code(file.name) for file in prepared.files)
        tell(f"Fixed {names}. The exact old bytes are kept for undo.")


def undo(root: Path, number: int) -> None:
    """Take a fix of the journal back; a callback."""
    try:
        require_permission()
        undone = patch.undo(root, number)
    except SlowlensError as error:
        complain(error)
    else:
        names = ", ".join(code(file.name) for file in undone.files)
        tell(f"Undone: {names} as before, byte for byte." if names else "There was nothing left.")
