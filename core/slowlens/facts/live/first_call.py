"""What the very first calls of a kind take: lazy loading, compilation and tuning are in them."""

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject


def first_call(measurement: Measurement, subject: str, cache: Cache) -> float:
    """Return the seconds of the longest call that came before timing; 0 where there was none.

    That is a look at the first steps, or the beginning of a warm-up: what is compiled for the one
    may do for the other.
    """
    proofs = measurement.find(subject, cache, Purpose.PROOF)
    looks = (proof.total_seconds for proof in proofs if proof.finish is not Finish.STOPPED)
    kind = (subject, cache)
    warming = (w.first for w in measurement.warm_ups if (w.subject, w.cache) == kind)
    return max((*looks, *warming), default=0.0)


def static_first_call(measurement: Measurement) -> float | None:
    """Return the seconds of the longest first call of merged's weights with a static cache.

    Trials of merged share its weights, and so do its doubles with fixes: whichever comes first
    compiles for the others. None where none warmed up.
    """
    kinds = [(warm.subject, warm.cache) for warm in measurement.warm_ups]
    static = [kind for kind in kinds if _is_static(measurement, *kind)]
    return max((first_call(measurement, *kind) for kind in static), default=None)


def _is_static(measurement: Measurement, subject: str, cache: Cache) -> bool:
    if subject == Subject.SOURCE:
        return False
    model = measurement.model(subject)
    shipped = model is not None and model.cache_implementation == "static"
    return cache is Cache.STATIC or (cache is Cache.AS_SHIPPED and shipped)
