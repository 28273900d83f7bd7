"""A live run from its plan to the kept run: what every command that measures does alike."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from slowlens.checking import check, measured
from slowlens.cli.keeping import warn
from slowlens.errors import SlowlensError, UsageError
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.frozen import replace
from slowlens.gather.hub.ids import require_weights
from slowlens.measure.cores import cores
from slowlens.measure.events import Event
from slowlens.measure.recorder import Recorder
from slowlens.measure.session import measure
from slowlens.ownsource import require_two
from slowlens.reports.units import counted
from slowlens.run import Run
from slowlens.silencefile import find_silences


def checked(arguments: argparse.Namespace, *, configs_only: bool = False) -> Run:
    """Diagnose the checkpoints from their files, before anything is loaded."""
    if not configs_only:
        for folder in filter(None, (arguments.merged, arguments.source)):
            require_weights(folder)
    require_two(arguments.merged, arguments.source)
    silences = find_silences(Path.cwd()).covering(str(arguments.merged))
    merged, source = arguments.merged, arguments.source
    return check(merged, source, silences=silences, configs_only=configs_only)


def follow(plan: Plan, show: Callable[[Event], None]) -> Measurement:
    """Run the plan to its end, or as far as it comes; KeyboardInterrupt where that is nowhere."""
    recorder = Recorder(plan)
    _mind_threads(plan)
    try:
        with measure(plan) as events:
            for event in events:
                recorder.apply(event)
                show(event)
    except KeyboardInterrupt:
        found = recorder.measurement(Status.STOPPED)
        if not found.generations:
            sys.stderr.write("\nstopped: nothing was measured, and no run is kept\n")
            raise
        sys.stderr.write("\nstopped\n")
        return found
    except SlowlensError as error:
        sys.stderr.write("\n")
        return recorder.measurement(Status.FAILED, str(error), error.hint)
    return recorder.measurement(Status.DONE)


def _mind_threads(plan: Plan) -> None:
    """Warn of more threads than cores: nobody deploys so, and whoever does learns what it costs."""
    there = cores()
    if plan.threads > there:
        message = f"{plan.threads} threads are more than the {counted(there, 'core')} here"
        hint = "They wait for one another, and all times are longer: leave --threads out, or say "
        warn(UsageError(f"{message}.", hint=f"{hint}--threads {there}."))


def failure(measurement: Measurement, named: Callable[[str], str] = str) -> SlowlensError | None:
    """Return why it failed, ready to be raised; None where it did not.

    ``named`` writes what merged is called.
    """
    if measurement.status is not Status.FAILED:
        return None
    return SlowlensError(named(measurement.error), hint=measurement.hint)


def diagnosed(before: Run, measurement: Measurement) -> Run:
    """Diagnose again; where the files are gone by now, keep what was read at the start."""
    try:
        return measured(before, measurement)
    except SlowlensError as error:
        warn(error)
        return replace(before, measurement=measurement)
