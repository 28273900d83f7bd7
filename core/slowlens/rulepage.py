"""The page of a rule: its docstring, for people who have just lost an hour."""

import re
import sys
from collections.abc import Iterator

from slowlens.findings import Rule

_URL = re.compile(r"https://[^\s>)]+")


def page(rule: Rule) -> str:
    """Return the page as Markdown, without the rule's name; empty under ``python -OO``."""
    return (sys.modules[rule.check.__module__].__doc__ or "").strip()


def blocks(page: str) -> Iterator[str]:
    """Yield the headings, paragraphs and items of a page, each on one line."""
    block: list[str] = []
    for line in [*page.splitlines(), ""]:
        if block and (not line or line.startswith(("## ", "- ")) or block[0].startswith("## ")):
            yield " ".join(block)
            block = []
        if line:
            block.append(line.strip())


def references(rule: Rule) -> tuple[str, ...]:
    """Return the addresses that the page gives as evidence."""
    _, _, listed = page(rule).partition("## References")
    return tuple(url.rstrip(".,;") for url in _URL.findall(listed))
