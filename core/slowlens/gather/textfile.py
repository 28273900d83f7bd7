"""UTF-8 text from a file, or what the bytes are instead."""

from pathlib import Path

from slowlens.errors import SlowlensError
from slowlens.gather.rawfile import DOWNLOAD_AGAIN, foreign, readable, regular_file, size_of

MAX_SIZE = 64_000_000
_SAVE = "Save it as UTF-8 without a byte order mark."


def read_bytes(path: Path) -> bytes:
    """Return the whole file; SlowlensError when it cannot be read or is absurdly large."""
    with regular_file(path) as file:
        size = size_of(file)
        if size > MAX_SIZE:
            message = f"is {readable(size)} large: no more than {readable(MAX_SIZE)} are read"
            raise SlowlensError(message, hint="Put the real file there: it has some kilobytes.")
        return file.read(MAX_SIZE)


def decode(data: bytes) -> str:
    """Decode UTF-8; SlowlensError names what the bytes are instead."""
    if not data.strip():
        raise SlowlensError("is empty", hint=DOWNLOAD_AGAIN)
    if problem := foreign(data):
        raise problem
    if not data.strip(b"\0"):
        raise SlowlensError(
            "holds nothing but zero bytes, as an unfinished copy does", hint=DOWNLOAD_AGAIN
        )
    if b"\0" in data[:4] or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SlowlensError("is UTF-16 or UTF-32 text, not UTF-8", hint=_SAVE)
    if data.startswith(b"\xef\xbb\xbf"):
        raise SlowlensError("begins with a byte order mark, which transformers refuses", hint=_SAVE)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"is not UTF-8: byte {data[error.start]:#x} at {place(before, len(before))}"
        raise SlowlensError(message, hint=_SAVE) from error


def place(text: str, position: int) -> str:
    """Name a position in ``text`` as line and column, both from 1."""
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"
