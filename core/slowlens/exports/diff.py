"""A unified diff, for ``git apply`` and for eyes."""

from slowlens.exports.form import Edits, Form
from slowlens.patch import Patch, unified_diff


def render(patch: Patch, _edits: Edits) -> bytes:
    """Return the diff of all files, UTF-8."""
    return unified_diff(patch).encode()


FORM = Form("diff", "Unified diff", ".patch", "text/x-diff", render)
