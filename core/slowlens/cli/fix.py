"""Show the fixes of a checkpoint as a diff, or write them.

Where a run that measured these very files is kept, the fixes go by its figures too.
Without --apply nothing is written. Exit codes: 0 done or nothing to fix, 2 something could not be
read or written, 3 wrong usage or an internal error.
"""

import argparse
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from slowlens import patch
from slowlens.cli.fixing import add_fixes, checked, chosen, require_rules
from slowlens.cli.judging import judging
from slowlens.cli.output import has_colour
from slowlens.cli.saying import say
from slowlens.cli.unfixed import in_their_place, unfixed
from slowlens.findings import Applicability
from slowlens.gate import ExitCode
from slowlens.gather.hub.ids import hub_id, not_here, require_weights
from slowlens.gather.hub.locate import locate, require_name
from slowlens.repair import Repair
from slowlens.reports import words
from slowlens.reports.text import for_others, labelled
from slowlens.reports.units import plain
from slowlens.run import Run
from slowlens.standing import Standing

COLOURS = {"-": 31, "+": 32, "@": 36}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_fixes(parser, "folder of the checkpoint to fix; an id is only looked at")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--diff", action="store_true", help="show what would change (default)")
    action.add_argument(
        "--apply", action="store_true", help="write the fixes; undo takes them back"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the fixes, then their diff or what was written."""
    require_rules(arguments)
    folder = _folder(arguments.merged, writing=arguments.apply)
    found, origin = checked(folder, arguments)
    repair = chosen(found, arguments, unsafe=arguments.unsafe)
    prepared = patch.prepare(folder, repair.edits)
    _print(_plan(found, origin, repair, unfixed(found, arguments.rule or ())))
    more = chosen(found, arguments, unsafe=True)
    if prepared.files and len(more.chosen) > len(repair.chosen):
        say("Add --unsafe to include what changes the model's answers.\n")
    if not prepared.files:
        unsafe = patch.prepare(folder, more.edits)
        if unsafe.files:
            say("Left out, because it changes what the model writes:")
            _show(unsafe)
            say(f"\nNothing was written. {_how_to_write(arguments, unsafe=True)}")
        else:
            _print(_nothing(arguments, found, repair))
    elif arguments.apply:
        patch.apply(prepared, repair.titles)
        _print(_written(arguments, prepared))
        again, _ = checked(folder, arguments)
        _print(_left(again))
    else:
        _show(prepared)
        say(f"\nNothing was written. {_how_to_write(arguments, unsafe=arguments.unsafe)}")
    return ExitCode.UNCHECKED if found.problems else ExitCode.CLEAN


def _nothing(arguments: argparse.Namespace, found: Run, repair: Repair) -> Iterator[str]:
    """Say that nothing is written, and what would be."""
    named = arguments.rule or ()
    instead = in_their_place(found, named)
    if [*instead] != [*named]:
        yield f"Nothing was written. To see it: {_command(arguments, *_named(instead))}"
        return
    readable = " in what could be read" if found.problems else ""
    yield f"There is nothing to {'write' if repair.left_out else 'fix'}{readable}."


def _folder(name: str, *, writing: bool) -> Path:
    require_name(name, "the name of the checkpoint")
    if writing and (wanted := hub_id(name)):
        raise not_here(f"{wanted.repo}@{wanted.revision}")
    folder = locate(name)
    if writing:
        require_weights(folder)
    return folder


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        say(line)


def _plan(found: Run, origin: Run | None, repair: Repair, without: Iterator[str]) -> Iterator[str]:
    yield from _unread(found)
    if origin:
        yield f"What was measured of these very files counts too: run {origin.id}."
    for rule, fix in repair.chosen:
        safe = fix.applicability is Applicability.SAFE
        safety = "safe" if safe else "changes what the model writes"
        yield from labelled("fix", f"{fix.title} ({safety}) [{rule}] {fix.reason}")
    for rule, reason in repair.left_out:
        yield from labelled("left out", f"{reason} [{rule}]")
    reasons = [*without]
    for reason in reasons:
        yield from labelled("no fix", reason)
    if found.problems or repair.chosen or repair.left_out or reasons:
        yield ""


def _unread(found: Run) -> Iterator[str]:
    for problem in found.problems:
        yield from labelled("unread", words.problem(problem))


def _show(prepared: patch.Patch) -> None:
    coloured = has_colour()
    for line in plain(patch.unified_diff(prepared)).removesuffix("\n").split("\n"):
        colour = COLOURS.get(line[:1]) if coloured else None
        print(f"\x1b[{colour}m{line}\x1b[0m" if colour else line)


def _how_to_write(arguments: argparse.Namespace, *, unsafe: bool) -> str:
    if wanted := hub_id(arguments.merged):
        return not_here(f"{wanted.repo}@{wanted.revision}").hint
    flags = ["--unsafe"] if unsafe else []
    rules = _named(arguments.rule or ())
    return f"To write this: {_command(arguments, *flags, *rules, '--apply')}"


def _named(rules: Iterable[str]) -> Iterator[str]:
    yield from (word for rule in rules for word in ("--rule", rule))


def _command(arguments: argparse.Namespace, *options: str) -> str:
    parts = ["slowlens", "fix", arguments.merged]
    if arguments.source:
        parts += ["--source", arguments.source]
    return shlex.join([*parts, *judging(arguments), *options])


def _written(arguments: argparse.Namespace, prepared: patch.Patch) -> Iterator[str]:
    merged = arguments.merged
    source = ["--source", arguments.source] if arguments.source else []
    yield f"Wrote {', '.join(file.name for file in prepared.files)}."
    yield f"To take it back: {shlex.join(['slowlens', 'undo', merged])}"
    yield f"To see it run: {shlex.join(['slowlens', 'measure', merged, *source])}"
    yield ""


def _left(again: Run) -> Iterator[str]:
    """Say what a second check still finds, and what no check of files can tell."""
    left = again.findings
    where = " for the runtimes that are judged" if again.standings[Standing.ELSEWHERE] else ""
    yield "Checked again, and this is left:" if left else f"Checked again: nothing is left{where}."
    for rule, finding in left:
        yield from labelled(finding.severity, f"{finding.message} [{rule}]")
    yield from for_others(again)
    yield from _unread(again)
    for status, text in words.unasked(again):
        yield from labelled(status, text)
