"""Take back the newest fix of a checkpoint, byte for byte.

Exit codes: 0 done, 2 nothing to undo or it could not be undone, 3 wrong usage or an internal
error.
"""

import argparse

from slowlens import journal, patch
from slowlens.cli.words import given_path
from slowlens.errors import CheckpointError
from slowlens.gate import ExitCode
from slowlens.reports.units import moment


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "merged", metavar="MERGED", type=given_path, help="folder of the checkpoint that was fixed"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what was taken back, and how much more there is to undo."""
    if not arguments.merged.is_dir() and not journal.history(arguments.merged):
        raise CheckpointError(f"there is no folder {arguments.merged}", hint="Check the spelling.")
    fixes = journal.history(arguments.merged)
    undone = patch.undo(arguments.merged)
    if fixes and fixes[0].titles:
        print(f"Took back: {', '.join(fixes[0].titles)} (written {moment(fixes[0].time)}).")
    for file in undone.files:
        print(f"  {file.name} {'is removed' if file.after is None else 'is as it was before'}")
    if not undone.files:
        print("  It had never reached the files: nothing had to be restored.")
    if len(fixes) > 1:
        print(f"Earlier fixes that can be undone: {len(fixes) - 1}.")
    return ExitCode.CLEAN
