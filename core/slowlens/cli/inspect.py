"""Show what a checkpoint holds, and which settings each runtime ends up with.

Exit codes: 0 everything was read, 2 something could not be read, 3 wrong usage.
"""

import argparse
from pathlib import Path

from slowlens.checking import check
from slowlens.cli.output import add_output, write
from slowlens.gate import ExitCode
from slowlens.reports import FORMATS, inspection


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("checkpoint", type=Path, help="folder of the checkpoint")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print files, weights and effective settings."""
    result = check(arguments.checkpoint)
    formats = {**FORMATS, "text": inspection.render}
    write(formats[arguments.format](result), arguments.output)
    return ExitCode.UNCHECKED if result.problems else ExitCode.CLEAN
