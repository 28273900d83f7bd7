"""One trial: the real ``generate()`` with a stopwatch in its hands."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import Any

import torch

from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Trial
from slowlens.measure.protocol import Event, Stepped, TrialFinished, TrialStarted
from slowlens.measure.worker.arguments import arguments
from slowlens.measure.worker.detokenizer import Detokenizer
from slowlens.measure.worker.device import synchronize
from slowlens.measure.worker.failure import during
from slowlens.measure.worker.loading import Ready
from slowlens.measure.worker.stopwatch import Stopwatch

_WARM_UP_TOKENS = 2
_REFUSED = "generate() refuses these settings: look at the checkpoint's generation_config.json."


class _Enough(Exception):  # noqa: N818 - it ends a warm-up, nothing is wrong
    pass


class _WarmUp:
    """Ends a generation after some tokens.

    To ask for fewer tokens instead would compile a static cache of another length.
    """

    def __init__(self) -> None:
        self._calls = 0

    def put(self, _: object) -> None:
        self._calls += 1
        if self._calls > _WARM_UP_TOKENS:
            raise _Enough

    def end(self) -> None:
        pass


def warm_up(ready: Ready, new_tokens: int) -> None:
    """Generate a little, unreported: the first call pays for weights that are not read yet."""
    trial = Trial(ready.card.subject, Cache.ON, Purpose.SPEED, new_tokens)
    what = f"warming up {trial.subject}"
    with during(what, ready.device, _REFUSED), suppress(_Enough):
        generate(ready, trial, _WarmUp())


def run(ready: Ready, trial: Trial, index: int, send: Callable[[Event], None]) -> None:
    """Run one trial and report its steps as they end."""

    def report(steps: Sequence[Step], text: str) -> None:
        send(Stepped(index, tuple(steps), text))

    watch = Stopwatch(ready.meter, Detokenizer(ready.prompt.decode), report)
    send(TrialStarted(index, len(ready.prompt.ids), perf_counter()))
    with during(f"generating with {trial.label}", ready.device, _REFUSED), _no_collection():
        synchronize(ready.device)
        began = watch.start()
        generate(ready, trial, watch)
        synchronize(ready.device)
        seconds = perf_counter() - began
        watch.finish()
    send(TrialFinished(index, seconds, _finish(ready, trial, watch)))


def generate(ready: Ready, trial: Trial, streamer: object) -> None:
    """Call the model's own ``generate()`` as the trial asks."""
    ids = torch.tensor([ready.prompt.ids], device=ready.device)
    told: dict[str, Any] = arguments(trial, ready.model.generation_config)
    if trial.purpose is Purpose.LENGTH:
        told["tokenizer"] = ready.prompt.tokenizer  # to look for stop strings
    ready.model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), streamer=streamer, **told
    )


def _finish(ready: Ready, trial: Trial, watch: Stopwatch) -> Finish:
    ends = ready.model.generation_config.eos_token_id
    ended = watch.last_token in (ends if isinstance(ends, list) else [ends])
    if trial.purpose is Purpose.LENGTH and (ended or watch.steps < trial.new_tokens):
        return Finish.EOS
    return Finish.LENGTH


@contextmanager
def _no_collection() -> Iterator[None]:
    """Collect garbage before, not in the middle of a step, where it would count as its time."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
