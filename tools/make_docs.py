"""Write docs/rules.md from the rules' docstrings: ``make docs``."""

import sys
from pathlib import Path

from slowlens.findings import Rule
from slowlens.rules import RULES

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
HEAD = """# Rules

Generated from the docstrings of `core/slowlens/rules/` by `make docs`.

A rule asks facts one question. It answers *passed*, *found*, *skipped* (a fact was not at hand) or
*crashed*; what was not checked is never counted as fine.
"""


def render() -> str:
    """Return the page: a table of contents, then a section a rule."""
    contents = "".join(f"- [{rule.title}](#{rule.id})\n" for rule in RULES)
    return f"{HEAD}\n{contents}\n" + "\n".join(_section(rule) for rule in RULES)


def _section(rule: Rule) -> str:
    text = (sys.modules[rule.check.__module__].__doc__ or "").strip()
    return f"## {rule.id}\n\n{text.replace('## ', '### ')}\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
