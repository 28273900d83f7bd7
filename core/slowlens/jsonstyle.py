"""How a JSON text is laid out, and new values written the same way."""

import json
import re
from collections.abc import Mapping

from slowlens.frozen import dataclass
from slowlens.jsonspans import root_of
from slowlens.jsonvalue import Json

_LONGEST_LINE = 80
_SPREAD_ARRAY = re.compile(r"\[[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Style:
    """What a text does everywhere, as its first member shows it."""

    newline: str
    indent: str
    colon: str
    comma: str
    """Between members or items on one line."""
    ascii: bool
    """Other characters are escaped."""
    spread_arrays: bool
    """Arrays have one item a line, however short."""


def style_of(text: str) -> Style:
    """Read the style; what an empty object leaves open is as transformers writes it."""
    root = root_of(text)
    first = root.members[0] if root.members else None
    gap = text[root.start + 1 : first.start] if first else ""
    loose = first is None or text[first.value - 1].isspace()
    return Style(
        newline="\r\n" if "\r\n" in text else "\n",
        indent=gap.rpartition("\n")[2] if "\n" in gap else "  ",
        colon=": " if loose else ":",
        comma=", " if loose else ",",
        ascii=text.isascii(),
        spread_arrays=_SPREAD_ARRAY.search(text) is not None,
    )


def dump(value: Json, style: Style, indent: str | None) -> str:
    """Write ``value``: on one line, or over several where ``indent`` is that of its first."""
    flat = json.dumps(value, ensure_ascii=style.ascii, separators=(style.comma, style.colon))
    if indent is None or not value:
        return flat
    inner = indent + style.indent
    match value:
        case Mapping():
            opening, closing = "{}"
            items = [
                dump(key, style, None) + style.colon + dump(item, style, inner)
                for key, item in value.items()
            ]
        case list() | tuple() if not _fits(value, flat, style):
            opening, closing = "[]"
            items = [dump(item, style, inner) for item in value]
        case _:
            return flat
    gap = style.newline + inner
    return opening + gap + f",{gap}".join(items) + style.newline + indent + closing


def _fits(items: list[Json] | tuple[Json, ...], flat: str, style: Style) -> bool:
    nested = any(isinstance(item, Mapping | list | tuple) for item in items)
    return not (nested or style.spread_arrays or len(flat) > _LONGEST_LINE)
