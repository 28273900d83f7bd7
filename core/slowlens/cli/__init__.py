"""The command line: one module a command, each with ``configure`` and ``run``."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from slowlens import __version__
from slowlens.errors import SlowlensError, UsageError
from slowlens.gate import ExitCode
from slowlens.spelling import meant

COMMANDS = (
    *("check", "explain", "inspect", "diff", "measure", "compare", "baseline", "gate", "import"),
    *("runs", "report", "fix", "export", "history", "undo", "ui", "demo"),
)
"""Modules of this package. Only the one that is called is imported: a gate should start fast."""
AS_IT_IS = ("check", "explain", "inspect", "diff")
"""They tell what stands in the files just now, and start fast: all others settle first what a fix
or an undo that was killed has left half done."""
MODULES = {"import": "import_"}
"""Where the name of a command is a keyword of Python."""


class _Parser(argparse.ArgumentParser):
    """Exits with 3 on wrong usage; 2 means that something could not be checked."""

    def error(self, message: str) -> NoReturn:
        from slowlens.reports.units import plain  # only a mistake needs it

        said = f"{self.prog}: {plain(message)}\n  {self.prog} --help tells more.\n"
        self.exit(ExitCode.USAGE, said)


def main(argv: Sequence[str] | None = None, begun: Callable[[], None] = lambda: None) -> int:
    """Run a command; its return value is the exit code.

    ``begun`` is called once all that it needs is imported.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = _parsed(sys.argv[1:] if argv is None else argv)
        begun()
        return _called(arguments)
    except SlowlensError as error:
        _tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:  # noqa: BLE001 - the boundary: a bug is told apart from a finding
        return _internal_error(error)


def _called(arguments: argparse.Namespace) -> int:
    if arguments.settles:
        _settle_what_was_interrupted()
    return int(arguments.run(arguments))


def _settle_what_was_interrupted() -> None:
    """Complete what a fix or an undo whose process died has left half done, and say so."""
    from slowlens.cli.saying import tell
    from slowlens.patch import recover

    for settled in recover():
        if settled.trouble is not None:
            _tell(settled.trouble)
        else:
            found = "and found whole" if settled.whole else "and has been taken back"
            tell(f"slowlens: a fix of {settled.root} was interrupted, {found}")


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    called = COMMANDS if not argv or argv[0].startswith("-") else (_command(argv[0]),)
    gc.disable()  # nothing dies while modules are imported: looking for it costs a tenth
    arguments, unknown = parser(called).parse_known_args(argv)
    gc.freeze()  # nor afterwards: what is imported stays, and need not be looked at again
    gc.enable()
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return arguments


def _command(name: str) -> str:
    if name in COMMANDS:
        return name
    hint = meant(name, COMMANDS) or "slowlens --help lists the commands."
    raise UsageError(f"there is no command {name}.", hint=hint)


def parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Build the parser of these commands."""
    text = "Find out why a merged checkpoint is slow."
    top = _Parser(prog="slowlens", description=text, formatter_class=_Formatter)
    top.add_argument("--version", action="version", version=f"slowlens {__version__}")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for name in commands:
        command = import_module(f"{__name__}.{MODULES.get(name, name)}")
        text = (command.__doc__ or "").strip()
        subparser = subparsers.add_parser(
            name, help=text.splitlines()[0], description=text, formatter_class=_Formatter
        )
        subparser.set_defaults(run=command.run, parser=subparser, settles=name not in AS_IT_IS)
        command.configure(subparser)
    return top


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the docstrings; only a page of help asks how wide the terminal is.

    argparse makes a formatter for each argument, and to ask imports `shutil` and all it unpacks.
    """

    def __init__(self, prog: str) -> None:
        helping = not {"-h", "--help"}.isdisjoint(sys.argv)
        super().__init__(prog, width=None if helping else 78)


def _tell(error: SlowlensError) -> None:
    from slowlens.cli.saying import tell  # only who has something to tell needs it

    tell(f"slowlens: {error}")
    if error.hint:
        tell(f"  {error.hint}")


def _internal_error(error: Exception) -> int:
    if os.environ.get("SLOWLENS_DEBUG"):
        raise error
    bug = "This is a bug. Set SLOWLENS_DEBUG=1 to see where it happened."
    _tell(SlowlensError(f"internal error: {type(error).__name__}: {error}", hint=bug))
    return ExitCode.USAGE
