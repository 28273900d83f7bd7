"""The words that all reports share: proof, fix, verdict, counts, and what was not checked."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from slowlens.batch import Batch, Broken
from slowlens.diagnose import CONFIG_UNREAD, Found, Status
from slowlens.facts.checkpoint import CONFIG, FileProblem
from slowlens.facts.live.seconds import rounded
from slowlens.facts.provenance import Writer
from slowlens.findings import (
    Applicability,
    Confidence,
    Evidence,
    Finding,
    Fix,
    Severity,
    ValueEvidence,
)
from slowlens.gate import ExitCode
from slowlens.reports.units import counted, value
from slowlens.run import Run
from slowlens.standing import Silence, Standing

VERDICTS = {
    ExitCode.CLEAN: "passed",
    ExitCode.FOUND: "failed",
    ExitCode.UNCHECKED: "unchecked",
    ExitCode.USAGE: "not there",
}
PROOFS = {
    Confidence.MEASURED: "Measured",
    Confidence.READ: "Read in its files",
    Confidence.SUSPECTED: "Suspected from",
}
"""What stands before the proofs of a finding."""
FEW = 3
"""Rules that are skipped for the same reason are named if they are no more."""


def evidence(item: Evidence) -> str:
    """Write a proof: ``config.json:12 use_cache = false``."""
    if not isinstance(item, ValueEvidence):
        return f"{item.label} = {rounded(item.value)} {item.unit}"
    where = f"{item.file}:{item.line}" if item.line else item.file
    return f"{where} {'.'.join(item.pointer)} = {value(item.found)}" if item.pointer else where


def proof(finding: Finding) -> str:
    """Write all proofs of a finding on one line."""
    return "; ".join(evidence(item) for item in finding.evidence)


def fix(offered: Fix) -> str:
    """Write a fix with its safety."""
    match offered.applicability:
        case Applicability.SAFE:
            return f"{offered.title} (safe)"
        case Applicability.UNSAFE:
            return f"{offered.title} (changes outputs, needs --unsafe): {offered.reason}"
        case Applicability.MANUAL:
            return f"{offered.title} (by hand): {offered.reason}"


def writer(found: Writer) -> str:
    """Write a tool with its traces: ``probably mergekit (mergekit_config.yml)``."""
    traces = (
        f"{trace.file} {trace.key} = {value(trace.found)}" if trace.key else trace.file
        for trace in found.traces
    )
    return f"{found.likelihood} {found.name} ({', '.join(traces)})"


def place(finding: Finding) -> tuple[str, int]:
    """Return file and line to point to; no file and 0 where the proof is no value in one."""
    values = [item for item in finding.evidence if isinstance(item, ValueEvidence)]
    best = next((item for item in values if item.line), values[0] if values else None)
    return (best.file, best.line) if best else ("", 0)


def tally(found: Iterable[Found]) -> str:
    """Count by severity, the gravest first: ``2 errors, 1 note``."""
    grades = [finding.severity for _, finding in found]
    counts = ((severity, grades.count(severity)) for severity in reversed(Severity))
    return ", ".join(counted(n, severity) for severity, n in counts if n) or "no findings"


def names(results: Iterable[Run | Broken]) -> tuple[str, ...]:
    """Return short names that tell the checkpoints apart: their paths less what all share."""
    paths = [r.path if isinstance(r, Broken) else r.merged.argument for r in results]
    parents = [str(Path(path).parent) for path in paths if path.startswith(os.sep)]
    shared = os.path.commonpath(parents) if parents else ""
    return tuple(os.path.relpath(p, shared) if p.startswith(os.sep) else p for p in paths)


def unasked(run: Run) -> Iterator[tuple[str, str]]:
    """Yield which rules were skipped or crashed and why; those with the same reason together."""
    for status in (Status.SKIPPED, Status.CRASHED):
        rules: dict[str, list[str]] = {}
        for outcome in run.outcomes:
            if outcome.status is status:
                missing = outcome.reason == CONFIG_UNREAD and CONFIG not in run.merged.files
                reason = f"there is no {CONFIG}" if missing else outcome.reason
                rules.setdefault(reason, []).append(outcome.rule)
        for reason, alike in rules.items():
            few = len(alike) <= FEW or status is Status.CRASHED
            who = ", ".join(alike) if few else counted(len(alike), "rule")
            yield status, f"{who}: {reason}"


def judged(run: Run) -> str:
    """Name the runtimes that are judged, and why where that may surprise."""
    names = ", ".join(runtime.label for runtime in run.judged)
    because = f"{run.judged_because}; " if run.judged_because else ""
    return f"for {names} ({because}--runtime names others)"


def idle(silence: Silence) -> str:
    """Say that a silence has nothing to do."""
    where = f" in {silence.checkpoint}" if silence.checkpoint else ""
    return (
        f"nothing to silence for {silence.rule}{where} ({silence.reason}). "
        "Delete it, or correct its rule or glob."
    )


def verdicts(batch: Batch) -> str:
    """Count checkpoints by verdict: ``2 passed, 1 failed``."""
    codes = [batch.code(result) for result in batch.results]
    return ", ".join(f"{codes.count(code)} {VERDICTS[code]}" for code in ExitCode if code in codes)


def not_counted(batch: Batch, kind: Standing) -> int:
    """Count the findings in all runs that are silenced, or for other runtimes."""
    return sum(len(run.standings[kind]) for run in batch.runs)


def problem(found: FileProblem) -> str:
    """Write what is wrong with a file, and what to do."""
    return f"{found.file} {found.message}. {found.hint}"


def relative(folder: str, file: str, root: str) -> str:
    """Write the path of a checkpoint's file as seen from ``root``; whole where it is outside."""
    path = str(Path(folder) / file)
    inside = root and path.startswith(root.rstrip(os.sep) + os.sep)
    return os.path.relpath(path, root) if inside else path
