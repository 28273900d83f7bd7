"""Write a run as a report: what to change, what was measured, the evidence and the environment.

RUN was measured, checked (slowlens check --format json -o RUN.json) or imported. HTML is one file
that opens without a network. Paths, names of users and machines, secrets and the prompt are left
out unless --with asks for them.

Exit codes: 0 written, 2 it could not be, 3 wrong usage or an internal error.
"""

import argparse
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from slowlens.cli.output import write
from slowlens.cli.runnames import HELP, run_named
from slowlens.cli.saying import say
from slowlens.cli.words import file_to_write
from slowlens.errors import NoRunError, UsageError
from slowlens.gather.identity import identity
from slowlens.redaction import Kind, kinds_named, redacted
from slowlens.redaction.kinds import ALL
from slowlens.reports import document_md
from slowlens.reports.document import file_name
from slowlens.reports.units import size
from slowlens.run import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("run_name", metavar="RUN", help=HELP)
    text = "default: html, a file; the others go to the terminal"
    parser.add_argument("--format", choices=FORMS, default="html", help=text)
    text = "write to this file (default for html: slowlens-report-ID.html, here)"
    parser.add_argument("-o", "--output", type=file_to_write, metavar="FILE", help=text)
    parser.add_argument(
        "--with",
        dest="keep",
        type=kinds,
        default=frozenset(),
        metavar="KINDS",
        help=f"tell what is left out otherwise, joined by commas: {', '.join(Kind)}, or {ALL}",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    given = _given(arguments.run_name)
    text = FORMS[arguments.format](redacted(given, arguments.keep, identity()))
    output = arguments.output
    if output is None and arguments.format == "html":
        output = Path(file_name(given))
    write(text, output)
    if output is not None:
        say(f"Wrote {output}, {size(len(text.encode()))}.")
    return 0


def kinds(text: str) -> frozenset[Kind]:
    """Return the kinds that are named."""
    if not text.strip():
        raise argparse.ArgumentTypeError("no kind is named: is the variable set?")
    try:
        return kinds_named(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _given(name: str) -> Run:
    """Return the run that is meant; a folder may have the name of one."""
    try:
        return run_named(name)
    except NoRunError as error:
        if not Path(name).is_dir():
            raise
        hint = f"To check it, and to report that: slowlens check {name} --format json -o RUN.json"
        raise NoRunError(f"{name} is a folder, and no run.", hint=hint) from error


def _html(run: Run) -> str:
    if find_spec("plotly") is None:
        raise UsageError(
            "HTML has charts, and plotly is missing.",
            hint="Install it with: pip install 'slowlens[dashboard]'; --format md needs nothing.",
        )
    from slowlens_dashboard.report import page, render

    return render(page(run))


def _json(run: Run) -> str:
    from slowlens.codec import encode

    return encode(run)


FORMS: Mapping[str, Callable[[Run], str]] = {
    "html": _html,
    "md": document_md.render,
    "json": _json,
}
