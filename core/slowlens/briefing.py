"""Runs into briefs."""

from collections.abc import Iterator

from slowlens.brief import Brief, Factor, Kind, Place, Timed
from slowlens.errors import RunFileError
from slowlens.facts.live.comparison import same_work, verdict_of
from slowlens.facts.live.imported import Metric
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.speed import Speed, prompt_tokens, speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.importing import origin
from slowlens.run import CheckpointSummary, Run

_SHIPPED = (Subject.MERGED, Cache.AS_SHIPPED)


def brief_of(run_id: str, run: Run | RunFileError) -> Brief:
    """Return a run in brief, or why there is none in the file of that name."""
    if isinstance(run, RunFileError):
        return Brief(run_id, Kind.DAMAGED, became(run))
    return Brief(
        run_id,
        _kind(run),
        became(run),
        created=run.created,
        merged=_place(run.merged),
        source=_place(run.source) if run.source else None,
        tpot=tpot(run),
        timed=_timed(run.measurement) if run.measurement else None,
        origin=origin(run.imported) if run.imported else "",
        comparable=run.imported is None or run.imported.comparable,
    )


def became(run: Run | RunFileError) -> str:
    """Say what came of a run: its answer, or why it has none, on one line."""
    if isinstance(run, RunFileError):
        return f"cannot be read: {run}"
    measured = run.measurement
    if measured and measured.status is Status.FAILED:
        return f"failed: {measured.error}"
    if measured and measured.status is Status.STOPPED:
        return f"stopped early: {run.answer}"
    return run.answer


def tpot(run: Run) -> float | None:
    """Return the seconds per token of merged as shipped, or those that another tool tells."""
    if run.imported:
        figure = run.imported.figure(Metric.TPOT)
        return figure.typical if figure else None
    shipped = _shipped(run.measurement) if run.measurement else None
    return shipped.tpot if shipped else None


def _kind(run: Run) -> Kind:
    if run.imported:
        return Kind.IMPORTED
    return Kind.MEASURED if run.measurement else Kind.CHECKED


def _place(summary: CheckpointSummary) -> Place:
    return Place(summary.path, summary.title, summary.argument)


def _timed(measurement: Measurement) -> Timed:
    shipped, plan = _shipped(measurement), measurement.plan
    return Timed(
        status=measurement.status,
        rounds=shipped.rounds if shipped else 0,
        new_tokens=shipped.new_tokens if shipped else plan.new_tokens,
        prompt_tokens=prompt_tokens(measurement, *_SHIPPED) if shipped else 0,
        estimated=shipped is not None and shipped.estimated,
        factors=tuple(_factors(measurement, shipped)) if shipped else (),
        device=next((model.device.name for model in measurement.models), ""),
        processes=plan.tensor_parallel if plan.tensor_parallel > 1 else 0,
        made_up=bool(plan.random_weights),
    )


def _shipped(measurement: Measurement) -> Speed | None:
    return speed_of(measurement, *_SHIPPED)


def _factors(measurement: Measurement, shipped: Speed) -> Iterator[Factor]:
    """Yield how it compares with its source, and with its own cache on unless that is the same."""
    for kind in ((Subject.SOURCE, Cache.AS_SHIPPED), (Subject.MERGED, Cache.ON)):
        other = speed_of(measurement, *kind)
        if other is None or same_work(shipped, other):
            continue
        there, back = verdict_of(shipped, other), verdict_of(other, shipped)
        if there.ratio is not None:
            ends = (there.low, there.high)
            yield Factor(other.label, there.outcome, back.outcome, there.ratio, *ends)
