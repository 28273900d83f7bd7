"""What timing each step costs: generate() with our stopwatch against plain generate().

Interleaved pairs on one thread, in alternating order, and pairs of plain against plain for the
noise. CPU time of the thread is the figure to trust on a machine with other work; wall time is
shown beside it. Run: python benchmarks/step_instrument.py [--model DIR] [--pairs N] [--tokens N]
"""

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.measure.protocol import Stepped, encode
from slowlens.measure.worker.arguments import arguments
from slowlens.measure.worker.detokenizer import Detokenizer
from slowlens.measure.worker.device import choose, synchronize
from slowlens.measure.worker.loading import Ready, load
from slowlens.measure.worker.stopwatch import Stopwatch
from slowlens.measure.worker.trial import generate


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one generation."""

    cpu: float
    wall: float


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a checkpoint (default: a tiny random Llama)")
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--tokens", type=int, default=128, help="new tokens of a generation")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = asked.model or _tiny(Path(folder))
        device = choose(asked.device, threads=1)
        ready = load(Plan(str(model)), Subject.MERGED, device, ())
        _report(ready, asked.pairs, asked.tokens)


def _report(ready: Ready, pairs: int, tokens: int) -> None:
    trial = Trial(Subject.MERGED, Cache.ON, Purpose.SPEED, tokens)
    plain, timed = partial(_plain, ready, trial), partial(_timed, ready, trial)
    plain()
    timed()
    noise, cost = _pairs(plain, plain, pairs), _pairs(plain, timed, pairs)
    step = median(first.cpu for first, _ in noise) / tokens
    print(f"{ready.card.path}: {pairs} pairs, {tokens} tokens, {step * 1e6:.0f} µs CPU per token")
    print(f"{'against plain generate()':<26}{'CPU µs per token':>26}{'CPU %':>26}{'wall %':>26}")
    for name, found in (("plain again: the noise", noise), ("stopwatch and reports", cost)):
        added = [(b.cpu - a.cpu) / tokens * 1e6 for a, b in found]
        cpu = [100 * (b.cpu / a.cpu - 1) for a, b in found]
        wall = [100 * (b.wall / a.wall - 1) for a, b in found]
        print(f"{name:<26}{_spread(added):>26}{_spread(cpu):>26}{_spread(wall):>26}")
    print("median (quartiles) of the pairs")


def _pairs(
    first: Callable[[], None], second: Callable[[], None], pairs: int
) -> list[tuple[Cost, Cost]]:
    """Run both alternately, every other time in the other order."""
    found = []
    for number in range(pairs):
        if number % 2:
            after, before = _cost(second), _cost(first)
        else:
            before, after = _cost(first), _cost(second)
        found.append((before, after))
    return found


def _cost(action: Callable[[], None]) -> Cost:
    gc.collect()
    gc.disable()
    cpu, wall = time.thread_time(), time.perf_counter()
    action()
    cost = Cost(time.thread_time() - cpu, time.perf_counter() - wall)
    gc.enable()
    return cost


def _plain(ready: Ready, trial: Trial) -> None:
    """Generate as a user would, without a streamer and without the meter."""
    metered = vars(ready.model).pop("prepare_inputs_for_generation")
    ids = torch.tensor([ready.prompt.ids], device=ready.device)
    told = arguments(trial, ready.model.generation_config)
    ready.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), **told)
    synchronize(ready.device)
    ready.model.prepare_inputs_for_generation = metered


def _timed(ready: Ready, trial: Trial) -> None:
    """Generate with the stopwatch, and write its reports as the worker does."""
    with Path(os.devnull).open("wb", buffering=0) as nowhere:

        def report(steps: Sequence[Step], text: str) -> None:
            nowhere.write(encode(Stepped(0, tuple(steps), text)))

        watch = Stopwatch(ready.meter, Detokenizer(ready.prompt.decode), report)
        watch.start()
        generate(ready, trial, watch)
        synchronize(ready.device)
        watch.finish()


def _spread(values: Sequence[float]) -> str:
    low, middle, high = quantiles(values, n=4)
    return f"{middle:+.2f} ({low:+.2f} to {high:+.2f})"


def _tiny(folder: Path) -> Path:
    """Save a random Llama whose step takes about a millisecond."""
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


if __name__ == "__main__":
    main()
