"""Import results of other benchmarks as runs, each with its own definition of TPOT.

The format is told by the content. Each result is shown and kept as a run.
Exit codes: 0 done, 2 a file cannot be read (the others are kept) or a run not be kept, 3 wrong
usage, a file that is not there, or an internal error.
"""

import argparse
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

from slowlens.cli.keeping import keep
from slowlens.cli.output import write
from slowlens.cli.saying import tell
from slowlens.cli.words import file_to_write, given_path
from slowlens.errors import SlowlensError, UsageError
from slowlens.facts.live.imported import Imported
from slowlens.gather.environment import read_environment
from slowlens.gather.imports import FORMATS, read_results
from slowlens.importing import from_file, imported_run, named
from slowlens.reports.imported import render
from slowlens.run import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = "\n  ".join(["What can be imported:", *(form.NAME for form in FORMATS)])
    parser.add_argument(
        "file", nargs="+", type=given_path, metavar="FILE", help="a result: JSON, JSON lines or CSV"
    )
    text = "keep the run here"
    parser.add_argument("-o", "--output", type=file_to_write, metavar="RUN.json", help=text)
    parser.add_argument("--model", default="", help="the model, where the file does not name it")


def run(arguments: argparse.Namespace) -> int:
    """Read all files, then print and keep each result; what failed is reported last."""
    found, failed = _read(arguments.file)
    results = [named(result, arguments.model) for result in found]
    if arguments.output is not None and len(results) > 1:
        message = f"-o takes one result, and there are {len(results)}"
        raise UsageError(message, hint="Leave it out: each result is kept as a run of its own.")
    environment, kept = read_environment(), list[Run]()
    for number, result in enumerate(results):
        write(("\n" if number else "") + render(result), None)
        try:
            run = imported_run(result, environment)
            keep(run, arguments.output, shown=False)
            kept.append(run)
        except SlowlensError as unkept:
            failed.append(unkept)
    write(_comparing(kept), None)
    failed.sort(key=lambda error: -error.exit_code)  # the last one tells how it ends
    for error in failed[:-1]:
        tell(f"slowlens: {error}\n  {error.hint}")
    if failed:
        raise failed[-1]
    return 0


def _comparing(kept: Sequence[Run]) -> str:
    """Say how to compare the first two of one tool: those of two tools are not comparable."""
    for before, after in combinations(kept, 2):
        if before.imported and after.imported and before.imported.tool == after.imported.tool:
            return f"\nTo compare two of them: slowlens compare {before.id} {after.id}\n"
    return ""


def _read(files: Iterable[Path]) -> tuple[list[Imported], list[SlowlensError]]:
    """Return all results, and an error for each file that holds none."""
    results: list[Imported] = []
    failed: list[SlowlensError] = []
    for file in files:
        try:
            results += from_file(read_results(file), file.name)
        except SlowlensError as error:
            failed.append(error)
    return results, failed
