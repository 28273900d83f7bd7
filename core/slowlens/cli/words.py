"""Words that options take: each function reads one, and argparse tells what is wrong with it."""

import argparse
import os
import shlex
from collections.abc import Callable
from pathlib import Path

DTYPES = ("bfloat16", "float16", "float32")


def dtype(text: str) -> str:
    """Return the name that torch has for a dtype."""
    name = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}.get(text, text)
    if name not in DTYPES:
        raise argparse.ArgumentTypeError(f"{shlex.quote(text)} is none of {', '.join(DTYPES)}")
    return name


def not_empty(text: str) -> str:
    """Return a prompt that says something."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the prompt is empty: leave it out for the default one")
    return text


def given_path(text: str) -> Path:
    """Return a path; a variable that was never set does not mean the folder here."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty: is the variable set?")
    return Path(text)


def file_to_write(text: str) -> Path:
    """Return a file that can be in the folder it names: told before minutes of work, not after."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty: is the variable set?")
    # of pathlib, a name that is too long would be an error, and here it is no folder
    if os.path.isdir(text):  # noqa: PTH112
        raise argparse.ArgumentTypeError(f"{text} is a folder: name a file in it")
    path = Path(text)
    if not os.path.isdir(path.absolute().parent):  # noqa: PTH112
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}: make it first")
    return path


def at_least(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number from ``least`` up, to ``most`` where that is given."""
    wanted = f"at least {least}" if most is None else f"{least} to {most}"

    def number(value: str) -> int:
        if not value.isdecimal() or int(value) < least or (most is not None and int(value) > most):
            raise argparse.ArgumentTypeError(f"must be a whole number, {wanted}")
        return int(value)

    return number
