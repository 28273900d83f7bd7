"""SARIF 2.1.0, for code scanning: each finding with the file and the line of its key."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from slowlens import __version__
from slowlens.batch import Batch
from slowlens.diagnose import Found, Status
from slowlens.facts.checkpoint import CONFIG
from slowlens.findings import Rule, Severity, ValueEvidence
from slowlens.reports import words
from slowlens.reports.units import plain
from slowlens.rulepage import page, references
from slowlens.rules import RULES
from slowlens.run import Run
from slowlens.standing import Standing

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "ROOT"
"""Name of the working directory, which relative addresses start from."""


def render(batch: Batch) -> str:
    """Render ``batch`` as one SARIF run: code scanning refuses several of one tool."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(batch)]}
    return json.dumps(log, indent=2, allow_nan=False) + "\n"


def _run(batch: Batch) -> dict[str, Any]:
    rules = {rule.id: rule for rule in RULES}
    driver = {
        "name": "slowlens",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in rules.values()],
    }
    root = {"originalUriBaseIds": {ROOT: {"uri": _address(f"{batch.root}/")}}} if batch.root else {}
    return {
        "tool": {"driver": driver},
        **root,
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(batch)],
        "results": [
            _result(batch, run, kind, found, list(rules))
            for run in batch.runs
            for kind in (Standing.COUNTED, Standing.SILENCED)
            for found in run.standings[kind]
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text, urls = page(rule) or rule.title, references(rule)
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": text.partition("\n")[0]},
        "help": {"text": text, "markdown": text},
        **({"helpUri": urls[0]} if urls else {}),
    }


def _result(
    batch: Batch, run: Run, kind: Standing, found: Found, order: list[str]
) -> dict[str, Any]:
    rule, finding = found
    cost = f" Cost: {finding.cost}." if finding.cost else ""
    result: dict[str, Any] = {
        "ruleId": rule,
        "level": str(finding.severity),
        "message": {"text": _unlinked(f"{finding.message}.{cost}")},
        "locations": [_location(batch, run, *words.place(finding))],
        "partialFingerprints": {"slowlens/v1": _fingerprint(batch, run, found)},
        "properties": {
            "confidence": str(finding.confidence),
            "affects": [str(runtime) for runtime in finding.affects],
        },
    }
    if rule in order:
        result["ruleIndex"] = order.index(rule)
    if kind is Standing.SILENCED:
        why = next(silence.reason for silence in run.silences if silence.rule == rule)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return result


def _unlinked(text: str) -> str:
    """Keep text of a checkpoint from being a link: messages of SARIF may have ``[a](b)``."""
    return plain(text).replace("](", "\\](")


def _location(batch: Batch, run: Run, file: str, line: int) -> dict[str, Any]:
    """Point to a line; what no file proves stands for the checkpoint's config.json."""
    path = words.relative(run.merged.path, file or CONFIG, batch.root)
    address: dict[str, Any] = {"uri": _address(path)}
    if batch.root and not Path(path).is_absolute():
        address["uriBaseId"] = ROOT
    return {"physicalLocation": {"artifactLocation": address, "region": {"startLine": line or 1}}}


def _address(path: str) -> str:
    return f"{'file://' if Path(path).is_absolute() else ''}{quote(path, errors='replace')}"


def _fingerprint(batch: Batch, run: Run, found: Found) -> str:
    """Stay the same while the same rule complains of the same key, whatever the line."""
    here = words.relative(run.merged.path, CONFIG, batch.root)
    where = run.merged.origin.partition("@")[0] or here
    evidence = (e for e in found.finding.evidence if isinstance(e, ValueEvidence))
    keys = [".".join((e.file, *e.pointer)) for e in evidence]
    text = "\n".join((where, found.rule, *sorted(keys), *found.finding.affects))
    return sha256(text.encode(errors="replace")).hexdigest()[:32]


def _invocation(batch: Batch) -> dict[str, Any]:
    notes = list(_notifications(batch))
    return {
        "executionSuccessful": all(level is not Severity.ERROR for level, _ in notes),
        "exitCode": int(batch.exit_code),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": _unlinked(text)}} for level, text in notes
        ],
    }


def _notifications(batch: Batch) -> Iterator[tuple[Severity, str]]:
    """Yield what could not be checked, and each silence that silences nothing."""
    for item in batch.broken:
        yield Severity.ERROR, f"{item.message}. {item.hint}"
    for run in batch.runs:
        name = words.relative(run.merged.path, "", batch.root)
        for problem in run.problems:
            yield Severity.ERROR, f"{name}: {words.problem(problem)}"
        for outcome in run.outcomes:
            if outcome.status is Status.CRASHED:
                yield Severity.ERROR, f"{name}: {outcome.rule} crashed: {outcome.reason}"
    for silence in batch.idle:
        yield Severity.WARNING, words.idle(silence)
