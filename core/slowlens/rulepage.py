"""The page of a rule: its docstring, for people who have just lost an hour."""

import re
import sys

from slowlens.findings import Rule

_URL = re.compile(r"https://[^\s>)]+")


def page(rule: Rule) -> str:
    """Return the page as Markdown, without the rule's name; empty under ``python -OO``."""
    return (sys.modules[rule.check.__module__].__doc__ or "").strip()


def references(rule: Rule) -> tuple[str, ...]:
    """Return the addresses that the page gives as evidence."""
    _, _, listed = page(rule).partition("## References")
    return tuple(url.rstrip(".,;") for url in _URL.findall(listed))
