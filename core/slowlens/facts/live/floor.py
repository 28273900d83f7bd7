"""How long a token has to take: what one decode step must read, at the measured bandwidth."""

from collections.abc import Sequence

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation


def decode_floor(measurement: Measurement, generations: Sequence[Generation]) -> float | None:
    """Return the seconds for each token of ``generations``, which are of one kind.

    Active weights and the cache at its mean length are read once a pass. Where several tokens of a
    pass were guessed and held, they share it. None where the device or the model is not known.
    """
    model = measurement.model(generations[0].trial.subject)
    if model is None or measurement.peaks is None or not model.weights_read:
        return None
    cache = sum(map(_cache_read, generations)) / len(generations)
    return (model.weights_read + cache) * _passes(generations) / measurement.peaks.bandwidth


def _passes(generations: Sequence[Generation]) -> float:
    """Return the passes for each token, at most 1, which it is where they were not counted."""
    counted = [(g.passes, len(g.steps)) for g in generations if g.passes]
    if not counted:
        return 1.0
    passes = sum(each for each, _ in counted)
    return min(1.0, passes / sum(tokens for _, tokens in counted))


def _cache_read(generation: Generation) -> float:
    """Return the bytes of cache that are there in the middle of a generation."""
    lengths = [step.kv_length for step in generation.steps[1:]]
    if not generation.cache_size or not lengths or not lengths[-1]:
        return 0.0
    return generation.cache_size * sum(lengths) / len(lengths) / lengths[-1]
