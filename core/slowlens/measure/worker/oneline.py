"""An error of somebody else's library on one line."""


def whole(error: Exception) -> str:
    """Write the type and the message, all of it."""
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")


def one_line(error: Exception, longest: int) -> str:
    """Write the type and the message in at most ``longest`` characters, cut between words."""
    text = whole(error)
    if len(text) <= longest:
        return text
    cut = text[: longest - 2]
    words = text[: longest - 1].rpartition(" ")[0]
    return f"{words if 2 * len(words) > longest else cut} …"  # one word may be most of it
