"""The early end of a page, after which main.py still draws what every page has below it.

After ``st.stop`` nothing could be drawn any more.
"""

from typing import NoReturn


class PageEnded(Exception):  # noqa: N818 - no error
    """Nothing more is to be drawn of the page that runs."""


def end_page() -> NoReturn:
    """Draw nothing more of the page that runs."""
    raise PageEnded
