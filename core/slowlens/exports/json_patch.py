"""JSON Patch (RFC 6902): operations that any language's library applies.

A JSON Patch is about one document. The file is an object with one patch for each file of the
checkpoint: ``{"config.json": [{"op": "test", …}, {"op": "replace", …}]}``. What a key is expected
to be stands before its change as a test, so that a patch does not apply to another checkpoint.
"""

import json
from collections.abc import Iterator
from typing import Any

from slowlens.exports.form import Carried, Form
from slowlens.findings import Edit
from slowlens.jsonedit import read_object
from slowlens.jsonvalue import ABSENT, Pointer, lookup

Operation = dict[str, Any]


def render(fixes: Carried) -> bytes:
    """Return the object, indented, UTF-8."""
    patches: dict[str, list[Operation]] = {}
    for file in fixes.patch.files:
        values = {} if file.before is None else read_object(file.before, file.name)
        mine = [edit for edit in fixes.edits if edit.file == file.name]
        patches[file.name] = [one for edit in mine for one in _operations(edit, values)]
    return (json.dumps(patches, indent=2, ensure_ascii=False) + "\n").encode()


def _operations(edit: Edit, values: dict[str, Any]) -> Iterator[Operation]:
    """Yield the test and the change, and make the change in ``values``."""
    path = edit.pointer
    while len(path) > 1 and lookup(values, path[:-1]) is ABSENT:
        path = path[:-1]  # an object on the way to it is made with it
    if edit.before is not ABSENT:
        yield {"op": "test", "path": _text(edit.pointer), "value": edit.before}
    if edit.after is ABSENT:
        if edit.before is not ABSENT:
            yield {"op": "remove", "path": _text(edit.pointer)}
            del _holder(values, edit.pointer)[edit.pointer[-1]]
        return
    value = edit.after
    for name in reversed(edit.pointer[len(path) :]):
        value = {name: value}
    operation = "add" if edit.before is ABSENT else "replace"
    yield {"op": operation, "path": _text(path), "value": value}
    _holder(values, path)[path[-1]] = value


def _holder(values: dict[str, Any], pointer: Pointer) -> dict[str, Any]:
    for name in pointer[:-1]:
        values = values[name]
    return values


def _text(pointer: Pointer) -> str:
    """Write a pointer as RFC 6901 does."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in pointer)


FORM = Form("json-patch", "JSON Patch (RFC 6902)", ".json", "application/json", render)
