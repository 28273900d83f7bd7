"""Say whether the second of two runs is slower than the first.

A run is named by its id, the beginning or the last part of it, its name, its file or the name of a
baseline; slowlens runs lists them. It was measured here, or imported from another benchmark. Runs
that were not made alike are refused unless --anyway.

Exit codes: 0 not slower, 1 slower, 2 inconclusive or not comparable, 3 wrong usage or an error.
"""

import argparse

from slowlens.cli.runnames import errors_end_with_3, run_named
from slowlens.cli.speedreport import add_verdict, report
from slowlens.comparing import compare_runs
from slowlens.errors import UsageError
from slowlens.run import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("before", metavar="A", help="the run to judge by")
    parser.add_argument("after", metavar="B", help="the run that is judged")
    add_verdict(parser, ("text", "json", "md"))


def run(arguments: argparse.Namespace) -> int:
    """Print the verdict and the figures."""
    with errors_end_with_3():
        before, after = (_timed(name) for name in (arguments.before, arguments.after))
        if before.id == after.id:
            hint = "Name another run; slowlens runs lists those that were kept."
            raise UsageError(
                f"Both are the run {after.id}: there is nothing to compare.", hint=hint
            )
        verdict = compare_runs(before, after, arguments.threshold, anyway=arguments.anyway)
        report(verdict, arguments)
    return verdict.exit_code


def _timed(name: str) -> Run:
    run = run_named(name)
    if run.measurement is None and run.imported is None:
        message = f"{name} was only checked: it holds no times."
        raise UsageError(message, hint="slowlens measure MERGED makes a run that does.")
    return run
