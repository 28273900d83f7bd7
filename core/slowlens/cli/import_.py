"""Import results of other benchmarks as runs, each with its own definition of TPOT.

The format is told by the content. Each result is shown and kept as a run.
Exit codes: 0 done, 2 a file cannot be read, 3 wrong usage.
"""

import argparse
import sys
from pathlib import Path

from slowlens.cli.output import write
from slowlens.codec import encode
from slowlens.errors import RunFileError, UsageError
from slowlens.gather.environment import read_environment
from slowlens.gather.imports import FORMATS, read_results
from slowlens.importing import imported_run, named
from slowlens.reports.imported import render
from slowlens.run import Run
from slowlens.store import default_store


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = "\n  ".join(["What can be imported:", *(form.NAME for form in FORMATS)])
    parser.add_argument("file", nargs="+", type=Path, help="a result file: JSON, JSON lines or CSV")
    parser.add_argument("-o", "--output", type=Path, metavar="RUN.json", help="keep the run here")
    parser.add_argument("--model", default="", help="the model, where the file does not name it")


def run(arguments: argparse.Namespace) -> int:
    """Read all files, then print and keep each result."""
    found = (result for file in arguments.file for result in read_results(file))
    results = [named(result, arguments.model) for result in found]
    if arguments.output is not None and len(results) > 1:
        message = f"-o takes one result, and there are {len(results)}"
        raise UsageError(message, hint="Leave it out: each result is kept as a run of its own.")
    environment = read_environment()
    for number, result in enumerate(results):
        write(("\n" if number else "") + render(result), None)
        _keep(imported_run(result, environment), arguments.output)
    return 0


def _keep(result: Run, output: Path | None) -> None:
    """Write the run to ``output`` and into the store: what fails does not hinder the other."""
    if output is not None:
        write(encode(result), output)
        sys.stderr.write(f"run kept in {output}\n")
    try:
        path = default_store().save(result)
    except RunFileError as error:
        if output is None:
            raise
        sys.stderr.write(f"slowlens: warning: {error}\n  {error.hint}\n")
        return
    if output is None:
        sys.stderr.write(f"run kept in {path}\n")
