"""The patched files, whole, and their diff, in a zip that is the same wherever it is made."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from slowlens.exports.form import Carried, Form
from slowlens.patch import unified_diff

DIFF_NAME = "slowlens.patch"


def render(fixes: Carried) -> bytes:
    """Return the zip."""
    files = [(file.name, file.after) for file in fixes.patch.files if file.after is not None]
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in (*files, (DIFF_NAME, unified_diff(fixes.patch).encode())):
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


FORM = Form("zip", "Patched files (zip)", ".zip", "application/zip", render)
