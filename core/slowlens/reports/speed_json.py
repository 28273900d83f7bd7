"""A verdict on speed as JSON: the answer, what is unlike, and both sides of each kind of trial."""

import json
from collections.abc import Iterable
from typing import Any

from cattrs.preconf.json import make_converter

from slowlens.blame import Blamed, blamed
from slowlens.reports.speed_words import failures, sentence
from slowlens.run import Run
from slowlens.speedverdict import Judged, SpeedVerdict

SCHEMA_VERSION = 1
_converter = make_converter()


def render(verdict: SpeedVerdict) -> str:
    """Render it; times in seconds, sizes in bytes, null where something is not available."""
    return _written(_values(verdict))


def render_all(verdicts: Iterable[SpeedVerdict]) -> str:
    """Render several: each one under ``comparisons`` is what ``render`` makes of it."""
    found = [_values(verdict) for verdict in verdicts]
    return _written({"schema_version": SCHEMA_VERSION, "comparisons": found})


def _written(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, allow_nan=False) + "\n"


def _values(verdict: SpeedVerdict) -> dict[str, Any]:
    before, after = verdict.titles
    return {
        "schema_version": SCHEMA_VERSION,
        "answer": verdict.answer.value,
        "exit_code": int(verdict.exit_code),
        "threshold": verdict.threshold,
        "unlike": _converter.unstructure(verdict.unlike),
        "anyway": verdict.anyway,
        "before": _side(before, verdict.before),
        "after": _side(after, verdict.after),
        "kinds": [_kind(judged) for judged in verdict.judged],
        "failures": [*failures(verdict)],
        "findings": [_finding(each) for each in blamed(verdict)],
    }


def _side(title: str, run: Run) -> dict[str, str]:
    return {"title": title, "run": run.id, "created": run.created, "path": run.merged.argument}


def _finding(each: Blamed) -> dict[str, Any]:
    finding = each.finding
    told = {"rule": each.rule, "severity": finding.severity.value, "message": finding.message}
    return {**told, "cause": each.cause, "proves": each.proves or None}


def _kind(judged: Judged) -> dict[str, Any]:
    return {
        "label": judged.label,
        "sentence": sentence(judged),
        "verdict": _converter.unstructure(judged.slower),
        "before": _converter.unstructure(judged.before),
        "after": _converter.unstructure(judged.after),
    }
