"""The start of a measurement: what a plan may name, and the run that becomes of it."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from slowlens.errors import CheckpointError, SlowlensError
from slowlens.facts.live.plan import Plan
from slowlens.gather.hub.ids import require_weights
from slowlens.measure.contradiction import require_one_way
from slowlens.measure.plan import DEFAULT_PROMPT, GENERATED
from slowlens.ownsource import require_two
from slowlens.repair import Repair
from slowlens.run import Run
from slowlens_dashboard.access.permission import require_permission
from slowlens_dashboard.measuring.jobs import BusyError, jobs
from slowlens_dashboard.messages import complain, tell
from slowlens_dashboard.pair import Pair, options
from slowlens_dashboard.repairs import Offer
from slowlens_dashboard.wording.language import _

MOST_ROUNDS = 12
"""That a try is given by itself."""


def start(plan: Plan, *, fixes: bool | Repair = False) -> None:
    """Start to measure, or attach to what runs already; a callback."""
    try:
        require_permission()
        for folder in (plan.merged, plan.source):
            if folder is not None:
                require_weights(options().allow(folder))
        plan = replace(plan, image=_picture(plan.image))
        require_one_way(plan, "Tensor parallel", "Device map")
        require_two(Path(plan.merged), Path(plan.source) if plan.source else None)
        st.query_params["run"] = jobs().start(plan, fixes=fixes).id
    except BusyError as busy:
        st.query_params["run"] = busy.job.id
        tell(_("A run is already in progress. This is it."))
    except SlowlensError as error:
        complain(error)


def stop(run_id: str) -> None:
    """End a run that is in progress; a callback."""
    try:
        require_permission()
        jobs().stop(run_id)
    except SlowlensError as error:
        complain(error)


def again(run: Run) -> Plan:
    """Return the plan of ``run``, to measure the same once more; its doubles are gone by now."""
    assert run.measurement
    source = None if run.source is None else run.source.path
    return replace(run.measurement.plan, merged=run.merged.path, source=source, overlays=())


def attempt(
    offer: Offer, pair: Pair, last: Run | None, *, unclear: bool = False
) -> tuple[Plan, Repair]:
    """Return the plan that tries one fix, as ``last`` was measured, and that fix.

    After a try that was ``unclear`` with twice the rounds.
    """
    if last is not None:
        plan = again(last)
    else:
        source = None if pair.source is None else str(pair.source)
        plan = Plan(str(pair.merged), source, prompt=DEFAULT_PROMPT)
    rounds = min(2 * plan.rounds, MOST_ROUNDS) if unclear else plan.rounds
    return replace(plan, rounds=rounds), offer.repair


def with_fixes(run: Run) -> bool:
    """Whether fixes were tried in ``run``."""
    return run.measurement is not None and bool(run.measurement.plan.overlays)


def _picture(text: str) -> str:
    """Return the file that a person typed, if it lies in a folder that may be read."""
    if text.strip() in ("", GENERATED):
        return text.strip()
    try:
        given = Path(text.strip())
        path = (options().allow(str(given.parent)) / given.name).resolve()
        options().allow(str(path.parent))  # a link may lead out of the folder
    except SlowlensError as error:
        raise CheckpointError(f"Picture: {error}", hint=error.hint) from error
    if not path.is_file():
        hint = f"Type the path of a picture, or the word {GENERATED}."
        raise CheckpointError(f"Picture: there is no file {path}.", hint=hint)
    return str(path)
