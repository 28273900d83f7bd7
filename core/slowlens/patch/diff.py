"""A patch as text that ``git apply`` reads."""

from collections.abc import Iterator
from difflib import unified_diff as compare_lines

from slowlens.patch.journal import PatchedFile
from slowlens.patch.preparing import Patch


def unified_diff(patch: Patch) -> str:
    """Show a patch the way ``git apply`` reads it."""
    return "".join(line for file in patch.files for line in _diff(file))


def _diff(file: PatchedFile) -> Iterator[str]:
    lines = compare_lines(
        _lines(file.before or b""),
        _lines(file.after or b""),
        "/dev/null" if file.before is None else f"a/{file.name}",
        "/dev/null" if file.after is None else f"b/{file.name}",
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    *lines, rest = content.decode(errors="replace").split("\n")
    return [f"{line}\n" for line in lines] + ([rest] if rest else [])
