"""One JSON object from one file, read as Python and transformers read it."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

from slowlens.errors import JsonError, SlowlensError
from slowlens.facts.checkpoint import FileProblem
from slowlens.frozen import dataclass
from slowlens.gather.jsonlimits import (
    MAX_VALUES,
    most_values,
    require_few_values,
    require_shallow,
    require_whole_characters,
    too_deep,
)
from slowlens.gather.rawfile import quoted
from slowlens.gather.textfile import decode, place, read_bytes
from slowlens.jsonvalue import Json, JsonObject

_MAX_ODDITIES = 5
_PIECE = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]|-?Infinity|NaN', re.DOTALL)
_TRAILING_COMMA = re.compile(r",\s*[]}]")
_COPY = "Correct it in an editor, or copy the file from the source checkpoint."
_SLIPS = (
    (re.compile(r"//|/\*|#"), "JSON has no comments: delete this one."),
    (
        re.compile(r"True|False|None"),
        "JSON writes true, false and null: this is Python's spelling.",
    ),
    (re.compile(r"'"), "JSON puts text in double quotes."),
    (re.compile(r"<<<<<<<|=======|>>>>>>>"), "Resolve this Git merge conflict."),
    (re.compile(r'\s*\Z|"[^"\n]*\Z'), "The end of the file is missing: download or copy it again."),
)


@dataclass(frozen=True, slots=True)
class JsonFile:
    """What a file says; ``values`` is None when it cannot be used."""

    values: JsonObject | None = None
    sha256: str = ""
    """Digest of the bytes, empty when there were none to read."""
    problems: tuple[FileProblem, ...] = ()


def read_json(path: Path) -> JsonFile:
    """Read one JSON object; never raises, ``problems`` tell what is wrong."""
    digest = ""
    try:
        data = read_bytes(path)
        digest = sha256(data).hexdigest()
        values, problems = _read(path.name, decode(data))
    except SlowlensError as error:
        return JsonFile(None, digest, (problem(path.name, error),))
    return JsonFile(values, digest, problems)


def problem(file: str, error: SlowlensError) -> FileProblem:
    """Keep an error as a fact about ``file``, whose name its message follows."""
    return FileProblem(file, str(error), error.hint)


def parse(text: str, decoder: json.JSONDecoder | None = None) -> Json:
    """Parse JSON; JsonError says where it breaks and what to do."""
    require_few_values(text, MAX_VALUES)
    try:
        values: Json = (decoder or json.JSONDecoder()).decode(text)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        message = f"is not JSON at {place(text, error.pos)}: {what}"
        raise JsonError(message, hint=_hint(error)) from error
    except RecursionError as error:
        raise too_deep() from error
    except ValueError as error:
        raise JsonError("holds a number with thousands of digits", hint=_COPY) from error
    require_whole_characters(values, text)
    return values


def _read(name: str, text: str) -> tuple[JsonObject, tuple[FileProblem, ...]]:
    require_few_values(text, most_values(name))
    odd: set[str] = set()

    def unique(items: list[tuple[str, Json]]) -> dict[str, Json]:
        values = dict(items)
        if len(values) < len(items):
            odd.add("duplicate")
        return values

    def constant(number: str) -> float:
        odd.add(number)
        return float(number)

    values = parse(text, json.JSONDecoder(object_pairs_hook=unique, parse_constant=constant))
    if not isinstance(values, dict):
        kind = "a list" if isinstance(values, list) else "a single value"
        raise JsonError(f"holds {kind} where an object {{…}} should be", hint=_COPY)
    require_shallow(values)
    return values, tuple(islice(_oddities(name, text), _MAX_ODDITIES)) if odd else ()


def _oddities(name: str, text: str) -> Iterator[FileProblem]:
    """Find in valid JSON what other readers refuse or read differently."""
    objects: list[dict[str, int]] = []
    for match in _PIECE.finditer(text):
        piece, here = match[1] or match[0], match.start()
        if piece == "{":
            objects.append({})
        elif piece == "}":
            objects.pop()
        elif match[2]:
            first = objects[-1].setdefault(json.loads(piece), here)
            if first != here:
                yield _duplicate(name, text, json.loads(piece), first, here)
        elif not match[1]:
            yield _no_number(name, piece, place(text, here))


def _duplicate(name: str, text: str, key: str, first: int, second: int) -> FileProblem:
    message = (
        f"has the key {quoted(key)} at {place(text, first)} and again at "
        f"{place(text, second)}: the last one counts"
    )
    return FileProblem(name, message, "Delete the one that is not meant: readers differ in it.")


def _no_number(name: str, number: str, where: str) -> FileProblem:
    message = f"has {number} at {where}: that is not JSON, though transformers reads it"
    hint = "Replace it with a number or null: readers in Rust, C++ or JavaScript refuse the file."
    return FileProblem(name, message, hint)


def _hint(error: json.JSONDecodeError) -> str:
    text, position = error.doc, error.pos
    for slip, hint in _SLIPS:
        if slip.match(text, position):
            return hint
    comma = _TRAILING_COMMA.match(text, text.rfind(",", 0, position + 1))
    if comma and comma.end() > position:
        return "Delete the comma before the closing bracket."
    if "','" in error.msg:
        return "Put a comma before it."
    return _COPY
