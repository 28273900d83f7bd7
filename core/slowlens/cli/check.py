"""Say whether a checkpoint is sound, from its files alone.

Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 something could not be checked,
3 wrong usage or an internal error.
"""

import argparse
from pathlib import Path

from slowlens.checking import check
from slowlens.cli.output import add_output, write
from slowlens.findings import Severity
from slowlens.gate import exit_code
from slowlens.reports import FORMATS


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("merged", type=Path, help="folder of the checkpoint in question")
    parser.add_argument("--source", type=Path, help="folder of the checkpoint it came from")
    parser.add_argument(
        "--fail-on",
        choices=[severity.value for severity in Severity],
        default=Severity.ERROR.value,
        help="the mildest finding that gives exit code 1 (default: error)",
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the report; return what the gate says."""
    result = check(arguments.merged, arguments.source)
    write(FORMATS[arguments.format](result), arguments.output)
    return exit_code(result, Severity(arguments.fail_on))
