from dataclasses import replace

import pytest

from runs import a_run
from slowlens.diagnose import Outcome, Status
from slowlens.facts.checkpoint import FileProblem
from slowlens.findings import Confidence, Finding, Severity
from slowlens.gate import ExitCode, exit_code

UNREAD = FileProblem("config.json", "is broken", "Mend it.")


def found(severity: Severity) -> Outcome:
    finding = Finding("m", severity, Confidence.READ, ())
    return Outcome("r", Status.FOUND, (finding,))


@pytest.mark.parametrize(
    ("outcome", "fail_on", "code"),
    [
        (Outcome("r", Status.PASSED), "note", ExitCode.CLEAN),
        (Outcome("r", Status.SKIPPED), "note", ExitCode.CLEAN),
        (Outcome("r", Status.CRASHED), "error", ExitCode.UNCHECKED),
        (found(Severity.WARNING), "error", ExitCode.CLEAN),
        (found(Severity.WARNING), "warning", ExitCode.FOUND),
        (found(Severity.ERROR), "warning", ExitCode.FOUND),
    ],
)
def test_exit_code(outcome: Outcome, fail_on: str, code: ExitCode) -> None:
    assert exit_code(replace(a_run(), outcomes=(outcome,)), Severity(fail_on)) is code


def test_unread_files_are_never_clean_and_findings_go_first() -> None:
    run = replace(a_run(), outcomes=(), problems=(UNREAD,))
    assert exit_code(run) is ExitCode.UNCHECKED
    run = replace(run, outcomes=(found(Severity.ERROR),))
    assert exit_code(run) is ExitCode.FOUND
