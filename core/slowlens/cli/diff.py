"""Show what changed from SOURCE to MERGED, ranked by effect.

Old and new spellings of one thing, and keys that equal their default, are not a difference.
Exit codes: 0 no difference that matters, 1 differences, 2 something could not be compared,
3 wrong usage or an internal error.
"""

import argparse

from slowlens.cli.names import FOLDER_OR_ID, add_revision, at_revision
from slowlens.cli.output import write
from slowlens.cli.saying import tell
from slowlens.cli.words import file_to_write
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.diff.checkpoints import diff
from slowlens.facts.difference import Diff, Effect
from slowlens.facts.weights.tensors import tensor_changes
from slowlens.gate import ExitCode
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import NEWEST, read_defaults
from slowlens.gather.hub.locate import locate, require_name
from slowlens.reports import diff_json, diff_text


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="SOURCE", help=FOLDER_OR_ID.format(" it came from"))
    parser.add_argument("merged", metavar="MERGED", help=FOLDER_OR_ID.format(" in question"))
    add_revision(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.add_argument("--all", action="store_true", help="show what has no effect as well")
    text = "write to this file instead"
    parser.add_argument("-o", "--output", type=file_to_write, help=text)


def run(arguments: argparse.Namespace) -> int:
    """Print the differences; like diff, return 1 when there are any that matter."""
    names = at_revision(arguments.revision, [arguments.source, arguments.merged])
    for name, what in zip(names, ("SOURCE", "MERGED"), strict=True):
        require_name(name, what)
    source, merged = (read_checkpoint(locate(name)) for name in names)
    changes = tensor_changes(source.weights, merged.weights)
    found = diff(source, merged, changes, read_defaults(NEWEST))
    text = diff_text.render_all if arguments.all else diff_text.render
    write((diff_json.render if arguments.format == "json" else text)(found), arguments.output)
    troubled = _tell_problems("source", source) + _tell_problems("merged", merged)
    return exit_code(found, troubled)


def exit_code(found: Diff, troubled: int) -> ExitCode:
    """Return FOUND for any difference above cosmetic, UNCHECKED where files were not read."""
    if any(difference.effect is not Effect.COSMETIC for difference in found.differences):
        return ExitCode.FOUND
    return ExitCode.UNCHECKED if troubled else ExitCode.CLEAN


def _tell_problems(side: str, checkpoint: Checkpoint) -> int:
    for problem in checkpoint.problems:
        tell(f"slowlens: {side}: {problem.file} {problem.message}")
        tell(f"  {problem.hint}")
    return len(checkpoint.problems)
