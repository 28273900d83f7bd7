"""An error of somebody else's library on one line."""

import textwrap


def whole(error: Exception) -> str:
    """Write the type and the message, all of it."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def one_line(error: Exception, longest: int) -> str:
    """Write the type and the message in at most ``longest`` characters, cut between words."""
    return textwrap.shorten(whole(error), longest, placeholder=" …").rstrip(":")
