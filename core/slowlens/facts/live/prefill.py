"""How long the first token has to take, and how long it does."""

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import prompt_tokens, speed_of
from slowlens.facts.live.trial import Cache
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Prefill:
    """Reading the prompt. Seconds."""

    label: str
    ttft: float
    floor: float
    """Two operations for each active parameter and token, of the output head for the last token
    alone, at the measured matrix rate. Attention is not in it, which is little up to some thousand
    tokens."""
    prompt_tokens: int

    @property
    def mfu(self) -> float:
        """Model FLOPs utilization: the share of the time in which computing is the limit."""
        return self.floor / self.ttft


def prefill(measurement: Measurement, subject: str, cache: Cache) -> Prefill | None:
    """Return the prefill of one kind of trial; None where it or the device was not measured.

    Nor is it told of runs that do not know the size of the output head.
    """
    speed, model = speed_of(measurement, subject, cache), measurement.model(subject)
    if speed is None or model is None or measurement.peaks is None:
        return None
    prompt = prompt_tokens(measurement, subject, cache)
    if not model.active_parameters or model.head_parameters is None or not prompt:
        return None
    each, once = model.active_parameters - model.head_parameters, model.head_parameters
    floor = 2 * (each * prompt + once) / measurement.peaks.flops
    return Prefill(speed.label, speed.ttft, floor, prompt)
