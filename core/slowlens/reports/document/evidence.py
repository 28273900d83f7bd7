"""The evidence: each finding with its proof, what does not count, and what differs."""

from collections.abc import Iterator, Mapping

from slowlens.facts.difference import Difference
from slowlens.findings import Severity
from slowlens.jsonvalue import ABSENT
from slowlens.proofs import Proved, together
from slowlens.reports import inspection, md, words
from slowlens.reports.document.blocks import Block, Card, Fold, Items, Table, Text, Tone
from slowlens.reports.document.changes import cut
from slowlens.reports.units import counted, value
from slowlens.rulenames import TITLES
from slowlens.run import Run

TONES: Mapping[Severity, Tone] = {
    Severity.ERROR: Tone.BAD,
    Severity.WARNING: Tone.WARNING,
    Severity.NOTE: Tone.PLAIN,
}
NONE = "No rule found anything that concerns the runtimes it is judged for."
DIFFERENCES = ("Effect", "File", "Key", "Source", "Merged", "What it means")
SETTINGS = ("Setting", "Value", "Runtimes", "Decided by", "Note")


def evidence(run: Run) -> tuple[Block, ...]:
    """Return the findings that count, the gravest first, and all else that was looked at."""
    cards = [_card(each) for each in together(run.findings)]
    none = [] if cards else [Text(NONE)]
    rest = tuple(md.not_counted(run))
    return (
        *cards,
        *none,
        *([Items(rest)] if rest else []),
        *_unasked(run),
        *_differences(run),
        *_settings(run),
    )


def _card(each: Proved) -> Card:
    rule, finding = each.whole
    facts = {
        "Costs": finding.cost,
        words.PROOFS[finding.confidence]: words.proof(finding),
        "Affects": ", ".join(runtime.label for runtime in finding.affects),
    }
    told = [item for item in facts.items() if item[1]]
    told += [("The run proves it", proof.message) for _, proof in each.proofs]
    told.append(("Rule", rule))
    title = TITLES.get(rule, rule)
    tone = TONES[finding.severity]
    return Card(finding.severity.value, tone, title, finding.message, tuple(told))


def _unasked(run: Run) -> Iterator[Block]:
    """Say what was not checked, which is never counted as fine."""
    lines = tuple(f"{status}: {text}" for status, text in words.unasked(run))
    if lines:
        yield Fold("What was not checked, and why", (Items(lines),))


def _differences(run: Run) -> Iterator[Block]:
    found = run.diff.differences if run.diff else ()
    if found:
        table = Table(DIFFERENCES, tuple(map(_row, found)), words=tuple(range(6)))
        yield Fold(f"{counted(len(found), 'difference')} from the source", (table,))


def _row(found: Difference) -> tuple[str, ...]:
    sides = (
        "not set" if side is ABSENT else cut(value(side)) for side in (found.source, found.merged)
    )
    return (found.effect.value, found.file, found.key, *sides, found.note)


def _settings(run: Run) -> Iterator[Block]:
    rows = tuple(inspection.decided(run.settings))
    if rows:
        table = Table(SETTINGS, rows, words=tuple(range(5)))
        yield Fold("Effective settings, as predicted for each runtime", (table,))
