"""A run and a threshold to an exit code."""

from enum import IntEnum

from slowlens.diagnose import Status
from slowlens.findings import Severity
from slowlens.run import Run
from slowlens.spelling import chosen


class ExitCode(IntEnum):
    """What a command returns to the shell."""

    CLEAN = 0
    FOUND = 1
    UNCHECKED = 2
    USAGE = 3
    STOPPED = 130


def exit_code(run: Run, fail_on: Severity | str = Severity.ERROR) -> ExitCode:
    """Return FOUND for a finding at or above ``fail_on``, UNCHECKED where something was unread."""
    mildest = Severity(chosen(fail_on, list(Severity), "severity"))
    if any(finding.severity.rank >= mildest.rank for _, finding in run.findings):
        return ExitCode.FOUND
    crashed = any(outcome.status is Status.CRASHED for outcome in run.outcomes)
    return ExitCode.UNCHECKED if run.problems or crashed else ExitCode.CLEAN
