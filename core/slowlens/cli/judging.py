"""What a verdict depends on besides the files: the runtimes, and the decisions to live with it."""

import argparse
from pathlib import Path

from slowlens.facts.runtimes import Runtime
from slowlens.silencefile import SilenceFile, find_silences, read_silences


def add_judging(parser: argparse.ArgumentParser) -> None:
    """Declare ``--runtime`` and ``--config``."""
    parser.add_argument(
        "--runtime",
        action="append",
        default=[],
        choices=[runtime.value for runtime in Runtime],
        metavar="RUNTIME",
        help=f"what you deploy on: {', '.join(Runtime)}; may be repeated (default: generate() of "
        "the installed transformers, or of the one that saved it where none is installed, and a "
        "bare forward loop)",
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="default: slowlens.toml here or above"
    )


def silences_for(arguments: argparse.Namespace) -> SilenceFile:
    """Read the silences that were asked for, or those that are found."""
    return read_silences(arguments.config) if arguments.config else find_silences(Path.cwd())


def judging(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Write the options again, for a command that is to judge in the same way."""
    runtimes = (word for name in arguments.runtime for word in ("--runtime", name))
    config = ("--config", str(arguments.config)) if arguments.config else ()
    return (*runtimes, *config)
