"""One trial: the real ``generate()`` with a stopwatch in its hands."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from slowlens.facts.live.device import Profile
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Trial
from slowlens.frozen import replace
from slowlens.measure.events import Event, Profiled, Stepped, TrialFinished, TrialStarted
from slowlens.measure.worker.arguments import guesses
from slowlens.measure.worker.calling import OWN_PROMPT, generate, inputs_of, streamed
from slowlens.measure.worker.detokenizer import Detokenizer
from slowlens.measure.worker.device import memory_peak, reset_memory_peak, synchronize
from slowlens.measure.worker.loading import Ready
from slowlens.measure.worker.plans import Pace, in_new_thread, without_plans
from slowlens.measure.worker.profiling import Recording
from slowlens.measure.worker.ranks import agreed, meet, place
from slowlens.measure.worker.sequence import Common, within
from slowlens.measure.worker.stopwatch import Stopwatch
from slowlens.measure.worker.weighing import cache_size

PLANNED = 1.2
"""How many times as long a step at a new length takes from which plans are worth a look."""
REFUSED = "generate() refuses these settings: look at the checkpoint's generation_config.json."


def run(
    ready: Ready, trial: Trial, common: Common, index: int, send: Callable[[Event], None]
) -> None:
    """Run one trial and report its steps as they end."""

    def report(steps: Sequence[Step], text: str) -> None:
        send(Stepped(index, tuple(steps), text))

    inputs = inputs_of(ready, trial, common)
    watch = Stopwatch(ready.meter, Detokenizer(_decoder(ready)), report)
    streamer = watch if streamed(ready, trial) else None
    with no_collection():
        _listen(ready, trial, common, watch)
        synchronize(ready.device)
        meet("start")
        prompt, pictured = inputs["input_ids"].shape[1], ready.prompt.image_tokens
        send(TrialStarted(index, prompt, perf_counter(), pictured))
        began = watch.start()
        sequence = _anew(ready, trial, lambda: generate(ready, trial, inputs, streamer))
        synchronize(ready.device)
        ended = perf_counter()
        watch.finish(ended, sequence)
    peak = memory_peak(ready.device)
    passes, gpu = ready.meter.passes or None, watch.gpu_seconds()
    finish = _finish(ready, trial, watch)
    kept, ready.meter.cache = ready.meter.cache, None
    size = None if kept is None else cache_size(kept)
    send(TrialFinished(index, ended - began, finish, peak, ready.meter.rows, size, gpu, passes))


def record(ready: Ready, trial: Trial, common: Common, send: Callable[[Event], None]) -> None:
    """Run one trial under the profiler and report what the GPU did."""
    inputs = inputs_of(ready, trial, common)

    def paced() -> float:
        pace = Pace()
        _listen(ready, trial, common)
        generate(ready, trial, inputs, pace)
        return pace.seconds

    def recorded() -> Profile:
        recording = Recording(ready.device)
        _listen(ready, trial, common)
        generate(ready, trial, inputs, recording)
        return recording.finish(trial)

    if compiled(ready, trial):
        send(Profiled(recorded()))
        return
    found = in_new_thread(ready.device, lambda: (paced(), paced(), recorded()))
    fresh, again, profile = found
    other = None
    if agreed("plans", fresh > PLANNED * again):
        with without_plans():
            other = in_new_thread(ready.device, paced)
    send(Profiled(replace(profile, fresh=fresh, again=again, without_plans=other)))


def compiled(ready: Ready, trial: Trial) -> bool:
    """Whether the step may be compiled: what is compiled belongs to the thread that did it."""
    if trial.cache is Cache.OFF:
        return False
    kind = str(getattr(ready.generation_config, "cache_implementation", None) or "")
    return trial.cache is Cache.STATIC or kind not in ("", "dynamic", "dynamic_full")


def _anew(ready: Ready, trial: Trial, action: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Run a trial as a new process would, whatever others have planned; see ``plans``."""
    return action() if compiled(ready, trial) else in_new_thread(ready.device, action)


def _decoder(ready: Ready) -> Callable[[Sequence[int]], str]:
    """Only the first process needs text: others that stop to decode would hold up its step."""
    return (lambda _: "") if place().rank else ready.prompt.decode


def _listen(ready: Ready, trial: Trial, common: Common, watch: Stopwatch | None = None) -> None:
    """Have the meter count, and all timed trials go on with the same answer."""
    answer: tuple[int, ...] = ()
    led = trial.purpose not in OWN_PROMPT and not guesses(trial, ready.generation_config)
    if led and common.answer:
        longest = trial.ahead + trial.new_tokens
        answer = within(common.ahead(longest)[trial.ahead :], ready.vocabulary)
    ready.meter.start(steps=trial.new_tokens, answer=answer, watch=watch)
    reset_memory_peak(ready.device)


def _finish(ready: Ready, trial: Trial, watch: Stopwatch) -> Finish:
    ends = ready.generation_config.eos_token_id
    ended = watch.last_token in (ends if isinstance(ends, list) else [ends])
    if trial.purpose is Purpose.LENGTH and (ended or watch.steps < trial.new_tokens):
        return Finish.EOS
    return Finish.LENGTH


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect garbage before, not in the middle of a step, where it would count as its time."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
