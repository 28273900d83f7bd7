"""Whether this server may change anything: measure, load models, write or undo fixes."""

import os

from slowlens.errors import SlowlensError
from slowlens_dashboard.access.options import options_from


class ReadOnlyError(SlowlensError):
    """Whoever started the server lets others look, compare and export only."""


def read_only() -> bool:
    """Whether it may only be looked at."""
    return options_from(os.environ).read_only


def require_permission() -> None:
    """Raise ReadOnlyError where nothing may be changed: a button that is grey is no lock."""
    if read_only():
        raise ReadOnlyError(
            "This dashboard is read-only.",
            hint="It shows, compares and exports. To measure and to fix, start one of your own:"
            " slowlens ui",
        )
