"""Which fixes of a checkpoint a command is about: its options, the check and the choice."""

import argparse
from pathlib import Path

from slowlens.checking import check
from slowlens.cli.judging import add_judging, silences_for
from slowlens.cli.names import FOLDER_OR_ID
from slowlens.ownsource import require_two
from slowlens.repair import Repair, fixes
from slowlens.rulenames import rule_named
from slowlens.run import Run
from slowlens.store import default_store
from slowlens.witness import witness, witness_of_pair


def add_fixes(parser: argparse.ArgumentParser, merged: str) -> None:
    """Declare the options; ``merged`` says what the checkpoint is for."""
    parser.add_argument("merged", metavar="MERGED", help=merged)
    parser.add_argument("--source", help=FOLDER_OR_ID.format(" it came from"))
    parser.add_argument(
        "--unsafe", action="store_true", help="also fixes that change what the model writes"
    )
    parser.add_argument(
        "--rule",
        action="append",
        metavar="ID",
        help="only the fixes of this rule, for all runtimes; may be repeated; `slowlens explain` "
        "lists all",
    )
    add_judging(parser)


def require_rules(arguments: argparse.Namespace) -> None:
    """Spell the rules that were named as they are; UsageError where there is no such."""
    if arguments.rule:
        arguments.rule = [*dict.fromkeys(rule_named(name).id for name in arguments.rule)]


def checked(folder: Path, arguments: argparse.Namespace) -> tuple[Run, Run | None]:
    """Check the files, and go by what was measured of these very files where a run is kept.

    Return that run too.
    """
    silences = silences_for(arguments).covering(arguments.merged)
    source, runtimes = arguments.source, arguments.runtime
    require_two(folder, Path(source) if source else None)
    found = check(folder, source, runtimes=runtimes, silences=silences)
    speaks = witness_of_pair if source else witness
    before = speaks(found, default_store().recent())
    if before is None:
        return found, None
    measured = before.measurement
    return check(folder, source, measured, runtimes=runtimes, silences=silences), before


def chosen(found: Run, arguments: argparse.Namespace, *, unsafe: bool) -> Repair:
    """Choose as the gate counts: what concerns other runtimes only where its rule is named."""
    others = arguments.rule is not None
    return fixes(found, unsafe=unsafe, rules=arguments.rule, others=others)
