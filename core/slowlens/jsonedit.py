"""Edit JSON text so that only the touched lines change; everything else stays byte for byte."""

import json
import re
from typing import Any

from slowlens.errors import JsonError
from slowlens.findings import Edit
from slowlens.frozen import replace
from slowlens.jsonspans import Member, Span, indent_of, root_of, scan
from slowlens.jsonstyle import Style, dump, style_of
from slowlens.jsonvalue import ABSENT, Absent, Json, Pointer, same

_BOM = "\ufeff"
_LINE_END = re.compile(r"[ \t]*\r?\n")


def read_object(content: bytes, name: str) -> dict[str, Any]:
    """Parse the file called ``name``; of duplicate keys the last one counts."""
    return _parse(_decode(content, name).removeprefix(_BOM), name)


def edit_json(content: bytes, edit: Edit) -> bytes:
    """Return ``content`` with one edit made, in the file's own style.

    Raises JsonError where the key, or an object on the way to it, stands there twice: readers
    differ in which one they take, so no edit of one can be right.
    """
    if same(edit.before, edit.after):
        return content
    text = _decode(content, edit.file)
    body = text.removeprefix(_BOM)
    _parse(body, edit.file)
    edited = _edit(body, edit)
    # A lone surrogate, which only an escape can spell, becomes that escape.
    return (text[: len(text) - len(body)] + edited).encode(errors="backslashreplace")


def _edit(text: str, edit: Edit) -> str:
    holder, pointer = _holder(text, edit)
    return _change(text, holder, pointer, edit.after)


def _holder(text: str, edit: Edit) -> tuple[Span, Pointer]:
    """Find the object that holds the key, or should, and the part of the pointer still to make."""
    holder, pointer = root_of(text), edit.pointer
    while True:
        found = [member for member in holder.members if member.key == pointer[0]]
        if len(found) > 1:
            raise _refused(edit, len(pointer) - 1, "stands there more than once")
        if len(pointer) == 1 or not found:
            return holder, pointer
        if text[found[0].value] != "{":
            raise _refused(edit, len(pointer) - 1, "is not an object")
        holder, pointer = scan(text, found[0].value, spread=holder.spread), pointer[1:]


def _refused(edit: Edit, below: int, why: str) -> JsonError:
    key = ".".join(edit.pointer[: len(edit.pointer) - below])
    return JsonError(
        f"{edit.file}: {key} {why}", hint="Correct the file by hand, then check again."
    )


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise JsonError(f"{name} is not UTF-8 text", hint=_restore(name)) from error


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise JsonError(f"{name} is not readable JSON: {error}", hint=_restore(name)) from error
    if not isinstance(values, dict):
        raise JsonError(f"{name} does not hold a JSON object", hint=_restore(name))
    return values


def _restore(name: str) -> str:
    return f"Restore {name} from the source checkpoint, then check again."


def _change(text: str, holder: Span, pointer: Pointer, after: Json | Absent) -> str:
    key, *rest = pointer
    hit = next((i for i, member in enumerate(holder.members) if member.key == key), None)
    if after is ABSENT:
        return text if hit is None or rest else _delete(text, holder, hit)
    for name in reversed(rest):
        after = {name: after}
    if hit is None:
        return _insert(text, holder, key, after)
    return _replace(text, holder, holder.members[hit], after)


def _replace(text: str, holder: Span, member: Member, after: Json) -> str:
    style = style_of(text)
    if text[member.value] == "[":
        style = replace(style, spread_arrays="\n" in text[member.value : member.end])
    indent = indent_of(text, member.start) if holder.spread else None
    return text[: member.value] + dump(after, style, indent) + text[member.end :]


def _insert(text: str, holder: Span, key: str, value: Json) -> str:
    style = style_of(text)
    if not holder.members:
        indent = indent_of(text, holder.start) if holder.spread else None
        return text[: holder.start] + dump({key: value}, style, indent) + text[holder.close + 1 :]
    last = holder.members[-1]
    indent = indent_of(text, last.start) if holder.spread else None
    name = _separator(text, holder, style) + dump(key, style, None) + text[last.colon : last.value]
    return text[: last.end] + name + dump(value, style, indent) + text[last.end :]


def _separator(text: str, holder: Span, style: Style) -> str:
    """Return what stands between two members, comma included, as the object itself does it."""
    if len(holder.members) > 1:
        before, last = holder.members[-2:]
        return text[before.end : last.start]
    return "," + text[holder.start + 1 : holder.members[0].start] if holder.spread else style.comma


def _delete(text: str, holder: Span, index: int) -> str:
    member = holder.members[index]
    before = holder.members[index - 1] if index else None
    after = holder.members[index + 1] if index + 1 < len(holder.members) else None
    if (after or not before) and (lines := _own_lines(text, holder, member, comma=bool(after))):
        return text[: lines.start] + text[lines.stop :]
    if before:
        return text[: before.end] + text[member.end :]
    if after:
        comma = text.index(",", member.end) + 1
        stop = comma if "\n" in text[comma : after.start] else after.start
        return text[: member.start] + text[stop:]
    return text[: holder.start + 1] + text[holder.close :]


def _own_lines(text: str, holder: Span, member: Member, *, comma: bool) -> slice | None:
    """Return the lines that the member and its comma have to themselves, if they do."""
    start = text.rfind("\n", holder.start, member.start) + 1
    end = _LINE_END.match(text, text.index(",", member.end) + 1 if comma else member.end)
    if not start or not end or text[start : member.start].strip():
        return None
    return slice(start, end.end())
