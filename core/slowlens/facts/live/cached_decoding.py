"""How a subject decodes with its cache: what it loses without one is told elsewhere."""

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import Speed, Work, speed_of
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose


def cached_speed(measurement: Measurement, subject: str) -> Speed | None:
    """Return the figures as shipped where that uses the cache, else those with it forced on.

    None where no timed trial processed the newest token only.
    """
    found = (speed_of(measurement, subject, cache) for cache in (Cache.AS_SHIPPED, Cache.ON))
    return next((speed for speed in found if speed and speed.work is Work.NEWEST), None)


def cache_per_token(measurement: Measurement, speed: Speed) -> float | None:
    """Return the bytes of cache for each token in reach, by the last run; None if not counted."""
    runs = measurement.find(speed.subject, speed.cache, Purpose.SPEED)
    found = [size for run in runs if (size := _per_token(run)) is not None]
    return found[-1] if found else None


def _per_token(run: Generation) -> float | None:
    if run.finish is Finish.STOPPED or not run.steps or not run.steps[-1].kv_length:
        return None
    return None if run.cache_size is None else run.cache_size / run.steps[-1].kv_length
