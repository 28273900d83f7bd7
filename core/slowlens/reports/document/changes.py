"""What to change: each fix of what counts, with its edits and the command that makes them."""

from collections.abc import Collection, Iterator, Mapping

from slowlens.batch import batch
from slowlens.facts.live.attribution import attribution
from slowlens.facts.live.measurement import Measurement
from slowlens.findings import Applicability, Edit, Fix
from slowlens.jsonvalue import ABSENT
from slowlens.reports import commands
from slowlens.reports.attribution import rows
from slowlens.reports.document.blocks import Block, Card, Code, Table, Text, Tone
from slowlens.reports.units import value
from slowlens.run import Run

BADGES: Mapping[Applicability, tuple[str, Tone]] = {
    Applicability.SAFE: ("Safe", Tone.GOOD),
    Applicability.UNSAFE: ("Changes outputs", Tone.WARNING),
    Applicability.MANUAL: ("By hand", Tone.PLAIN),
}
HEAD = ("File", "Key", "Before", "After")
SHOWN = 120
"""Characters of a value."""


def changes(run: Run) -> tuple[Block, ...]:
    """Return a card for each fix, the most urgent first."""
    fixes = _fixes(run)
    if not fixes:
        return (Text("Nothing has to change: no finding that counts has a fix."),)
    cards = (_card(run, fix) for fix in fixes)
    return (*cards, *_commands(run, {fix.applicability for fix in fixes}))


def _commands(run: Run, kinds: Collection[Applicability]) -> Iterator[Code]:
    """Yield the commands that apply them; what changes outputs only by one of its own.

    A checkpoint of the hub is not written to: what would change can be seen.
    """
    if run.merged.origin:
        yield Code(commands.fix_command(batch(run), run), "To see the fixes")
        return
    if Applicability.SAFE in kinds:
        safe = commands.apply_command(batch(run), run)
        yield Code(safe, "To apply the safe fixes")
    if Applicability.UNSAFE in kinds:
        every = commands.apply_command(batch(run), run, "--unsafe")
        too = "To apply those that change outputs, too"
        yield Code(every, too if Applicability.SAFE in kinds else "To apply what changes outputs")


def _fixes(run: Run) -> list[Fix]:
    """Return each different one once; they hold JSON, which has no hash."""
    found: list[Fix] = []
    for _, finding in run.findings:
        if finding.fix is not None and finding.fix not in found:
            found.append(finding.fix)
    return found


def _card(run: Run, fix: Fix) -> Card:
    badge, tone = BADGES[fix.applicability]
    removes = dict.fromkeys(rule for rule, finding in run.findings if finding.fix == fix)
    facts = [("Removes", ", ".join(removes)), *_tried(run.measurement, fix)]
    return Card(badge, tone, fix.title, fix.reason, tuple(facts), _edits(fix))


def _edits(fix: Fix) -> Table | None:
    if not fix.edits:
        return None
    return Table(HEAD, tuple(map(_row, fix.edits)), words=(0, 1, 2, 3))


def _row(edit: Edit) -> tuple[str, ...]:
    sides = (
        "not set" if side is ABSENT else cut(value(side)) for side in (edit.before, edit.after)
    )
    return (edit.file, ".".join(edit.pointer), *sides)


def _tried(measurement: Measurement | None, fix: Fix) -> Iterator[tuple[str, str]]:
    """Say what it saved where it was tried alone."""
    found = attribution(measurement) if measurement else None
    if measurement is None or found is None:
        return
    alone = {one.name for one in measurement.plan.overlays if one.titles == (fix.title,)}
    for name, _, answer, saved, share in rows(found):
        if name in alone:
            told = f"{saved} saved of one answer, {share} of the gap" if share else saved
            yield "Measured", told or f"one answer takes {answer}"


def cut(text: str) -> str:
    """Shorten a value that is long, such as a chat template."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
