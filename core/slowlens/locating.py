"""Where the evidence stands: the line of each key that a finding names."""

from collections.abc import Iterable, Iterator

from slowlens.diagnose import Outcome
from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import Checkpoint
from slowlens.findings import Evidence, Finding, ValueEvidence
from slowlens.frozen import replace
from slowlens.gather.textfile import decode, read_bytes
from slowlens.jsonspans import line_of
from slowlens.jsonvalue import ABSENT, lookup, same

LARGEST = 4_000_000
"""Bytes: a larger file is no config that a person edits by line."""


def located(outcomes: Iterable[Outcome], checkpoint: Checkpoint) -> tuple[Outcome, ...]:
    """Fill in the lines of all evidence from the JSON files of ``checkpoint``; never fails."""
    texts: dict[str, str] = {}
    return tuple(_outcome(outcome, checkpoint, texts) for outcome in outcomes)


def _outcome(outcome: Outcome, checkpoint: Checkpoint, texts: dict[str, str]) -> Outcome:
    if not outcome.findings:
        return outcome
    return replace(
        outcome, findings=tuple(_finding(f, checkpoint, texts) for f in outcome.findings)
    )


def _finding(finding: Finding, checkpoint: Checkpoint, texts: dict[str, str]) -> Finding:
    return replace(finding, evidence=tuple(_lines(finding.evidence, checkpoint, texts)))


def _lines(
    evidence: Iterable[Evidence], checkpoint: Checkpoint, texts: dict[str, str]
) -> Iterator[Evidence]:
    for item in evidence:
        if isinstance(item, ValueEvidence) and not item.line and _is_of(checkpoint, item):
            if item.file not in texts:
                texts[item.file] = _text(checkpoint, item.file)
            yield replace(item, line=_line(texts[item.file], item))
        else:
            yield item


def _is_of(checkpoint: Checkpoint, evidence: ValueEvidence) -> bool:
    """Whether it is about this checkpoint, and not about the file of that name in its source."""
    values = checkpoint.values(evidence.file)
    if values is None or checkpoint.files.get(evidence.file, 0) > LARGEST:
        return False
    found = lookup(values, evidence.pointer)
    return found is ABSENT or evidence.found is ABSENT or same(found, evidence.found)


def _text(checkpoint: Checkpoint, name: str) -> str:
    try:
        return decode(read_bytes(checkpoint.root / name))
    except SlowlensError:  # gone or changed since it was read
        return ""


def _line(text: str, evidence: ValueEvidence) -> int:
    try:
        return line_of(text, evidence.pointer)
    except (ValueError, IndexError, RecursionError):
        return 0
