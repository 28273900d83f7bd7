"""What a form of a patch is, and what it is made from."""

from collections.abc import Callable

from slowlens.facts.provenance import Writer
from slowlens.findings import Edit
from slowlens.frozen import dataclass
from slowlens.patch import Patch

Edits = tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """Fixes to carry away, and what is known of the checkpoint that they are for."""

    patch: Patch
    """The edits, prepared: bytes before and after."""
    edits: Edits
    titles: tuple[str, ...] = ()
    """Of the fixes, for a reader."""
    writers: tuple[Writer, ...] = ()
    """Who most likely wrote the checkpoint."""


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
    render: Callable[[Carried], bytes]
    """Returns the file; the same bytes for the same fixes, wherever it is made."""
