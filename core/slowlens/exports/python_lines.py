"""The same edits as lines of Python, for a training or merging script."""

import json
from collections.abc import Iterator

from slowlens.exports.form import Edits, Form
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT
from slowlens.patch import Patch

HEAD = """\
# Put this after what saves the checkpoint, or run it on one that is saved already.
import json
from pathlib import Path

checkpoint = Path(".")
"""
READ = 'values = json.loads(path.read_text(encoding="utf-8"))'
WRITE = (
    'path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\\n", encoding="utf-8")'
)


def render(patch: Patch, edits: Edits) -> bytes:
    """Return a script, UTF-8, about the folder that it is run in."""
    lines = [HEAD]
    for file in patch.files:
        lines.append(f"path = checkpoint / {json.dumps(file.name)}")
        lines.append("values = {}" if file.before is None else READ)
        lines += [line for edit in edits if edit.file == file.name for line in _lines(edit)]
        lines.append(f"{WRITE}\n")
    return "\n".join(lines).encode()


def _lines(edit: Edit) -> Iterator[str]:
    *parents, key = edit.pointer
    if edit.after is ABSENT:
        holder = "".join(f".get({json.dumps(name)}, {{}})" for name in parents)
        yield f"values{holder}.pop({json.dumps(key)}, None)"
        return
    holder = "".join(f".setdefault({json.dumps(name)}, {{}})" for name in parents)
    yield f"values{holder}[{json.dumps(key)}] = {_python(edit.after)}"


def _python(value: object) -> str:
    """Write a JSON value as Python; what has no literal there is parsed."""
    text = repr(value)
    odd = any(word in text for word in ("nan", "inf"))
    return f"json.loads({json.dumps(value)!r})" if odd else text


FORM = Form("python", "Python lines", ".py", "text/x-python", render)
