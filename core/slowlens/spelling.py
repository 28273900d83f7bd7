"""What somebody may have meant who wrote something else."""

from collections.abc import Collection, Iterable

from slowlens.errors import UsageError

LEAST = 3
"""Letters of a word that a name may be known by when it holds them."""


def near(word: str, known: Collection[str]) -> list[str]:
    """Return those of ``known`` that are spelled much as ``word``, the nearest first."""
    from difflib import get_close_matches  # only for those who mistype

    names = {_folded(name): name for name in known}
    found = [names[one] for one in get_close_matches(_folded(word), names, n=3, cutoff=0.6)]
    holding = (name for name in known if len(word) >= LEAST and word in name and name not in found)
    return [*found, *holding][: len(found) + 3]


def question(names: Iterable[str]) -> str:
    """Ask whether one of ``names`` was meant; empty where there is none."""
    told = " or ".join(names)
    return f"Did you mean {told}?" if told else ""


def meant(word: str, known: Collection[str]) -> str:
    """Return a question that names the nearest of ``known``, or lists them when they are few."""
    few = f"There are: {', '.join(known)}." if len(known) < 10 else ""
    return question(near(word, known)) or few


def chosen(name: str, known: Collection[str], what: str) -> str:
    """Return ``name`` if it is one of ``known``; UsageError names the nearest if it is none."""
    names = [str(one) for one in known]
    if name not in names:
        hint = meant(name, names) if isinstance(name, str) else ""
        raise UsageError(f"there is no {what} {name}. {hint}".rstrip())
    return name


def _folded(name: str) -> str:
    return name.lower().replace("_", "-")
