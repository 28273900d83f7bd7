"""Lines for the terminal, in which names of files and what stands in them drive nothing."""

import sys

from slowlens.reports.units import plain


def say(text: str = "") -> None:
    """Write a line on stdout."""
    print(plain(text))


def tell(text: str) -> None:
    """Write a line on stderr, at once."""
    print(plain(text), file=sys.stderr, flush=True)
