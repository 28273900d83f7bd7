"""Show the fixes of a checkpoint as a diff, or write them.

Without --apply nothing is written. Exit codes: 0 done or nothing to fix, 2 something could not be
read or written, 3 wrong usage or an internal error.
"""

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path

from slowlens import patch
from slowlens.checking import check
from slowlens.cli.names import FOLDER_OR_ID, not_empty
from slowlens.cli.output import has_colour
from slowlens.findings import Applicability
from slowlens.gate import ExitCode
from slowlens.gather.hub.ids import hub_id, not_here, require_weights
from slowlens.gather.hub.locate import locate
from slowlens.repair import Repair, fixes
from slowlens.reports import words
from slowlens.reports.text import labelled
from slowlens.reports.units import plain
from slowlens.rules import RULES
from slowlens.run import Run
from slowlens.silencefile import find_silences
from slowlens.standing import Standing

COLOURS = {"-": 31, "+": 32, "@": 36}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    only = "folder of the checkpoint to fix; an id is only looked at"
    parser.add_argument("merged", type=not_empty, help=only)
    parser.add_argument("--source", type=not_empty, help=FOLDER_OR_ID.format(" it came from"))
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--diff", action="store_true", help="show what would change (default)")
    action.add_argument(
        "--apply", action="store_true", help="write the fixes; undo takes them back"
    )
    parser.add_argument(
        "--unsafe", action="store_true", help="also fixes that change what the model writes"
    )
    parser.add_argument(
        "--rule",
        action="append",
        metavar="ID",
        choices=[rule.id for rule in RULES],
        help="only the fixes of this rule; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the fixes, then their diff or what was written."""
    folder = _folder(arguments.merged, writing=arguments.apply)
    silences = find_silences(Path.cwd()).covering(arguments.merged)
    found = check(folder, arguments.source, silences=silences)
    repair = fixes(found, unsafe=arguments.unsafe, rules=arguments.rule)
    prepared = patch.prepare(folder, repair.edits)
    _print(_plan(found, repair))
    if len(fixes(found, unsafe=True, rules=arguments.rule).chosen) > len(repair.chosen):
        print("Add --unsafe to include what changes the model's answers.\n")
    if not prepared.files:
        readable = " in what could be read" if found.problems else ""
        print(f"There is nothing to {'write' if repair.left_out else 'fix'}{readable}.")
        return ExitCode.UNCHECKED if found.problems else ExitCode.CLEAN
    if arguments.apply:
        patch.apply(prepared, repair.titles)
        _print(_written(arguments, prepared))
        _print(_left(check(folder, arguments.source, silences=silences)))
    else:
        _print(_painted(patch.unified_diff(prepared)))
        print(f"\nNothing was written. {_how_to_write(arguments)}")
    return ExitCode.UNCHECKED if found.problems else ExitCode.CLEAN


def _folder(name: str, *, writing: bool) -> Path:
    if writing and (wanted := hub_id(name)):
        raise not_here(f"{wanted.repo}@{wanted.revision}")
    folder = locate(name)
    if writing:
        require_weights(folder)
    return folder


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        print(line)


def _plan(found: Run, repair: Repair) -> Iterator[str]:
    yield from _unread(found)
    for rule, fix in repair.chosen:
        safe = fix.applicability is Applicability.SAFE
        safety = "safe" if safe else "changes what the model writes"
        yield from labelled("fix", f"{fix.title} ({safety}) [{rule}] {fix.reason}")
    for rule, reason in repair.left_out:
        yield from labelled("left out", f"{reason} [{rule}]")
    if found.problems or repair.chosen or repair.left_out:
        yield ""


def _unread(found: Run) -> Iterator[str]:
    for problem in found.problems:
        yield from labelled("unread", words.problem(problem))


def _painted(diff: str) -> Iterator[str]:
    coloured = has_colour()
    for line in plain(diff).removesuffix("\n").split("\n"):
        colour = COLOURS.get(line[:1]) if coloured else None
        yield f"\x1b[{colour}m{line}\x1b[0m" if colour else line


def _how_to_write(arguments: argparse.Namespace) -> str:
    if wanted := hub_id(arguments.merged):
        return not_here(f"{wanted.repo}@{wanted.revision}").hint
    return f"To write this: {_command(arguments)}"


def _command(arguments: argparse.Namespace) -> str:
    parts = ["slowlens", "fix", arguments.merged]
    if arguments.source:
        parts += ["--source", arguments.source]
    if arguments.unsafe:
        parts.append("--unsafe")
    for rule in arguments.rule or ():
        parts += ["--rule", rule]
    return shlex.join([*parts, "--apply"])


def _written(arguments: argparse.Namespace, prepared: patch.Patch) -> Iterator[str]:
    merged = arguments.merged
    source = ["--source", arguments.source] if arguments.source else []
    yield f"Wrote {', '.join(file.name for file in prepared.files)}."
    yield f"To take it back: {shlex.join(['slowlens', 'undo', merged])}"
    yield f"To see it run: {shlex.join(['slowlens', 'measure', merged, *source])}"
    yield ""


def _left(again: Run) -> Iterator[str]:
    """Say what a second check still finds, and what no check of files can tell."""
    found = again.standings
    findings = (*found[Standing.COUNTED], *found[Standing.ELSEWHERE])
    yield "Checked again, and this is left:" if findings else "Checked again: nothing is left."
    for rule, finding in findings:
        yield from labelled(finding.severity, f"{finding.message} [{rule}]")
    yield from _unread(again)
    for status, text in words.unasked(again):
        yield from labelled(status, text)
