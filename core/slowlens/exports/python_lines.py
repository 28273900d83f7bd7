"""The same edits as lines of Python, for a training or merging script."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite

from slowlens.exports.form import Carried, Form
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT, Absent, Json
from slowlens.patch.journal import PatchedFile

HEAD = "# Put this after what saves the checkpoint, or run it on one that is saved already.\n"
READ = 'values = json.loads(path.read_text(encoding="utf-8-sig"))'
"""Some editors put a byte order mark before the text, which is no JSON to Python."""
WRITE = (
    'text = json.dumps(values, indent=2, ensure_ascii=False) + "\\n"',
    'path.write_bytes(text.encode(errors="backslashreplace"))',
)
"""Encoded before the file is opened; a lone surrogate stays the escape that it was."""


def render(fixes: Carried) -> bytes:
    """Return a script, UTF-8, about the folder that it is run in."""
    return (HEAD + script(fixes.patch.files, fixes.edits)).encode()


def script(files: Iterable[PatchedFile], edits: Sequence[Edit], folder: str = ".") -> str:
    """Write lines that make the ``edits`` of ``files`` in ``folder``, whatever stands there."""
    lines = ["import json", "from pathlib import Path", "", f"checkpoint = Path({literal(folder)})"]
    for file in files:
        lines += ["", f"path = checkpoint / {literal(file.name)}"]
        lines.append(f"{READ} if path.exists() else {{}}" if file.before is None else READ)
        lines += [line for edit in edits if edit.file == file.name for line in _lines(edit)]
        lines += WRITE
    return "\n".join([*lines, ""])


def literal(value: Json | Absent) -> str:
    """Write a JSON value as Python; infinity and NaN have no literal: ``float("inf")``."""
    match value:
        case float() if not isfinite(value):
            return f'float("{value}")'
        case str():
            return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
        case Mapping():
            items = (f"{literal(key)}: {literal(item)}" for key, item in value.items())
            return f"{{{', '.join(items)}}}"
        case Sequence():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return repr(value)


def _lines(edit: Edit) -> Iterator[str]:
    *parents, key = edit.pointer
    if edit.after is ABSENT:
        holder = "".join(f".get({literal(name)}, {{}})" for name in parents)
        yield f"values{holder}.pop({literal(key)}, None)"
        return
    holder = "".join(f".setdefault({literal(name)}, {{}})" for name in parents)
    yield f"values{holder}[{literal(key)}] = {literal(edit.after)}"


FORM = Form("python", "Python lines", ".py", "text/x-python", render)
