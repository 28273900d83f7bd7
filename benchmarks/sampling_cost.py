"""What being looked at costs a model that generates: with the sampler in the parent, and without.

A child generates with a tiny random Llama, or with a checkpoint; it times each whole generation
itself, wall time and CPU time. In the parent the sampler runs, or does not. Interleaved pairs in
alternating order, and pairs without any sampler for the noise. On a machine with a GPU:
--device cuda. Run: python benchmarks/sampling_cost.py [--model DIR] [--device cuda] [--pairs N]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

from shared.tiny import tiny_llama

from slowlens.facts.environment import Device
from slowlens.facts.live.measurement import LoadedModel
from slowlens.measure.sampler import INTERVAL, Sampler, Samples

PATIENCE = 60.0
"""Seconds to wait for the first look."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one generation: as the child timed it, its CPU time, and that of the parent."""

    wall: float
    cpu: float
    parent: float


class Child:
    """A process that generates when told to."""

    def __init__(self, model: Path, device: str, tokens: int) -> None:
        command = [sys.executable, __file__, "--child", "--model", str(model)]
        command += ["--device", device, "--tokens", str(tokens)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.device = Device(**self._answer())

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def generate(self) -> Cost:
        """Generate once."""
        assert self._process.stdin
        begun = time.process_time()
        self._process.stdin.write("go\n")
        answer = self._answer()
        return Cost(answer["wall"], answer["cpu"], time.process_time() - begun)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _answer(self) -> dict:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


def main() -> None:
    """Measure and print the table, or be the child."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a checkpoint (default: a tiny random Llama)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=768, help="new tokens of a generation")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _work(asked.model, asked.device, asked.tokens)
        return
    with tempfile.TemporaryDirectory() as folder:
        child = Child(asked.model or tiny_llama(Path(folder)), asked.device, asked.tokens)
        try:
            _report(child, asked.pairs)
        finally:
            child.close()


def _report(child: Child, pairs: int) -> None:
    looks: list[Samples] = []
    plain, watched = child.generate, partial(_watched, child, looks)
    plain()
    watched()
    noise, cost = _pairs(plain, plain, pairs), _pairs(plain, watched, pairs)
    wall = median(first.wall for first, _ in noise)
    print(f"{child.device.name}: {pairs} pairs of generations of {wall:.2f} s each")
    print(f"{'against nobody looking':<26}{'wall %':>26}{'CPU %':>26}{'parent, % of a core':>26}")
    for name, found in (("nobody again: the noise", noise), ("the sampler", cost)):
        walls = [100 * (b.wall / a.wall - 1) for a, b in found]
        cpus = [100 * (b.cpu / a.cpu - 1) for a, b in found]
        cores = [100 * (b.parent / b.wall) for _, b in found]
        print(f"{name:<26}{_spread(walls):>26}{_spread(cpus):>26}{_spread(cores):>26}")
    print("median (quartiles) of the pairs")
    _say_looks(looks)


def _say_looks(looks: Sequence[Samples]) -> None:
    """Say how far apart looks were: what is beyond the interval is what one takes."""
    times = [sorted({sample.at for sample in found}) for found in looks]
    gaps = [b - a for found in times for a, b in pairwise(found)]
    if not gaps:
        print("generations were too short for two looks: ask for more --tokens")
        return
    took = [1000 * (gap - INTERVAL) for gap in gaps]
    print(f"{len(gaps)} looks; each took {_spread(took)} ms longer than the {INTERVAL} s between")
    print(f"the last one: {looks[-1][-1]}")


def _watched(child: Child, looks: list[Samples]) -> Cost:
    with _sampler(child) as (sampler, given):
        cost = child.generate()
        looks.append((*(sample for found in given for sample in found), *sampler.stop()))
    return cost


@contextmanager
def _sampler(child: Child) -> Iterator[tuple[Sampler, list[Samples]]]:
    """Start it and let it find its feet: a run does that while the model is loaded."""
    given: list[Samples] = []
    with Sampler(child.pid, given.append) as sampler:
        sampler.watch(LoadedModel("merged", "", 0.0, child.device, "", "", 0))
        last = time.monotonic() + PATIENCE
        while not given:
            if time.monotonic() > last:
                raise SystemExit(f"There was no look at the machine within {PATIENCE:.0f} s.")
            time.sleep(0.01)
        given.clear()
        yield sampler, given


def _pairs(
    first: Callable[[], Cost], second: Callable[[], Cost], pairs: int
) -> list[tuple[Cost, Cost]]:
    """Run both alternately, every other time in the other order."""
    found = []
    for number in range(pairs):
        if number % 2:
            after, before = second(), first()
        else:
            before, after = first(), second()
        found.append((before, after))
    return found


def _spread(values: Sequence[float]) -> str:
    low, middle, high = quantiles(values, n=4)
    return f"{middle:+.2f} ({low:+.2f} to {high:+.2f})"


def _work(path: Path, name: str, tokens: int) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from slowlens.measure.worker.device import choose, describe, synchronize

    device = choose(name, threads=1)
    model = AutoModelForCausalLM.from_pretrained(path, dtype="auto").to(device).eval()
    ids = torch.arange(32, device=device)[None]
    told = {"min_new_tokens": tokens, "max_new_tokens": tokens, "do_sample": False}
    found = describe(device)
    print(json.dumps({n: getattr(found, n) for n in found.__match_args__}), flush=True)
    for _ in sys.stdin:
        synchronize(device)
        cpu, wall = time.process_time(), time.perf_counter()
        model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), **told)
        synchronize(device)
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
