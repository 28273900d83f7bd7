"""Whether a model says the same with its cache as without, up to rounding.

The limits come from docs/equality-calibration.md. float32 decides: sound models of every family
stayed below 4e-8 nats there at each position, planted defects exceeded 3e-5. In 16 bits rounding
alone moves distributions, in mixtures of experts and state-space models more than a small defect
does, so that only what lies far beyond is called different.
"""

from enum import StrEnum

from slowlens.facts.live.equality import Agreement, Equality
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Subject
from slowlens.frozen import dataclass

_FULL = ("float32", "float64")
_SOUND, _DEFECT = 1e-6, 1e-5
"""Largest divergence in nats at one position, in float32: up to here equal, from here not."""
_MEAN, _MAX = 3e-3, 2e-2
"""Divergence in bfloat16 that no trained model is the worse for, over the positions."""
_FAR = 1e-2
"""Median from which on rounding to 16 bits is no explanation."""
_FINER = {"float16": 32.0}
"""How much less rounding to this dtype moves distributions than rounding to bfloat16. A router of
experts is moved as far by either once it sends a token of the prompt elsewhere."""


class Sameness(StrEnum):
    """What the figures say."""

    EQUAL = "equal"
    UNCLEAR = "unclear"
    """16 bits cannot tell: float32 can."""
    DIFFERENT = "different"


class Odd(StrEnum):
    """Which computation stands alone where they differ."""

    DECODING = "decoding"
    """Steps with the cache: steps without agree with one pass over all."""
    LENGTH = "length"
    """None: without a cache as well it matters how many tokens a pass holds."""
    CACHE = "cache"
    """A pass over all with a cache to fill differs from one without."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How merged fares, and the noise that it was held against."""

    found: Equality
    verdict: Sameness
    noise: Agreement
    """The larger of merged's own without a cache and of what its source does with it."""
    odd: Odd | None = None
    """None unless different."""
    source_too: bool = False
    """Whether the source, measured with the same dtype, is different as well."""

    @property
    def sentence(self) -> str:
        """What was found, with its figures, for a person."""
        found, cached = self.found, self.found.cached
        figures = (
            f"Kullback-Leibler divergence {cached.kl_mean:.2g} nats on average and at most "
            f"{cached.kl_max:.2g} over {found.tokens} tokens in {found.dtype}, another most likely "
            f"token at {cached.flips}"
        )
        match self.verdict:
            case Sameness.EQUAL:
                said = "Measured: the results are the same with the cache, but for rounding"
            case Sameness.UNCLEAR:
                said = f"Whether the cache changes the results, {found.dtype} cannot tell"
            case Sameness.DIFFERENT:
                said = "Measured: the cache changes the results"
        return f"{said} ({figures})."


def judgement_of(measurement: Measurement) -> Judgement | None:
    """Judge merged by what was measured of it and of its source; None where it was not."""
    of = {equality.subject: equality for equality in measurement.equalities}
    merged = of.get(Subject.MERGED)
    return None if merged is None else judge(merged, of.get(Subject.SOURCE))


def judge(found: Equality, source: Equality | None = None) -> Judgement:
    """Hold cached against uncached against the noise; of another dtype ``source`` tells nothing."""
    if source is not None and source.dtype != found.dtype:
        source = None
    noise = _noise(found, source)
    verdict = _verdict(found, noise)
    if verdict is not Sameness.DIFFERENT:
        return Judgement(found, verdict, noise)
    too = source is not None and _verdict(source, _noise(source, None)) is Sameness.DIFFERENT
    return Judgement(found, verdict, noise, _odd(found), too)


def _noise(found: Equality, source: Equality | None) -> Agreement:
    """Return the larger agreement that is rounding; the smaller if neither is."""
    known = [found.floor] if source is None else [found.floor, source.cached]
    rounding = [agreement for agreement in known if _typical(agreement) <= _FAR]
    if not rounding:
        return min(known, key=_typical)
    return max(rounding, key=lambda agreement: agreement.kl_mean)


def _verdict(found: Equality, noise: Agreement) -> Sameness:
    cached = found.cached
    if found.dtype in _FULL:
        if cached.kl_max > _DEFECT:
            return Sameness.DIFFERENT
        return Sameness.EQUAL if cached.kl_max <= _SOUND else Sameness.UNCLEAR
    typical = _typical(noise)
    if typical > _FAR:  # without a cache it differs as well: that is no rounding
        return Sameness.UNCLEAR
    if _typical(cached) > max(_FAR, 10 * typical):
        return Sameness.DIFFERENT
    finer = _FINER.get(found.dtype, 1)
    mean, largest = max(_MEAN / finer, 2 * noise.kl_mean), max(_MAX / finer, 4 * noise.kl_max)
    within = cached.kl_mean <= mean and cached.kl_max <= largest
    return Sameness.EQUAL if within else Sameness.UNCLEAR


def _odd(found: Equality) -> Odd:
    if _beyond(found.prefill, found.dtype):
        return Odd.CACHE
    return Odd.LENGTH if _beyond(found.floor, found.dtype) else Odd.DECODING


def _beyond(agreement: Agreement | None, dtype: str) -> bool:
    if agreement is None:
        return False
    if dtype in _FULL:
        return agreement.kl_max > _DEFECT
    return _typical(agreement) > _FAR


def _typical(agreement: Agreement) -> float:
    """Return the median divergence: a router that sends one token elsewhere does not move it."""
    return agreement.kl_mean if agreement.kl_median is None else agreement.kl_median
