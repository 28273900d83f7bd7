"""Keep a run under a name, for slowlens gate to judge later ones by.

A baseline is a copy of the whole run.

Exit codes: 0 done, 2 it could not be, 3 wrong usage or an internal error.
"""

import argparse
from collections import Counter
from collections.abc import Sequence

from slowlens.baselines import Baselines, default_baselines
from slowlens.cli.output import add_output, write
from slowlens.cli.runnames import HELP, NO_RUN, run_named
from slowlens.cli.saying import say
from slowlens.errors import RunFileError
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.statistics import Band, band
from slowlens.facts.live.verdict import LEAST_RUNS
from slowlens.reports.baselines import render, render_json, speed
from slowlens.reports.called import place, shape_of
from slowlens.reports.spread import variation
from slowlens.reports.units import counted
from slowlens.run import Run
from slowlens.store import Store, default_store


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with baselines."""
    actions = parser.add_subparsers(required=True, metavar="ACTION", title="actions")
    save = actions.add_parser("save", help="keep a run under a name")
    save.add_argument("name", metavar="NAME", help="letters, digits, dots, dashes, underscores")
    text = f"{HELP} (default: the newest that was measured to its end)"
    save.add_argument("source_run", nargs="?", metavar="RUN", help=text)
    save.add_argument("--force", action="store_true", help="replace the baseline of that name")
    save.set_defaults(act=_save)
    show = actions.add_parser("list", help="show what is kept")
    add_output(show)
    show.set_defaults(act=_list)
    delete = actions.add_parser("delete", help="forget a baseline")
    delete.add_argument("name", metavar="NAME")
    delete.set_defaults(act=_delete)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    arguments.act(arguments, default_baselines())
    return 0


def _save(arguments: argparse.Namespace, baselines: Baselines) -> None:
    baselines.path(arguments.name)  # a wrong name is told before a run that is missing
    named = arguments.source_run
    run, which = _newest() if named is None else (run_named(named), "")
    path = baselines.save(arguments.name, run, replacing=arguments.force)
    found = speed(run)
    assert found
    basis = f"{milliseconds(found.tpot)} per token over {counted(found.rounds, 'round')}"
    say(f"Baseline {arguments.name}: {basis}, {place(run)}.")
    if which or (which := _cut_short(run)):
        say(which)
    if found.rounds < LEAST_RUNS:
        say(f"A verdict takes {LEAST_RUNS} rounds: measure with --rounds 5 and save it again.")
    elif found.cv is not None and band(found.cv) is Band.UNSTABLE:
        say(f"Its rounds vary by {variation(found.cv)}: no verdict can rest on it. Measure")
        say("again, on a machine with nothing else to do, and save that.")
    if shape_of(run.measurement):
        say("Its weights were made up: no gate of a checkpoint can be judged by it, only")
        say("slowlens compare another run of the same shape.")
    say(f"It is in {path}.")


def _newest() -> tuple[Run, str]:
    """Return the newest that was measured to its end, and say which; RunFileError."""
    store, passed = default_store(), list[str]()
    for run_id in store.ids():
        run = _loaded(store, run_id)
        unfit = _unfit(run)
        if isinstance(run, Run) and not unfit:
            said = f"It is the newest run that was measured to its end, {run.id}"
            return run, f"{said}{_over(passed)}."
        passed.append(unfit)
    if not passed:
        raise RunFileError("No run is kept yet.", hint=NO_RUN)
    hint = f"{NO_RUN} One that was stopped early is taken if you name it."
    message = "No run that is kept was measured to its end with merged timed as shipped"
    raise RunFileError(f"{message}{_over(passed, 'run')}.", hint=hint)


def _over(passed: Sequence[str], noun: str = "newer run") -> str:
    """Say how many runs were passed over, and why."""
    kinds = ", ".join(f"{count} {why}" for why, count in Counter(passed).items())
    return f", with {counted(len(passed), noun)} passed over: {kinds}" if passed else ""


def _unfit(run: Run | RunFileError) -> str:
    """Say in a word or two what keeps a run from being taken unasked; empty where nothing does."""
    if isinstance(run, RunFileError):
        return "damaged"
    if run.imported:
        return "imported"
    if run.measurement and run.measurement.status in _CUT_SHORT:
        return str(run.measurement.status)
    return "" if speed(run) else "not timed as shipped"


_CUT_SHORT = {Status.STOPPED: "was stopped early", Status.FAILED: "failed before its end"}


def _cut_short(run: Run) -> str:
    """Say that a run did not come to its end; empty where it did."""
    status = run.measurement.status if run.measurement else Status.DONE
    why = _CUT_SHORT.get(status)
    return f"The run {run.id} {why}: not all that it was to measure is in it." if why else ""


def _list(arguments: argparse.Namespace, baselines: Baselines) -> None:
    found = {name: _loaded(baselines, name) for name in baselines.names()}
    if arguments.format == "json":
        write(render_json(found), arguments.output)
    else:
        write(render(found) if found else _NONE, arguments.output)


_NONE = "No baseline is kept yet: slowlens baseline save NAME keeps the newest run.\n"


def _delete(arguments: argparse.Namespace, baselines: Baselines) -> None:
    baselines.delete(arguments.name)
    say(f"Baseline {arguments.name} is deleted.")


def _loaded(kept: Baselines | Store, name: str) -> Run | RunFileError:
    try:
        return kept.load(name)
    except RunFileError as error:
        return error
