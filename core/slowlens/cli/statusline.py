"""Lines on stderr: what is over stays, and on a terminal the last line keeps moving until then."""

import sys
from shutil import get_terminal_size

from slowlens.reports.units import plain


class StatusLine:
    """Writes a line over the last one, or below it."""

    def __init__(self) -> None:
        self._moving = sys.stderr.isatty()

    def move(self, text: str) -> None:
        """Write over the last line, where stderr is a terminal."""
        if self._moving:
            line = plain(text)[: get_terminal_size().columns - 1]  # \r takes back no wrap
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """Write a line that stays."""
        start = "\r\x1b[K" if self._moving else ""
        print(f"{start}{plain(text)}", file=sys.stderr, flush=True)
