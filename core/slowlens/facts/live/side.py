"""One kind of trial of a run, as it is put beside that of another."""

from slowlens.facts.live.growth import Growth
from slowlens.facts.live.imported import Imported, Metric
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import Speed, Work, answer_of, speed_of
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.frozen import dataclass, replace


@dataclass(frozen=True, slots=True)
class Side:
    """Times of runs in seconds, in the order in which they ran; None is "not available"."""

    tpots: tuple[float, ...] = ()
    """Time per output token of each run, without the first."""
    ttfts: tuple[float, ...] = ()
    """Time to first token of each run."""
    growth: Growth | None = None
    answer: int | None = None
    """Tokens of the answer that was free to end, whatever the cache."""
    ended: bool | None = None
    """Whether that answer ended by itself."""
    memory_peak: int | None = None
    """Bytes."""
    weights_read: int | None = None
    """Bytes of weights that a step reads."""
    work: Work = Work.UNKNOWN
    estimated: bool = False
    """Whether each run was predicted from a few of its steps."""
    noise: float = 1.0
    """How many times apart equal work was timed in the same measurement."""


def side_of(measurement: Measurement, subject: str, cache: Cache) -> Side:
    """Return what is known of one kind of trial; no times where none was run to its end."""
    speed = speed_of(measurement, subject, cache)
    answer, model = answer_of(measurement, subject), measurement.model(subject)
    trials = measurement.find(subject, cache, Purpose.SPEED)
    whole = [g for g in trials if g.finish is not Finish.STOPPED and g.tpot > 0]
    side = Side(
        ttfts=tuple(g.ttft for g in whole),
        answer=len(answer.steps) if answer else None,
        ended=answer.finish is Finish.EOS if answer else None,
        memory_peak=max((g.memory_peak for g in whole if g.memory_peak), default=None),
        weights_read=(model.weights_read or None) if model else None,
    )
    return side if speed is None else _timed(side, speed)


def _timed(side: Side, speed: Speed) -> Side:
    return replace(
        side,
        tpots=speed.runs,
        ttfts=side.ttfts or (speed.ttft,),
        growth=speed.growth,
        work=speed.work,
        estimated=speed.estimated,
        noise=speed.noise,
    )


def side_of_import(result: Imported) -> Side:
    """Return what another benchmark tells: its mean, or else its median, counts as one run."""

    def told(name: Metric) -> tuple[float, ...]:
        figure = result.figure(name)
        return () if figure is None or figure.typical is None else (figure.typical,)

    return Side(told(Metric.TPOT), told(Metric.TTFT))


def shared_kinds(before: Measurement, after: Measurement) -> tuple[tuple[str, Cache], ...]:
    """Return what both timed, subject and cache, in the order of ``after``."""
    return tuple(kind for kind in after.timed if kind in before.timed)
