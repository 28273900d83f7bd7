"""Carry the fixes of a checkpoint elsewhere: a patched copy, one file, or a pull request.

The checkpoint itself is never written, and without --send nothing leaves this machine. Exit codes:
0 done, 2 something could not be read or written, or there is no fix, 3 wrong usage or an internal
error.
"""

import argparse
import shlex
import sys
from pathlib import Path

from slowlens import patch
from slowlens.cli.fixing import add_fixes, checked, chosen, require_rules
from slowlens.cli.output import write
from slowlens.cli.saying import say
from slowlens.cli.scanbar import ScanBar
from slowlens.cli.words import file_to_write, given_path
from slowlens.errors import PatchError, UsageError
from slowlens.exports import FORMS, Carried, Form, form
from slowlens.exports.copy import copy
from slowlens.exports.pull_request import pull_request, send
from slowlens.gate import ExitCode
from slowlens.gather.hub.ids import hub_id, not_here, require_weights
from slowlens.gather.hub.locate import locate, require_name
from slowlens.repair import Repair
from slowlens.run import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_fixes(parser, "folder of the checkpoint, or an id of the hub")
    what = parser.add_mutually_exclusive_group(required=True)
    text = "make this new folder: a copy of the checkpoint with the fixes in it"
    what.add_argument("--to", type=given_path, metavar="FOLDER", help=text)
    listed = "; ".join(f"{form.name}: {form.title}" for form in FORMS)
    names = [form.name for form in FORMS]
    what.add_argument("--as", dest="form", choices=names, help=f"write one file: {listed}")
    text = "propose them to the model of the hub that MERGED is the id of; shown, not sent"
    what.add_argument("--pull-request", action="store_true", help=text)
    text = "with --pull-request: open it on the hub, with the token that you are logged in with"
    parser.add_argument("--send", action="store_true", help=text)
    weights = parser.add_mutually_exclusive_group()
    text = "with --to: link to the weights instead of copying them (default)"
    weights.add_argument("--link", action="store_true", help=text)
    text = "with --to: copy the weights, so that the folder stands alone"
    weights.add_argument("--copy", action="store_true", help=text)
    text = "with --as: the file (default: what is text goes to the terminal)"
    parser.add_argument("-o", "--output", type=file_to_write, metavar="FILE", help=text)


def run(arguments: argparse.Namespace) -> int:
    """Write what is asked for, and say what is in it."""
    _refuse_contradictions(arguments)
    require_rules(arguments)
    require_name(arguments.merged, "the name of the checkpoint")
    if arguments.to and (wanted := hub_id(arguments.merged)):
        raise not_here(f"{wanted.repo}@{wanted.revision}")
    folder = locate(arguments.merged)
    found, _ = checked(folder, arguments)
    repair = chosen(found, arguments, unsafe=arguments.unsafe)
    prepared = patch.prepare(folder, repair.edits)
    if not prepared.files:
        unsafe = chosen(found, arguments, unsafe=True).edits and not arguments.unsafe
        hint = "--unsafe includes what changes the model's answers." if unsafe else ""
        raise PatchError("There is no fix to export.", hint=hint)
    if arguments.to:
        _copied(folder, repair, arguments)
    elif arguments.pull_request:
        _proposed(found, repair, prepared, arguments)
    else:
        fixes = Carried(prepared, repair.edits, repair.titles, found.provenance)
        _written(form(arguments.form), fixes, arguments.output)
    return ExitCode.CLEAN


def _refuse_contradictions(arguments: argparse.Namespace) -> None:
    if arguments.output and not arguments.form:
        raise UsageError("-o is for --as.", hint="--to names a folder, and nothing else is a file.")
    if not arguments.to and (arguments.link or arguments.copy):
        raise UsageError("--link and --copy are for --to.", hint="All else holds no weights.")
    if arguments.send and not arguments.pull_request:
        raise UsageError("--send is for --pull-request.", hint="All else stays on this machine.")
    if arguments.form == "zip" and not arguments.output and sys.stdout.isatty():
        raise UsageError("A zip is nothing for a terminal.", hint="Name a file with -o.")


def _copied(folder: Path, repair: Repair, arguments: argparse.Namespace) -> None:
    require_weights(folder)
    bar = ScanBar(arguments.to.name, done="copied {}") if arguments.copy else _quietly
    to = copy(folder, repair.edits, arguments.to, linked=not arguments.copy, told=bar)
    weights = "copied" if arguments.copy else f"links to those of {folder}"
    say(f"Made {to}: {', '.join(repair.titles)}; its weights are {weights}.")
    say(f"To check it: {shlex.join(['slowlens', 'check', str(to)])}")


def _proposed(
    found: Run, repair: Repair, prepared: patch.Patch, arguments: argparse.Namespace
) -> None:
    """Show a pull request, or open it."""
    asked = pull_request(prepared, "; ".join(repair.titles), _why(found, repair))
    say(f"{'To' if arguments.send else 'A pull request to'} {asked.repo} at {asked.commit[:8]}:")
    say(f"\n{asked.title}\n\n{asked.text}\n\n{patch.unified_diff(prepared)}")
    if arguments.send:
        say(f"Opened {send(asked)}")
    else:
        say("Nothing was sent. To open it: add --send")


def _why(found: Run, repair: Repair) -> str:
    """Tell maintainers what was found, in Markdown."""
    from slowlens.reports.md import escaped  # only a pull request needs it

    rules = {one.rule for one in repair.chosen}
    named = ((rule, finding) for rule, finding in found.findings if rule in rules)
    told = (f"- {escaped(finding.message)} (`{rule}`)" for rule, finding in named)
    return "\n".join(
        [*dict.fromkeys(told), "", "Found by `slowlens check`; only these keys change."]
    )


def _quietly(_done: int, _whole: int) -> None:
    """Links take no time that is worth a bar."""


def _written(what: Form, fixes: Carried, output: Path | None) -> None:
    content = what.render(fixes)
    if output is None and sys.stdout.isatty():
        write(content.decode(errors="replace"), None)
        return
    if output is None:
        sys.stdout.buffer.write(content)
        return
    output.write_bytes(content)
    names = ", ".join(file.name for file in fixes.patch.files)
    say(f"Wrote {output}: {', '.join(fixes.titles)} ({names}).")
