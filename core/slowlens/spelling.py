"""What somebody may have meant who wrote something else."""

from collections.abc import Collection


def meant(word: str, known: Collection[str]) -> str:
    """Return a question that names the nearest of ``known``, or lists them when they are few."""
    from difflib import get_close_matches  # only for those who mistype

    near = get_close_matches(word.lower().replace("_", "-"), known, n=3, cutoff=0.6)
    near += [name for name in known if word and word in name and name not in near][:3]
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There are: {', '.join(known)}." if len(known) < 10 else ""
