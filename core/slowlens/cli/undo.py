"""Take back a fix of a checkpoint, byte for byte: the newest, another that history lists, or all.

Exit codes: 0 done, 2 nothing to undo or it could not be undone, 3 wrong usage or an internal
error.
"""

import argparse
from pathlib import Path

from slowlens import patch
from slowlens.cli.saying import say
from slowlens.cli.words import given_path
from slowlens.gate import ExitCode
from slowlens.gather.folder import require_folder
from slowlens.patch import journal
from slowlens.reports.units import moment


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "merged", metavar="MERGED", type=given_path, help="folder of the checkpoint that was fixed"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--fix", type=int, metavar="NUMBER", help="of `slowlens history` (default: the newest)"
    )
    which.add_argument("--all", action="store_true", help="every fix, the newest first")


def run(arguments: argparse.Namespace) -> int:
    """Print what was taken back, and how much more there is to undo."""
    if not journal.history(arguments.merged):
        require_folder(arguments.merged)
    numbers: list[int | None] = [arguments.fix]
    if arguments.all:
        numbers = [entry.number for entry in journal.history(arguments.merged)] or [None]
    for number in numbers:
        _take_back(arguments.merged, number)
    if left := journal.history(arguments.merged):
        say(f"Other fixes that can be undone: {len(left)}.")
    return ExitCode.CLEAN


def _take_back(root: Path, number: int | None) -> None:
    known = {entry.number: entry for entry in journal.history(root)}
    undone = patch.undo(root, number)
    left = {entry.number for entry in journal.history(root)}
    for entry in (entry for number, entry in known.items() if number not in left):
        titles = ", ".join(entry.titles) or "a fix without a title"
        say(f"Took back: {titles} (written {moment(entry.time)}).")
    for file in undone.files:
        say(f"  {file.name} {'is removed' if file.after is None else 'is as it was before'}")
    if not undone.files:
        say("  It had never reached the files: nothing had to be restored.")
