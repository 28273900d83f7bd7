"""Show what a checkpoint holds, and which settings each runtime ends up with.

Exit codes: 0 everything was read, 2 something could not be read, 3 wrong usage or an internal
error.
"""

import argparse

from slowlens.checking import check
from slowlens.cli.names import FOLDER_OR_ID, add_revision, at_revision
from slowlens.cli.output import add_output, write
from slowlens.gate import ExitCode
from slowlens.reports import inspection, render


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help=FOLDER_OR_ID.format(""))
    add_revision(parser)
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print files, weights and effective settings."""
    (name,) = at_revision(arguments.revision, [arguments.checkpoint])
    result = check(name)
    text = arguments.format == "text"
    write(inspection.render(result) if text else render("json", result), arguments.output)
    return ExitCode.UNCHECKED if result.problems else ExitCode.CLEAN
