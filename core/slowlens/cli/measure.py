"""Run a checkpoint as shipped, with its cache on and off, and time every step.

Progress goes to stderr, the figures to stdout. Ctrl-C stops the run and keeps what was measured.
Exit codes: 0 done, 2 it failed, 3 wrong usage or an internal error, 130 stopped.
"""

import argparse
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from slowlens.cli.keeping import keep
from slowlens.cli.measuring import checked, diagnosed, failure, follow
from slowlens.cli.output import write
from slowlens.cli.planning import add_plan, planned
from slowlens.cli.saying import tell
from slowlens.cli.watch import Progress, print_event
from slowlens.cli.words import at_least, file_to_write, given_path
from slowlens.codec import encode
from slowlens.errors import UsageError
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Overlay, Plan
from slowlens.frozen import replace
from slowlens.gate import ExitCode
from slowlens.gather.shapes import read_shape, shape_folder, shape_names
from slowlens.overlay import overlays, static_version
from slowlens.reports import causes
from slowlens.reports.called import called
from slowlens.reports.measurement import render
from slowlens.reports.units import counted
from slowlens.run import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "merged",
        metavar="MERGED",
        nargs="?",
        type=given_path,
        help="folder of the checkpoint in question",
    )
    what.add_argument(
        "--shape",
        metavar="NAME",
        help=f"a model with random weights instead, made on the device: {', '.join(shape_names())}",
    )
    parser.add_argument(
        "--layers",
        type=at_least(0),
        default=0,
        metavar="N",
        help="layers of the shape; 0 for all it has (0)",
    )
    parser.add_argument("--source", type=given_path, help="folder of the checkpoint it came from")
    add_plan(parser)
    parser.add_argument(
        "--try-fixes",
        action="store_true",
        help="time it with each fix too, on doubles that are removed again; nothing is written",
    )
    text = "keep the run here"
    parser.add_argument("-o", "--output", type=file_to_write, metavar="RUN.json", help=text)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    shown.add_argument("--events", action="store_true", help="print each event as a JSON line")


def run(arguments: argparse.Namespace) -> int:
    """Measure, diagnose, keep the run, print it."""
    if arguments.source and arguments.shape is not None:
        hint = "Compare two checkpoints, or time a shape alone: leave --source out."
        raise UsageError("--shape makes a model up, which has no source.", hint=hint)
    if arguments.layers and arguments.shape is None:
        hint = "A checkpoint is measured as it is; leave --layers out."
        raise UsageError("--layers is for --shape.", hint=hint)
    with _shaped(arguments):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    made_up = arguments.shape is not None
    name = arguments.merged.name if made_up else ""
    plan = replace(planned(arguments), random_weights=made_up)
    before = checked(arguments, configs_only=made_up)
    show = print_event if arguments.events else Progress(name, made_up=made_up)
    with _fixes(before, plan, name) if arguments.try_fixes else nullcontext(()) as fixes:
        measurement = follow(replace(plan, overlays=fixes), show)
    failed = failure(measurement, called(name))
    if failed and not measurement.generations:
        raise failed
    result, shown = diagnosed(before, measurement), not arguments.events
    try:
        if shown:
            write(encode(result) if arguments.format == "json" else _text(result), None)
    finally:
        keep(result, arguments.output, shown=shown)
    if failed:
        raise failed
    stopped = measurement.status is Status.STOPPED
    return ExitCode.STOPPED if stopped else ExitCode.CLEAN


@contextmanager
def _shaped(arguments: argparse.Namespace) -> Generator[None]:
    """Write the config of a shape into a folder of its own, which is removed again."""
    if arguments.shape is None:
        yield
        return
    with TemporaryDirectory(prefix="slowlens-shape-") as folder:
        name, layers = arguments.shape, arguments.layers
        path = Path(folder, _titled(name, layers))
        arguments.merged = shape_folder(name, layers, path)
        yield


def _titled(shape: str, layers: int) -> str:
    """Name the folder of a shape, by which all reports call it, with its layers if not all."""
    if layers in (0, read_shape(shape).layers):
        return shape
    return f"{shape} ({counted(layers, 'layer')})"


@contextmanager
def _fixes(before: Run, plan: Plan, name: str) -> Generator[tuple[Overlay, ...]]:
    """Make the doubles to time, and say which; ``name`` is that of merged."""
    with overlays(before, static=static_version(before, plan.device)) as made:
        names = called(name)(", ".join(one.name for one in made))
        tell(f"trying: {names}" if made else "there is no fix to try")
        yield made


def _text(result: Run) -> str:
    assert result.measurement
    found = "\n".join(causes.lines(result))
    return f"\n{render(result.measurement)}\n{found}\n"
