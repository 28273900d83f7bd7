"""List the fixes that were written into a checkpoint and can be undone, the newest first.

Exit codes: 0 done, 2 the journal cannot be read, 3 wrong usage or an internal error.
"""

import argparse
import json
import shlex
from collections.abc import Iterator
from pathlib import Path

from slowlens.cli.saying import say
from slowlens.cli.words import given_path
from slowlens.gate import ExitCode
from slowlens.gather.folder import require_folder
from slowlens.patch import journal
from slowlens.patch.recovery import changed_since
from slowlens.reports.units import moment


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("merged", metavar="MERGED", type=given_path, help="folder of a checkpoint")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(arguments: argparse.Namespace) -> int:
    """Print a table, or a list of objects."""
    root: Path = arguments.merged
    entries = journal.history(root)
    if not entries:
        require_folder(root)
    if arguments.format == "json":
        say(json.dumps([_object(root, entry) for entry in entries], indent=2))
    elif entries:
        for line in _table(root, entries):
            say(line)
    else:
        say(f"No fix was written into {root} by this user, on this machine, at this path.")
    return ExitCode.CLEAN


def _table(root: Path, entries: tuple[journal.Entry, ...]) -> Iterator[str]:
    for entry in entries:
        files = ", ".join(file.name for file in entry.files)
        yield f"{entry.number}  {', '.join(entry.titles) or 'without a title'}"
        yield f"   written {moment(entry.time)} into {files}"
        if edited := changed_since(root, entry):
            later = ", ".join(f"fix {one}" for one in journal.covering(entry, entries))
            yield f"   {', '.join(edited)} changed since" + (f", by {later}" if later else "")
    yield ""
    last = f"To take back the newest: {shlex.join(['slowlens', 'undo', str(root)])}"
    yield last if len(entries) == 1 else f"{last}; another: add --fix NUMBER; every one: --all"


def _object(root: Path, entry: journal.Entry) -> dict[str, object]:
    return {
        "fix": entry.number,
        "time": entry.time,
        "titles": entry.titles,
        "files": [file.name for file in entry.files],
        "changed_since": changed_since(root, entry),
    }
