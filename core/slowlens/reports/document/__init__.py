"""A run as a report: answer, what to change, what was measured, the evidence, the environment."""

import re

from slowlens.batch import batch
from slowlens.gate import ExitCode
from slowlens.proofs import together
from slowlens.reports import words
from slowlens.reports.called import place
from slowlens.reports.document.blocks import Document, Section, Tone
from slowlens.reports.document.changes import changes
from slowlens.reports.document.environment import environment
from slowlens.reports.document.evidence import evidence
from slowlens.reports.document.measured import measured
from slowlens.reports.document.redactions import redactions
from slowlens.reports.units import moment
from slowlens.run import Run

TONES = {
    ExitCode.CLEAN: Tone.GOOD,
    ExitCode.FOUND: Tone.BAD,
    ExitCode.UNCHECKED: Tone.WARNING,
}
IMPORTED = ("What was measured", "What this report leaves out")
"""Of another benchmark no more is known."""


def document(run: Run) -> Document:
    """Build the report of one run, which was measured, checked only, or imported."""
    code = batch(run).code(run)
    sections = [
        Section("What to change", changes(run)),
        Section("What was measured", measured(run)),
        Section("The evidence", evidence(run)),
        Section("The environment", environment(run)),
        Section("What this report leaves out", redactions(run)),
    ]
    if run.imported is not None:
        sections = [section for section in sections if section.title in IMPORTED]
    return Document(
        title=run.merged.title or place(run),
        place=place(run),
        verdict=_verdict(run, code),
        tone=Tone.PLAIN if run.imported else TONES[code],
        answer=run.answer,
        about=tuple(_about(run)),
        sections=tuple(section for section in sections if section.blocks),
    )


def file_name(run: Run, suffix: str = "html") -> str:
    """Return what to call the file of a report."""
    return f"slowlens-report-{re.sub(r'[^0-9A-Za-z-]+', '-', run.id)}.{suffix}"


def _verdict(run: Run, code: ExitCode) -> str:
    """Count what was found; what could not be checked is never counted as fine."""
    if run.imported is not None:
        return "imported"
    if code is ExitCode.UNCHECKED:
        return "not all could be checked"
    return words.tally(each.whole for each in together(run.findings))


def _about(run: Run) -> list[str]:
    """Say from what, and when."""
    came = [f"from {run.source.title}"] if run.source else []
    at = moment(run.created)
    when = f"measured on {at}" if run.measurement else f"checked on {at}"
    return [*came, "imported" if run.imported else when]
