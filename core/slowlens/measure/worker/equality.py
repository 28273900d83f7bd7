"""One model over one answer, with its cache and without: how far do its distributions lie apart.

The answer is the model's own greedy one with the cache, so that pass needs no forcing; the other
is led along it by the meter. Nothing here is timed. Of an encoder-decoder model the decoder is
compared.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from slowlens.errors import WorkerError
from slowlens.facts.live.equality import Agreement, Equality
from slowlens.facts.live.trial import Cache, Purpose, Trial
from slowlens.measure.worker.arguments import arguments, plain
from slowlens.measure.worker.calling import inputs_of
from slowlens.measure.worker.failure import during
from slowlens.measure.worker.loading import Ready
from slowlens.measure.worker.sequence import Common

_ROWS = 16
"""Positions compared at a time: of a vocabulary of 262,144 in float64 they take 34 MB."""
_FARTHEST = 1e9
"""Stands for infinite logits, which padded vocabularies have: no product with it is NaN."""
_REFUSED = "`slowlens measure --equality-tokens 0` leaves this comparison out."


def equality(ready: Ready, subject: str, tokens: int, streamer: object | None = None) -> Equality:
    """Compare the distributions of the next token at ``tokens`` positions of an answer.

    ``streamer`` hears of each token. WorkerError when the model cannot generate so, or computes
    what is no number.
    """
    what = f"comparing {subject} with and without its cache"
    with during(what, ready.device, _REFUSED), torch.inference_mode(), _full_precision():
        sequence, cached = _step_by_step(
            ready, Trial(subject, Cache.ON, Purpose.EQUALITY, tokens), (), streamer
        )
        answer = tuple(sequence[0, -len(cached) :].tolist())
        without = Trial(subject, Cache.OFF, Purpose.EQUALITY, tokens)
        _, uncached = _step_by_step(ready, without, answer, streamer)
        at_once = _at_once(ready, sequence, len(cached), use_cache=False)
        prefill = _at_once(ready, sequence, len(cached), use_cache=True)
        return Equality(
            subject,
            str(ready.model.config.model_type),
            str(ready.model.dtype).removeprefix("torch."),
            len(cached),
            cached=agreement(uncached, cached),
            floor=agreement(at_once, uncached),
            prefill=agreement(at_once, prefill),
        )


def agreement(reference: torch.Tensor, other: torch.Tensor) -> Agreement:
    """Compare two sets of logits, [positions, vocabulary], over the same tokens.

    The divergence is that of ``other`` from ``reference``, computed in float64 where the device
    knows it. WorkerError when a logit is NaN.
    """
    if bool(reference.isnan().any()) or bool(other.isnan().any()):
        raise WorkerError(
            "the model computes logits that are not a number",
            hint="`slowlens check --scan-weights` tells whether its weights are to blame.",
        )
    parts = [
        _compare(a, b) for a, b in zip(reference.split(_ROWS), other.split(_ROWS), strict=True)
    ]
    divergence, lead, difference = (torch.cat(column) for column in zip(*parts, strict=True))
    return Agreement(
        kl_mean=float(divergence.mean()),
        kl_max=float(divergence.max()),
        flips=int((lead >= 0).sum()),
        flip_margin=max(0.0, float(lead.max())),
        max_difference=float(difference.max()),
        kl_median=float(divergence.median()),
    )


def _compare(reference: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return for each position the KL, the lead of an overtaken token or -1, and the difference."""
    exact = torch.float32 if reference.device.type == "mps" else torch.float64
    one, two = (part.to(exact).clamp(-_FARTHEST, _FARTHEST) for part in (reference, other))
    log_p, log_q = one.log_softmax(-1), two.log_softmax(-1)
    divergence = (log_p.exp() * (log_p - log_q)).sum(-1).clamp(min=0)
    best, overtaking = one.argmax(-1, keepdim=True), two.argmax(-1, keepdim=True)
    lead = (one.gather(-1, best) - one.gather(-1, overtaking)).squeeze(-1)
    lead = lead.where((best != overtaking).squeeze(-1), -torch.ones_like(lead))
    return divergence, lead, (one - two).abs().amax(-1)


def _step_by_step(
    ready: Ready, trial: Trial, along: tuple[int, ...], streamer: object | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return all token ids, [1, length], and the raw logits, [tokens, vocabulary], on the device.

    By the real ``generate()``, greedily or ``along`` an answer.
    """
    ready.model.generation_config = ready.generation_config
    told = arguments(trial, ready.generation_config)
    told |= plain(ready.generation_config)  # guesses go in several at once
    ready.meter.start(answer=along)
    answer = ready.model.generate(
        **inputs_of(ready, trial, Common(ready.prompt.ids)),
        output_logits=True,
        return_dict_in_generate=True,
        streamer=streamer,
        **told,
    )
    ready.meter.start()
    return answer.sequences, torch.cat([step.float() for step in answer.logits])


def _at_once(ready: Ready, sequence: torch.Tensor, tokens: int, *, use_cache: bool) -> torch.Tensor:
    """Return the logits before the last ``tokens`` of ``sequence``, by one forward pass."""
    model, past = ready.model, tuple(sequence[0, -tokens:-1].tolist())
    prompt = Common(ready.prompt.ids, past)
    decoded: dict[str, Any] = {}
    if model.config.is_encoder_decoder:
        decoded, past = {"decoder_input_ids": sequence[:, :-1]}, ()
    if "logits_to_keep" in inspect.signature(model.forward).parameters:
        decoded["logits_to_keep"] = tokens
    trial = Trial(ready.card.subject, Cache.OFF, Purpose.EQUALITY, tokens, ahead=len(past))
    logits: torch.Tensor = model(
        **inputs_of(ready, trial, prompt), **decoded, use_cache=use_cache
    ).logits
    return logits[0, -tokens:].float()


@contextmanager
def _full_precision() -> Iterator[None]:
    """Multiply float32 as float32: TF32 alone differs more than a sound cache does."""
    products, convolutions = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(products)
        torch.backends.cudnn.allow_tf32 = convolutions
