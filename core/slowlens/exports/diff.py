"""A unified diff, for ``git apply`` and for eyes."""

from slowlens.exports.form import Carried, Form
from slowlens.patch import unified_diff


def render(fixes: Carried) -> bytes:
    """Return the diff of all files, UTF-8."""
    return unified_diff(fixes.patch).encode()


FORM = Form("diff", "Unified diff", ".patch", "text/x-diff", render)
