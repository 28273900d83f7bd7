"""Print the page of a rule, or list all rules.

A page says what the rule looks for, why that is slow, whom it affects, what to do about it, and
on what evidence.

Exit codes: 0 printed, 3 there is no such rule, or an internal error.
"""

import argparse
import sys
from collections.abc import Iterator

from slowlens.cli.output import has_colour
from slowlens.findings import Rule
from slowlens.rulenames import rule_named
from slowlens.rulepage import page
from slowlens.rules import RULES


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("rule", nargs="?", metavar="RULE", help="its id; without one, list all")


def run(arguments: argparse.Namespace) -> int:
    """Print the page, or the list."""
    lines = _list() if arguments.rule is None else _page(rule_named(arguments.rule))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _list() -> Iterator[str]:
    width = max(len(rule.id) for rule in RULES)
    yield from (f"{rule.id:<{width}}  {rule.title}" for rule in RULES)
    yield ""
    yield f"{len(RULES)} rules. To read about one: slowlens explain {RULES[0].id}"


def _page(rule: Rule) -> Iterator[str]:
    yield _bold(f"{rule.id}: {rule.title}")
    yield ""
    for line in page(rule).replace("``", "`").splitlines():
        heading = line.removeprefix("## ")
        yield _bold(heading) if heading != line else f"  {line}".rstrip()
    yield ""
    yield f"Since {rule.since}. To silence it, with a reason: slowlens.toml, see docs/gate.md."


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if has_colour() else text
