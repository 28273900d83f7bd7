"""Run a checkpoint as shipped, with its cache on and off, and time every step.

Progress goes to stderr, the figures to stdout. Ctrl-C stops the run and keeps what was measured.
Exit codes: 0 done, 2 it failed, 130 stopped.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from slowlens.checking import check, measured
from slowlens.cli.output import write
from slowlens.cli.watch import Progress, print_event
from slowlens.codec import encode
from slowlens.errors import RunFileError, SlowlensError, UsageError
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.frozen import replace
from slowlens.gather.hub.ids import require_weights
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.measure.protocol import Event
from slowlens.measure.recorder import Recorder
from slowlens.measure.session import measure
from slowlens.reports.measurement import render
from slowlens.run import Run
from slowlens.silencefile import find_silences
from slowlens.store import default_store

EXIT_CODES = {Status.DONE: 0, Status.FAILED: 2, Status.STOPPED: 130}
DEFAULTS = Plan(merged="")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("merged", type=Path, help="folder of the checkpoint in question")
    parser.add_argument("--source", type=Path, help="folder of the checkpoint it came from")
    prompt = parser.add_mutually_exclusive_group()
    prompt.add_argument("--prompt", type=_not_empty, help="default: a story with a question")
    prompt.add_argument("--prompt-file", type=Path, metavar="FILE", help="a file with the prompt")
    _number(parser, "--new-tokens", DEFAULTS.new_tokens, "steps of a timed trial")
    _number(parser, "--rounds", DEFAULTS.rounds, "how often each timed trial is run")
    _number(parser, "--answer-tokens", DEFAULTS.answer_tokens, "when to give up on an answer")
    _number(parser, "--threads", DEFAULTS.threads, "CPU threads, 0 for all cores but one", least=0)
    parser.add_argument("--device", default=DEFAULTS.device, help="cpu, cuda, cuda:1 (auto)")
    parser.add_argument("-o", "--output", type=Path, metavar="RUN.json", help="keep the run here")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    shown.add_argument("--events", action="store_true", help="print each event as a JSON line")


def run(arguments: argparse.Namespace) -> int:
    """Measure, diagnose, keep the run, print it."""
    for folder in filter(None, (arguments.merged, arguments.source)):
        require_weights(folder)
    silences = find_silences(Path.cwd()).covering(str(arguments.merged))
    checked = check(arguments.merged, arguments.source, silences=silences)
    measurement = _follow(_plan(arguments), print_event if arguments.events else Progress())
    failed = measurement.status is Status.FAILED
    failure = SlowlensError(measurement.error, hint=measurement.hint)
    if failed and not measurement.generations:
        raise failure
    result, shown = _diagnosed(checked, measurement), not arguments.events
    try:
        if shown:
            sys.stdout.write(encode(result) if arguments.format == "json" else _text(result))
    finally:
        _keep(result, arguments.output, shown=shown)
    if failed:
        raise failure
    return EXIT_CODES[measurement.status]


def _not_empty(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the prompt is empty: leave it out for the default one")
    return text


def _plan(arguments: argparse.Namespace) -> Plan:
    source = arguments.source
    return Plan(
        merged=str(arguments.merged.resolve()),
        source=None if source is None else str(source.resolve()),
        prompt=_prompt(arguments),
        new_tokens=arguments.new_tokens,
        rounds=arguments.rounds,
        answer_tokens=arguments.answer_tokens,
        device=arguments.device,
        threads=arguments.threads,
    )


def _prompt(arguments: argparse.Namespace) -> str:
    file: Path | None = arguments.prompt_file
    if file is None:
        return arguments.prompt or DEFAULT_PROMPT
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}", hint="Name a UTF-8 file.") from error


def _follow(plan: Plan, show: Callable[[Event], None]) -> Measurement:
    """Run the plan to its end, or as far as it comes."""
    recorder = Recorder(plan)
    try:
        with measure(plan) as events:
            for event in events:
                recorder.apply(event)
                show(event)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return recorder.measurement(Status.STOPPED)
    except SlowlensError as error:
        sys.stderr.write("\n")
        return recorder.measurement(Status.FAILED, str(error), error.hint)
    return recorder.measurement(Status.DONE)


def _diagnosed(checked: Run, measurement: Measurement) -> Run:
    """Diagnose again; where the files are gone by now, keep what was read at the start."""
    try:
        return measured(checked, measurement)
    except SlowlensError as error:
        _warn(error)
        return replace(checked, measurement=measurement)


def _keep(result: Run, output: Path | None, *, shown: bool) -> None:
    """Write the run to ``output`` and into the store: what fails does not hinder the other."""
    try:
        if output is not None:
            write(encode(result), output)
            sys.stderr.write(f"run kept in {output}\n")
    finally:
        try:
            path = default_store().save(result)
            if output is None:
                sys.stderr.write(f"run kept in {path}\n")
        except RunFileError as error:
            if output is None and not shown:
                raise
            _warn(error)


def _warn(error: SlowlensError) -> None:
    sys.stderr.write(f"slowlens: warning: {error}\n  {error.hint}\n")


def _text(result: Run) -> str:
    assert result.measurement
    return f"\n{render(result.measurement)}\n{result.answer}\n"


def _number(
    parser: argparse.ArgumentParser, name: str, default: int, text: str, least: int = 1
) -> None:
    def number(value: str) -> int:
        if int(value) < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}")
        return int(value)

    parser.add_argument(name, type=number, default=default, metavar="N", help=f"{text} ({default})")
