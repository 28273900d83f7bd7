"""What a form of a patch is."""

from collections.abc import Callable

from slowlens.findings import Edit
from slowlens.frozen import dataclass
from slowlens.patch import Patch

Edits = tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a patch into a file."""

    name: str
    """What a user calls it by on the command line."""
    title: str
    """What it is, for a button or a line of help."""
    suffix: str
    """Of the file, with its dot."""
    media_type: str
    render: Callable[[Patch, Edits], bytes]
    """Returns the file, from the prepared patch and the edits that made it."""
