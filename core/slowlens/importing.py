"""A result of another benchmark into a run: no checkpoint was read, and no rule asked."""

from collections.abc import Sequence

from slowlens import __version__
from slowlens.facts.checkpoint import FileProblem
from slowlens.facts.environment import Environment
from slowlens.facts.live.imported import Imported, Metric
from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.moment import moment
from slowlens.frozen import replace
from slowlens.run import CheckpointSummary, Run, stamp

UNNAMED = "unnamed model"
COMPARABLE = "as Slowlens defines it"
UNLIKE = "which is not what Slowlens calls TPOT"


def named(result: Imported, model: str) -> Imported:
    """Return a result under the name of ``model``, or as its file names it where that is empty."""
    if not model:
        return result
    missing = tuple(what for what in result.missing if what != "model")
    return replace(result, model=model, missing=missing)


def from_file(results: Sequence[Imported], name: str) -> tuple[Imported, ...]:
    """Return the results of the file ``name`` with where each was read from."""
    if len(results) == 1:
        return (replace(results[0], read_from=name),)
    many = len(results)
    return tuple(
        replace(result, read_from=f"result {number} of {many} in {name}")
        for number, result in enumerate(results, 1)
    )


def origin(result: Imported) -> str:
    """Tell it from others of the same model: its tool, its file, and when it ran, as far as told.

    ``vLLM, serve.json, ran at 2026-01-02 03:04``.
    """
    ran = f"ran at {moment(result.created)}" if result.created else ""
    return ", ".join(filter(None, (result.tool, result.read_from, ran)))


def imported_run(result: Imported, environment: Environment) -> Run:
    """Return a run that holds ``result``; that nothing was checked is one of its ``problems``."""
    made = stamp()
    name = CheckpointSummary(result.model or UNNAMED, "", {}, 0, 0, {})
    unread = FileProblem(
        "the checkpoint",
        f"was not read: this run is imported from {result.tool}",
        "Run slowlens check on its folder.",
    )
    return Run(
        id=made.id,
        created=made.created,
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
    came = f"Imported from {origin(result)}; no checkpoint was read"
    tpot = result.figure(Metric.TPOT)
    if tpot is None or tpot.typical is None:
        return f"{came}, and it tells no TPOT."
    meant = COMPARABLE if result.comparable else UNLIKE
    its = f"Its TPOT is {milliseconds(tpot.typical)}, {meant}."
    return f"{came}. {its}"
