"""Opening a file of a checkpoint without ever waiting, and saying what it is if it is not one."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from slowlens.errors import SlowlensError

DOWNLOAD_AGAIN = "Download or copy the file again."
_SHOWN = 80
_LFS_SIZE = re.compile(rb"^size (\d{1,18})$", re.MULTILINE)
_FOREIGN = (
    (b"<!doctype html", "a web page", "A login or error page was saved instead of the file."),
    (b"<html", "a web page", "A login or error page was saved instead of the file."),
    (b"gguf", "a GGUF file", "Pass the checkpoint that it was converted from."),
    (b"pk\x03\x04", "a zip archive or a PyTorch pickle", "Save it again as safetensors."),
    (b"\x1f\x8b", "gzip data", "Unpack it first."),
)


@contextmanager
def regular_file(path: Path) -> Iterator[BufferedReader]:
    """Open ``path`` to read bytes.

    Folders, pipes, devices, broken links and files that may not be read raise SlowlensError, as
    does an OSError of the block inside.
    """
    try:
        _require_regular(path.stat().st_mode)
        with open(path, "rb", opener=_open_without_waiting) as file:
            yield file
    except OSError as error:
        raise _explained(path, error) from error


def size_of(file: BinaryIO) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size


def foreign(head: bytes) -> SlowlensError | None:
    """Recognise from its first 200 bytes something that was put in a file's place."""
    if head.startswith(b"version https://git-lfs"):
        size = _LFS_SIZE.search(head)
        what = readable(int(size[1])) if size else "the real file"
        message = f"is a Git LFS pointer that stands for {what}, not the file itself"
        return SlowlensError(
            message, hint="Run `git lfs pull` in the folder, or download it again."
        )
    start = head.lstrip().lower()
    for prefix, what, hint in _FOREIGN:
        if start.startswith(prefix):
            return SlowlensError(f"is {what}, not what its name promises", hint=hint)
    return None


def quoted(text: str) -> str:
    """Show text that came from a file in quotes, shortened, without control characters."""
    return f'"{shortened(text)}"'


def shortened(text: str) -> str:
    """Show text that came from a file on one line, shortened, without control characters."""
    return printable(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def printable(text: str) -> str:
    """Escape line breaks, control characters and halves of characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def readable(size: int) -> str:
    """Show a number of bytes with a decimal unit."""
    if size < 1000:
        return f"{size} byte{'s' * (size != 1)}"
    value, units = float(size), iter(("kB", "MB", "GB", "TB"))
    unit = "bytes"
    while value >= 999.95 and (larger := next(units, None)):
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}"


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _require_regular(mode: int) -> None:
    if S_ISDIR(mode):
        raise SlowlensError("is a folder where a file should be", hint="Move the folder away.")
    if not S_ISREG(mode):
        message = "is a pipe, socket or device, not a file"
        raise SlowlensError(message, hint="Put the file itself there.")


def _explained(path: Path, error: OSError) -> SlowlensError:
    match error:
        case PermissionError():
            hint = "Give yourself read permission (chmod u+r), or ask the owner to."
            return SlowlensError("may not be read: no permission", hint=hint)
        case FileNotFoundError() if path.is_symlink():
            target = quoted(str(path.readlink()))
            return SlowlensError(f"is a link that leads nowhere, to {target}", hint=DOWNLOAD_AGAIN)
        case FileNotFoundError():
            return SlowlensError("is missing", hint=DOWNLOAD_AGAIN)
    message = f"cannot be read: {error.strerror or type(error).__name__}"
    return SlowlensError(message, hint="Check the link, the disk or the network folder.")
