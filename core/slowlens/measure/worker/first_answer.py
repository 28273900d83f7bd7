"""The answer that all timed trials go on with, and what there is to do before the first of them."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Trial
from slowlens.measure.events import Event, Probed, Stepped, WarmingUp
from slowlens.measure.worker.failure import during
from slowlens.measure.worker.loading import Ready
from slowlens.measure.worker.peaks import peaks
from slowlens.measure.worker.ranks import PartedError, agreed
from slowlens.measure.worker.sequence import LONGEST_ANSWER, Common, common_prompt
from slowlens.measure.worker.tensors import textual
from slowlens.measure.worker.together import together
from slowlens.measure.worker.trial import REFUSED, run


def first_answer(ready: Ready, plan: Plan, send: Callable[[Event], None]) -> Common:
    """Have the first model write it, after a look at what the device can do at best."""

    def text(ids: Sequence[int]) -> Sequence[int]:
        return textual(ids, ready.model.config) if ready.prompt.tensors else ids

    prompt = common_prompt(text(ready.prompt.ids), plan.prompt_tokens)
    length = min(LONGEST_ANSWER, plan.new_tokens)
    trial = Trial(ready.card.subject, Cache.ON, Purpose.SPEED, length)
    tokens: list[int] = []

    def listen(event: Event) -> None:
        if isinstance(event, Stepped):
            tokens.extend(step.token for step in event.steps)

    send(WarmingUp(trial.subject, trial.cache))
    with suppress(WorkerError), during("probing the device", ready.device, REFUSED):
        send(Probed(peaks(ready.device, ready.model.dtype)))
    _tried(ready, lambda: run(ready, trial, Common(prompt), 0, listen))
    return Common(prompt, tuple(text(agreed("first answer", tokens))))


def _tried(ready: Ready, action: Callable[[], None]) -> None:
    """Pass over what all processes refuse: their trials will tell."""

    def warm_up() -> None:
        with during("warming up", ready.device, REFUSED):
            action()

    try:
        together("first answer", warm_up)
    except PartedError:
        raise
    except WorkerError:
        return
