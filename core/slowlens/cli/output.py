"""Where a report goes: the terminal, in colour where it has one, or a file."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from slowlens.cli.words import file_to_write
from slowlens.errors import SlowlensError

COLOURS = {
    "error": 31,
    "warning": 33,
    "note": 36,
    "unread": 31,
    "crashed": 31,
    "fix": 32,
    "silence": 33,
}
LABELS = re.compile(rf"^({'|'.join(COLOURS)})\b(?= )", re.MULTILINE)


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str] = ("text", "json")) -> None:
    """Declare ``--format`` and ``--output``."""
    parser.add_argument("--format", choices=formats, default="text", help="default: text")
    parser.add_argument("-o", "--output", type=file_to_write, help="write to this file instead")


def write(text: str, output: Path | None) -> None:
    """Write a report to ``output``, or to the terminal."""
    if output is None:
        shown = escaped_as_json(text)
        _print(painted(shown) if has_colour() else shown)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SlowlensError(f"{output} cannot be written: {error.strerror}") from error


def escaped_as_json(text: str) -> str:
    """Escape what would drive a terminal in a whole report, so that JSON means the same still.

    Of single texts ``units.plain`` shows more: tabs, too, as Python writes them.
    """
    if all(line.isprintable() for line in text.split("\n")):
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else json.dumps(c)[1:-1] for c in text)


def add_to_summary(text: str) -> None:
    """Add to the summary of the job, where GitHub Actions says where that is."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except OSError as error:
            message = f"slowlens: the job's summary cannot be written: {error.strerror}"
            print(message, file=sys.stderr)


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # it is not tried again
        raise SlowlensError(f"standard output cannot be written: {error.strerror}") from error


def painted(text: str) -> str:
    """Colour the labels that begin a line."""
    return LABELS.sub(lambda match: f"\x1b[{COLOURS[match[0]]}m{match[0]}\x1b[0m", text)


def has_colour() -> bool:
    """Whether standard output is a terminal whose user did not refuse colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
