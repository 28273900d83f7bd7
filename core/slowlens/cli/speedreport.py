"""What commands that judge speed share: what counts as slower, and where the report goes."""

import argparse
from importlib import import_module

from slowlens.cli.output import add_output, add_to_summary, write
from slowlens.facts.live.verdict import THRESHOLD
from slowlens.speedverdict import SpeedVerdict


def add_verdict(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    """Declare ``--threshold``, ``--anyway``, ``--format`` and ``--output``."""
    text = f"what counts as slower, as a share of the time per token (default: {THRESHOLD:g})"
    parser.add_argument("--threshold", type=_share, default=THRESHOLD, metavar="SHARE", help=text)
    text = "compare runs that were not made alike all the same"
    parser.add_argument("--anyway", action="store_true", help=text)
    add_output(parser, formats)


def report(verdict: SpeedVerdict, arguments: argparse.Namespace) -> None:
    """Write the report; GitHub Actions gets the figures in the summary of the job as well."""
    name = arguments.format
    module = import_module(f"slowlens.reports.speed_{name}")
    write(module.render(verdict), arguments.output)
    if name == "github":
        add_to_summary(module.summary(verdict))


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 10:
        raise argparse.ArgumentTypeError("must be more than 0 and less than 10; 0.1 is 10 %")
    return share
