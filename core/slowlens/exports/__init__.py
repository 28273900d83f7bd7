"""A patch in forms to carry elsewhere: one file a form, in the order in which they are offered."""

from slowlens.exports import archive, diff, json_patch, merger, python_lines
from slowlens.exports.form import Carried as Carried
from slowlens.exports.form import Form as Form

FORMS: tuple[Form, ...] = (
    archive.FORM,
    diff.FORM,
    json_patch.FORM,
    python_lines.FORM,
    merger.FORM,
)
"""Every form that one file can have."""


def form(name: str) -> Form:
    """Return the form of this name; KeyError where there is none."""
    return {form.name: form for form in FORMS}[name]
