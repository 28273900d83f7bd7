"""One model that generates, plainly or with the whole instrument around it."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from shared.tiny import tiny_llama

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.gather.shapes import shape_folder
from slowlens.measure.events import Event, Loaded, Loading, Stepped, WarmingUp

WARM = 3
SEAMS = (
    *("prepare_inputs_for_generation", "_update_model_kwargs_for_generation"),
    "_get_stopping_criteria",
)
"""Where the meter listens; see ``slowlens.measure.worker.metered``."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one generate(), and what its steps add up to."""

    cpu: float
    wall: float
    steps: float | None = None


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the options for which model, and how often."""
    asked = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--model", type=Path, help="a checkpoint (default: a tiny random Llama)")
    asked.add_argument("--shape", help="a shape of `slowlens measure --shape`, made up")
    asked.add_argument("--layers", type=int, default=0, help="of the shape (default: all)")
    asked.add_argument("--dtype", default="", help="instead of the checkpoint's own")
    asked.add_argument("--device", default="cpu")
    asked.add_argument("--threads", type=int, default=1, help="of torch")
    asked.add_argument("--seconds", type=float, default=1e9, help="begin no more after this long")
    asked.add_argument("--prompt-tokens", type=int, default=0)
    asked.add_argument("--cache", choices=["on", "static"], default="on")
    return asked


def plan_of(asked: argparse.Namespace, folder: Path) -> Plan:
    """Return what is asked for; a model that is made up lies in ``folder``."""
    model = asked.model or folder / (asked.shape or "tiny random Llama")
    if asked.shape:
        shape_folder(asked.shape, asked.layers, model)
    elif not asked.model:
        tiny_llama(model)
    return Plan(
        str(model),
        device=asked.device,
        threads=asked.threads,
        new_tokens=asked.tokens,
        prompt_tokens=asked.prompt_tokens,
        settings=(Cache(asked.cache),),
        dtype=asked.dtype,
        random_weights=bool(asked.shape),
    )


class Generating:
    """Loads the model as the worker does."""

    def __init__(self, plan: Plan, send: Callable[[Event], None]) -> None:
        import torch

        from slowlens.measure.worker import trial
        from slowlens.measure.worker.device import choose
        from slowlens.measure.worker.loading import load
        from slowlens.measure.worker.sequence import Common, common_prompt

        # a trial runs in a new thread, where cuDNN would plan its attention anew: plain would not
        torch.backends.cuda.enable_cudnn_sdp(False)
        self._module, self._send = trial, send
        device = choose(plan.device, plan.threads)
        send(Loading(Subject.MERGED, plan.merged, 0))
        self._ready = load(plan, Subject.MERGED, device, (), lambda _: None)
        send(Loaded(self._ready.card))
        self.trial = Trial(Subject.MERGED, plan.settings[0], Purpose.SPEED, plan.new_tokens)
        prompt = common_prompt(self._ready.prompt.ids, plan.prompt_tokens)
        # any tokens that the model did not choose will do
        self._common = Common(prompt, tuple(reversed(prompt)))

    @property
    def model(self) -> Any:  # noqa: ANN401
        """The one of transformers, with a meter on it."""
        return self._ready.model

    @property
    def meter(self) -> Any:  # noqa: ANN401
        """What listens at its seams."""
        return self._ready.meter

    def warm_up(self) -> None:
        """Load lazily, compile and tune."""
        self._send(WarmingUp(Subject.MERGED, self.trial.cache))
        for _ in range(WARM):
            self.plain()
            self.instrumented(lambda _: None)

    def plain(self) -> Cost:
        """Generate as a user would."""
        ready = self._ready
        ready.meter.start()
        inputs = self._module.inputs_of(ready, self.trial, self._common)
        with bare(ready.model), self._module.no_collection():
            return self._cost(partial(self._module.generate, ready, self.trial, inputs, None))

    def instrumented(self, send: Callable[[Event], None] | None = None) -> Cost:
        """Run a trial as the worker does."""
        tell, costs, steps = send or self._send, list[Cost](), list[float]()
        generate = self._module.generate

        def clocked(*given: object) -> object:
            found: list[object] = []
            costs.append(self._cost(lambda: found.append(generate(*given))))
            return found[0]

        def follow(event: Event) -> None:
            if isinstance(event, Stepped):
                steps.extend(step.seconds for step in event.steps)
            tell(event)

        with patch.object(self._module, "generate", clocked):
            self._module.run(self._ready, self.trial, self._common, 0, follow)
        return Cost(costs[0].cpu, costs[0].wall, sum(steps))

    def _cost(self, action: Callable[[], object]) -> Cost:
        from slowlens.measure.worker.device import synchronize

        synchronize(self._ready.device)
        cpu, wall = time.thread_time(), time.perf_counter()
        action()
        synchronize(self._ready.device)
        return Cost(time.thread_time() - cpu, time.perf_counter() - wall)


@contextmanager
def bare(model: object) -> Iterator[None]:
    """Take the meter off."""
    wrappers = {name: vars(model).pop(name) for name in SEAMS}
    try:
        yield
    finally:
        vars(model).update(wrappers)
