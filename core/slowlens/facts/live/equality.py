"""Whether a model says the same with its cache and without."""

from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two sets of next-token distributions over the same tokens lie apart.

    ``kl_mean`` and ``kl_max``: Kullback-Leibler divergence in nats over the positions.
    """

    kl_mean: float
    kl_max: float
    flips: int
    """Positions at which the most likely token differs."""
    flip_margin: float
    """The largest lead, in logits, that a most likely token had where it was overtaken."""
    max_difference: float
    """The largest absolute difference of two logits."""
    kl_median: float | None = None
    """Over the positions: a token that a router sends elsewhere does not move it."""


@dataclass(frozen=True, slots=True)
class Equality:
    """One model over ``tokens`` forced tokens, three ways."""

    subject: str
    model_type: str
    dtype: str
    tokens: int
    cached: Agreement
    """Step by step with the cache, against step by step without."""
    floor: Agreement
    """Step by step without, against all at once: neither uses the cache, so this is rounding."""
    prefill: Agreement | None = None
    """All at once with a cache to fill, against all at once without: what a pass reads from an
    empty cache is nothing, so this is rounding too, unless layers need the cache to share."""
