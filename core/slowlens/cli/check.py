"""Say whether checkpoints are sound, from their files alone.

One checkpoint is told in full, several as a table. What counts is what concerns the runtimes that
you deploy on (--runtime) and that no slowlens.toml silences; the rest is mentioned.

Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 something could not be checked,
3 wrong usage, such as a name that is none, or an internal error. Of several checkpoints, a finding
goes before a name that is none, and that before what is unchecked.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from slowlens.batch import Batch, Broken
from slowlens.checking import Surroundings, check_one, surroundings
from slowlens.cli.judging import add_judging, judging, silences_for
from slowlens.cli.names import FOLDER_OR_ID, add_revision, at_revision
from slowlens.cli.output import add_output, add_to_summary, write
from slowlens.cli.scanbar import ScanBar
from slowlens.errors import CheckpointError
from slowlens.findings import Severity
from slowlens.gate import ExitCode
from slowlens.gather.hub.ids import address_of, hub_id
from slowlens.gather.hub.locate import require_name
from slowlens.ownsource import require_two
from slowlens.reports import NAMES, render, words
from slowlens.reports.units import counted, plain
from slowlens.run import Run
from slowlens.silencefile import SilenceFile


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    several = FOLDER_OR_ID.format(" in question; or several")
    parser.add_argument("merged", metavar="MERGED", nargs="+", help=several)
    origin = FOLDER_OR_ID.format(" that all of them came from")
    parser.add_argument("--source", help=origin)
    add_revision(parser)
    add_judging(parser)
    parser.add_argument(
        "--fail-on",
        choices=[severity.value for severity in Severity],
        default=Severity.ERROR.value,
        help="the mildest finding that gives exit code 1 (default: error)",
    )
    parser.add_argument(
        "--scan-weights",
        action="store_true",
        help="read every weight as well: NaN, zeros, the source's own (as fast as the disk reads)",
    )
    parser.add_argument(
        "--configs-only",
        action="store_true",
        help="for folders that hold no weights on purpose: that they have none is no trouble",
    )
    add_output(parser, NAMES)


def run(arguments: argparse.Namespace) -> int:
    """Print the report; return what the gate says."""
    for name in arguments.merged:
        require_name(name, "the name of the checkpoint")
    source = [] if arguments.source is None else [arguments.source]
    names = at_revision(arguments.revision, [*arguments.merged, *source])
    merged = _distinct(names[: len(arguments.merged)])
    if source and len(merged) == 1:  # of several one may well be what the others came from
        require_two(merged[0], names[-1])
    here = Path.cwd()
    silences = silences_for(arguments)
    around = surroundings(
        names[-1] if source else None, arguments.runtime, configs_only=arguments.configs_only
    )
    found = Batch(
        tuple(_check(around, name, silences, arguments) for name in merged),
        Severity(arguments.fail_on),
        str(here),
        silences.expected(merged),
        judging(arguments),
        _reading(arguments),
    )
    if len(found.runs) == 2 == len(merged) and not source:
        _mention_source(merged)
    _report(found, arguments.format, arguments.output)
    return found.exit_code


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Leave out what leads to a folder that was named before, such as the link ``latest``."""
    first: dict[str, str] = {}
    for name in names:
        place = name if hub_id(name) else os.path.realpath(name)
        if place in first:
            _tell(f"{name} is {first[place]}: it is checked once")
        first.setdefault(place, name)
    return tuple(first.values())


def _check(
    around: Surroundings, name: str, silences: SilenceFile, arguments: argparse.Namespace
) -> Run | Broken:
    bar = ScanBar(name) if arguments.scan_weights else None
    whole = arguments.format in ("json", "jsonl")
    covering = silences.covering(name)
    try:
        return check_one(around, name, None, covering, bar, differences=whole)
    except CheckpointError as error:
        path = name if hub_id(name) or address_of(name) else str(Path(name).absolute())
        source = around.source.checkpoint if around.source else None
        origin = (source.origin or str(source.root.absolute())) if source else ""
        code = ExitCode(error.exit_code)
        return Broken(path, str(error), error.hint, covering, origin, code)


def _reading(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Write the options again that say what is read."""
    given = {"--scan-weights": arguments.scan_weights, "--configs-only": arguments.configs_only}
    return tuple(option for option, on in given.items() if on)


def _mention_source(merged: Sequence[str]) -> None:
    first, second = merged
    _tell("two checkpoints are checked side by side. If the first was made from the second, use:")
    _tell(shlex.join(["slowlens", "check", first, "--source", second]), begin="  ")


def _report(found: Batch, name: str, output: Path | None) -> None:
    """Write the report, and to standard error what it would not tell somebody who waits."""
    on_terminal = name == "text" and output is None
    in_table = on_terminal and len(found.results) > 1
    for item in () if in_table else found.broken:
        _tell(item.message)
        _tell(item.hint, begin="  ")
    if not on_terminal:
        for silence in found.idle:
            _tell(f"slowlens.toml: {words.idle(silence)}")
    if found.runs or in_table or not on_terminal:
        write(render(name, found), output)
    if output is not None:
        many = counted(len(found.results), "checkpoint")
        _tell(f"{many}: {words.verdicts(found)}. The report is in {output}")
    if name == "github":
        from slowlens.reports.github import summary

        add_to_summary(summary(found))


def _tell(text: str, begin: str = "slowlens: ") -> None:
    if text:
        print(f"{begin}{plain(text)}", file=sys.stderr)
