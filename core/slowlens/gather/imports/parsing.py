"""A file to JSON objects: JSON, JSON lines or CSV, told by its content."""

import csv
import json
from pathlib import Path

from slowlens.errors import NoResultFileError, ResultFileError, SlowlensError
from slowlens.gather.rawfile import foreign, readable, regular_file, size_of
from slowlens.jsonvalue import Json, JsonObject

MAX_SIZE = 500_000_000
"""Bytes; a result with the texts of ten thousand requests has some tens of millions."""

Rows = tuple[JsonObject, ...]


def read_rows(path: Path, known: str) -> Rows:
    """Return the objects of a file; ResultFileError, with what is ``known`` as hint, if none."""
    if not path.exists():
        raise NoResultFileError(f"There is no file {path}.", hint="Check the spelling.")
    if path.is_dir():
        raise ResultFileError(f"{path} is a folder.", hint="Name the result files in it.")
    try:
        rows = rows_of(_text(path))
    except SlowlensError as error:
        raise ResultFileError(f"{path} {error}", hint=error.hint or known) from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise ResultFileError(f"{path} is broken: {error}", hint=known) from error
    if not rows:
        raise ResultFileError(f"{path} holds no JSON object and no line of CSV", hint=known)
    return rows


def rows_of(text: str) -> Rows:
    """Return the objects of a text; ValueError, RecursionError or csv.Error where it is broken."""
    text = text.strip()
    if text.startswith(("{", "[")):
        try:
            return _objects(json.loads(text))
        except json.JSONDecodeError as error:
            if "Extra data" not in error.msg:
                raise
            lines = filter(str.strip, text.split("\n"))  # a text inside may hold other line ends
            return tuple(row for line in lines for row in _objects(json.loads(line)))
    return tuple(dict(row) for row in csv.DictReader(text.split("\n"), strict=True))


def _objects(values: Json) -> Rows:
    found = values if isinstance(values, list) else [values]
    return tuple(value for value in found if isinstance(value, dict))


def _text(path: Path) -> str:
    """Decode UTF-8, or UTF-16 as PowerShell writes what a program prints."""
    with regular_file(path) as file:
        if (size := size_of(file)) > MAX_SIZE:
            message = f"is {readable(size)} large: no more than {readable(MAX_SIZE)} are read"
            raise SlowlensError(message)
        data = file.read(MAX_SIZE)
    if problem := foreign(data[:200]):
        raise problem
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if utf16 else "utf-8-sig")
