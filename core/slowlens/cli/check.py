"""Say whether a checkpoint is sound, from its files alone.

Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 something could not be checked,
3 wrong usage or an internal error.
"""

import argparse

from slowlens.checking import check
from slowlens.cli.names import FOLDER_OR_ID, add_revision, at_revision
from slowlens.cli.output import add_output, write
from slowlens.findings import Severity
from slowlens.gate import exit_code
from slowlens.reports import FORMATS


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("merged", help=FOLDER_OR_ID.format(" in question"))
    parser.add_argument("--source", help=FOLDER_OR_ID.format(" it came from"))
    add_revision(parser)
    parser.add_argument(
        "--fail-on",
        choices=[severity.value for severity in Severity],
        default=Severity.ERROR.value,
        help="the mildest finding that gives exit code 1 (default: error)",
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the report; return what the gate says."""
    names = [arguments.merged, *filter(None, [arguments.source])]
    merged, *source = at_revision(arguments.revision, names)
    result = check(merged, source[0] if source else None)
    write(FORMATS[arguments.format](result), arguments.output)
    return exit_code(result, Severity(arguments.fail_on))
