"""A result of another benchmark into a run: no checkpoint was read, and no rule asked."""

import os
import time

from slowlens import __version__
from slowlens.facts.checkpoint import FileProblem
from slowlens.facts.environment import Environment
from slowlens.facts.live.imported import Imported, Metric
from slowlens.facts.live.seconds import milliseconds
from slowlens.frozen import replace
from slowlens.run import CheckpointSummary, Run

UNNAMED = "unnamed model"
COMPARABLE = "as Slowlens defines it"
UNLIKE = "which is not what Slowlens calls TPOT"


def named(result: Imported, model: str) -> Imported:
    """Return a result under the name of ``model``, or as its file names it where that is empty."""
    if not model:
        return result
    missing = tuple(what for what in result.missing if what != "model")
    return replace(result, model=model, missing=missing)


def imported_run(result: Imported, environment: Environment) -> Run:
    """Return a run that holds ``result``; that nothing was checked is one of its ``problems``."""
    now = time.gmtime()
    name = CheckpointSummary(result.model or UNNAMED, "", {}, 0, 0, {})
    unread = FileProblem(
        "the checkpoint",
        f"was not read: this run is imported from {result.tool}",
        "Run slowlens check on its folder.",
    )
    return Run(
        id=f"{time.strftime('%Y%m%d-%H%M%S', now)}-{os.urandom(2).hex()}",
        created=time.strftime("%Y-%m-%dT%H:%M:%S+00:00", now),
        slowlens=__version__,
        environment=environment,
        merged=name,
        source=None,
        settings={},
        source_settings={},
        answer=summary(result),
        outcomes=(),
        problems=(unread,),
        imported=result,
    )


def summary(result: Imported) -> str:
    """Say where it comes from, and its TPOT in one sentence."""
    origin = f"Imported from {result.tool}, no checkpoint was read"
    tpot = result.figure(Metric.TPOT)
    if tpot is None or tpot.typical is None:
        return f"{origin}; it tells no TPOT."
    meant = COMPARABLE if result.comparable else UNLIKE
    return f"{origin}; its TPOT is {milliseconds(tpot.typical)}, {meant}."
