"""Measure a checkpoint and say whether it is slower than its source, or than a baseline.

With --source the two take turns in one run. With --baseline the run is made as the baseline was,
unless options say otherwise. The run is kept, like any other.

Exit codes: 0 not slower, 1 slower, 2 inconclusive or not comparable, 3 wrong usage or an error,
130 stopped.
"""

import argparse
import sys
from collections.abc import Iterator

from slowlens.baselines import default_baselines
from slowlens.cli.keeping import keep, warn
from slowlens.cli.measuring import checked, diagnosed, failure, follow
from slowlens.cli.planning import DEFAULTS, OWN, add_plan, differing, planned
from slowlens.cli.runnames import errors_end_with_3
from slowlens.cli.speedreport import add_verdict, report
from slowlens.cli.watch import Progress
from slowlens.cli.words import given_path
from slowlens.comparing import compare_runs, compare_subjects
from slowlens.errors import SlowlensError
from slowlens.facts.live.likeness import unlike_conditions
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import LEAST_RUNS
from slowlens.frozen import replace
from slowlens.gate import ExitCode
from slowlens.reports.speed_words import headline
from slowlens.reports.units import counted, plain
from slowlens.run import Run
from slowlens.speedverdict import SpeedVerdict

TITLES = ("baseline", "now")
PLAN = replace(DEFAULTS, rounds=5, settings=(Cache.AS_SHIPPED, Cache.ON), equality_tokens=0)
"""The cache is forced on as well: where it is on as shipped, that is equal work, and its noise."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "merged", metavar="MERGED", type=given_path, help="folder of the checkpoint in question"
    )
    reference = parser.add_mutually_exclusive_group(required=True)
    reference.add_argument(
        "--source", type=given_path, help="folder of the checkpoint it came from"
    )
    reference.add_argument("--baseline", metavar="NAME", help="see slowlens baseline")
    add_plan(parser, PLAN, "as the baseline")
    add_verdict(parser, ("text", "json", "md", "junit", "github"))


def run(arguments: argparse.Namespace) -> int:
    """Measure, compare, keep the run, print the verdict."""
    with errors_end_with_3():
        name = arguments.baseline
        baseline = None if name is None else default_baselines().load(name)
        plan = planned(arguments, _base(baseline))
        plan = replace(plan, settings=tuple(dict.fromkeys((Cache.AS_SHIPPED, *plan.settings))))
        before = checked(arguments)
        asked = replace(before, id="", measurement=Measurement(plan, Status.RUNNING))
        verdict = _refused(baseline, asked, arguments)
        if verdict is None:
            for trouble in _vain(baseline, plan):
                warn(trouble)
            found = _measured(before, plan)
            if found.measurement and found.measurement.status is Status.STOPPED:
                return ExitCode.STOPPED
            verdict = _judged(baseline, found, arguments)
        verdict = replace(verdict, alike=_alike(baseline, plan, arguments))
        report(verdict, arguments)
        if arguments.output is not None:
            sys.stderr.write(plain(f"{headline(verdict)}\nreport in {arguments.output}\n"))
    return verdict.exit_code


def _measured(before: Run, plan: Plan) -> Run:
    """Run the plan and keep what came of it; SlowlensError where it failed."""
    measurement = follow(plan, Progress())
    failed = failure(measurement)
    if failed and not measurement.generations:
        raise failed
    found = diagnosed(before, measurement)
    keep(found, None, shown=True)
    if failed:
        raise failed
    return found


def _refused(
    baseline: Run | None, asked: Run, arguments: argparse.Namespace
) -> SpeedVerdict | None:
    """Return at once what no measuring would change: another task than the baseline's."""
    if baseline is None or arguments.anyway or not (baseline.measurement and asked.measurement):
        return None
    unlike = unlike_conditions(baseline.measurement, asked.measurement)
    if not unlike:
        return None
    return SpeedVerdict(baseline, asked, arguments.threshold, (), unlike, titles=TITLES)


def _alike(baseline: Run | None, plan: Plan, arguments: argparse.Namespace) -> str:
    """Name the options that ask for another task than the baseline's; empty without any."""
    if baseline is None or not (given := differing(arguments, plan, _base(baseline))):
        return ""
    return f"Leave {' and '.join(given)} out, to measure as the baseline was measured."


def _vain(baseline: Run | None, plan: Plan) -> Iterator[SlowlensError]:
    """Yield what will keep this from a verdict, which is better known before it is measured."""
    if plan.rounds < LEAST_RUNS:
        said = f"--rounds {plan.rounds} gives no verdict"
        yield SlowlensError(said, hint=f"It takes {LEAST_RUNS} a side: ask for more.")
    if baseline is None or baseline.measurement is None:
        return
    speed = speed_of(baseline.measurement, Subject.MERGED, Cache.AS_SHIPPED)
    if speed and speed.rounds < LEAST_RUNS:
        has = f"the baseline has {counted(speed.rounds, 'round')}"
        yield SlowlensError(
            f"{has}, and a verdict takes {LEAST_RUNS} a side", hint="Measure and save it again."
        )


def _base(baseline: Run | None) -> Plan:
    """Return the plan that options change: the gate's own, or that of the baseline."""
    if baseline is None or baseline.measurement is None:
        return PLAN
    plan = baseline.measurement.plan
    return replace(
        plan,
        **{name: getattr(PLAN, name) for name in OWN},
        settings=plan.settings or PLAN.settings,
        overlays=(),
        random_weights=False,
    )


def _judged(baseline: Run | None, found: Run, arguments: argparse.Namespace) -> SpeedVerdict:
    if baseline is None:
        return compare_subjects(found, arguments.threshold)
    verdict = compare_runs(baseline, found, arguments.threshold, anyway=arguments.anyway)
    return replace(verdict, titles=TITLES)
