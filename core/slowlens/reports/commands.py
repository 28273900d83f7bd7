"""Commands that a report offers, ready to be copied: they judge as the one that wrote it did."""

import shlex

from slowlens.batch import Batch, Broken
from slowlens.findings import Applicability, Severity
from slowlens.reports.units import plain
from slowlens.run import Run


def command(batch: Batch, result: Run | Broken) -> str:
    """Write the command that comes to the same verdict, ready to be copied."""
    grade = [] if batch.fail_on is Severity.ERROR else ["--fail-on", batch.fail_on]
    return _command("check", batch, result, *batch.reading, *grade)


def fix_command(batch: Batch, run: Run) -> str:
    """Write the command that shows the fixes of what counts, with --unsafe if none is safe."""
    kinds = {finding.fix.applicability for _, finding in run.findings if finding.fix}
    only_unsafe = Applicability.UNSAFE in kinds and Applicability.SAFE not in kinds
    return _command("fix", batch, run, *(["--unsafe"] if only_unsafe else []))


def apply_command(batch: Batch, run: Run, *options: str) -> str:
    """Write the command that writes the safe fixes of what counts, others too with --unsafe."""
    return _command("fix", batch, run, *options, "--apply")


def _command(verb: str, batch: Batch, result: Run | Broken, *options: str) -> str:
    if isinstance(result, Broken):
        name, source = result.path, result.source
    else:
        name = result.merged.argument
        source = result.source.argument if result.source else ""
    compared = ["--source", source] if source else []
    return plain(shlex.join(["slowlens", verb, name, *compared, *batch.judging, *options]))
