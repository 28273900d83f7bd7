"""Where the members of JSON objects stand in a text; the text has been parsed before."""

import json

from slowlens.frozen import dataclass
from slowlens.jsonvalue import Pointer

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Member:
    """Offsets of ``"key": value``: key, end of the key, value, end of the value."""

    key: str
    start: int
    colon: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """An object from its opening to its closing brace."""

    start: int
    close: int
    members: tuple[Member, ...]
    spread: bool
    """Members stand on lines of their own."""


def root_of(text: str) -> Span:
    """Find the outermost object."""
    return scan(text, _skip(text, 0), spread=True)


def scan(text: str, start: int, *, spread: bool) -> Span:
    """Read the object whose brace opens at ``start``; ``spread`` counts if it is empty."""
    members: list[Member] = []
    gap = start + 1
    at = _skip(text, gap)
    while text[at] != "}":
        spread = "\n" in text[gap:at]
        key, colon = _DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, colon) + 1)
        _, end = _DECODER.raw_decode(text, value)
        members.append(Member(key, at, colon, value, end))
        gap, at = end, _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return Span(start, at, tuple(members), spread)


def line_of(text: str, pointer: Pointer) -> int:
    """Return the line, from 1, of a key, or of the innermost object that should hold it."""
    span = root_of(text)
    at = span.start
    for key in pointer:
        member = next((m for m in reversed(span.members) if m.key == key), None)
        if member is None:
            break
        at = member.start
        if text[member.value] != "{":
            break
        span = scan(text, member.value, spread=True)
    return text.count("\n", 0, at) + 1


def indent_of(text: str, at: int) -> str:
    """Return the blanks that the line of ``at`` begins with."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
