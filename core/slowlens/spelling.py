"""What somebody may have meant who wrote something else."""

from collections.abc import Collection

from slowlens.errors import UsageError


def meant(word: str, known: Collection[str]) -> str:
    """Return a question that names the nearest of ``known``, or lists them when they are few."""
    from difflib import get_close_matches  # only for those who mistype

    near = get_close_matches(word.lower().replace("_", "-"), known, n=3, cutoff=0.6)
    near += [name for name in known if word and word in name and name not in near][:3]
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There are: {', '.join(known)}." if len(known) < 10 else ""


def chosen(name: str, known: Collection[str], what: str) -> str:
    """Return ``name`` if it is one of ``known``; UsageError names the nearest if it is none."""
    names = [str(one) for one in known]
    if name not in names:
        hint = meant(name, names) if isinstance(name, str) else ""
        raise UsageError(f"there is no {what} {name}. {hint}".rstrip())
    return name
