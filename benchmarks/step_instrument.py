"""What timing each step costs: the whole instrument against plain generate(), a few steps each.

Within one generate() blocks of steps take turns, A B B A: plain is generate() as a user calls it;
the other has the meter, the sequence that all trials share, the stopwatch, and reports written to
a pipe. They lie so close together that most of what makes a machine slow for a while is in both. A
generation all of whose blocks are plain shows the noise of that. Then some generations with the
instrument on throughout: which part of the wall time of generate() their steps add up to.

Shown are medians with quartiles and a 95 % interval of the median (by order statistics: no shape
of the noise is assumed). With the live page open: page_instrument.py.

    python benchmarks/step_instrument.py [--model DIR | --shape NAME] [--device cuda]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from shared.generating import Cost, Generating, parser, plan_of
from shared.ratios import HEAD, row
from shared.turns import Turns

from slowlens.facts.live.plan import Plan
from slowlens.measure.events import Event
from slowlens.measure.protocol import encode


def main() -> None:
    """Measure and print the table."""
    options = parser(__doc__)
    options.add_argument("--tokens", type=int, default=256, help="new tokens of a generation")
    options.add_argument("--block", type=int, default=4, help="steps until the other's turn")
    options.add_argument("--generations", type=int, default=40, help="with blocks in turns")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, _reader() as into:
        plan = plan_of(asked, Path(folder))

        def send(event: Event) -> None:
            os.write(into, encode(event))

        _measure(plan, Generating(plan, send), asked)


@contextmanager
def _reader() -> Iterator[int]:
    """Give a pipe to another process, which throws everything away."""
    read = "import sys; all(iter(lambda: sys.stdin.buffer.read1(65536), b''))"
    reader = subprocess.Popen((sys.executable, "-c", read), stdin=subprocess.PIPE)
    assert reader.stdin
    try:
        yield reader.stdin.fileno()
    finally:
        reader.stdin.close()
        reader.wait()


def _measure(plan: Plan, bench: Generating, asked: argparse.Namespace) -> None:
    bench.warm_up()
    turns = Turns(bench, asked.block, 0, lambda _: None)
    noise, cost, whole = list[float](), list[float](), list[Cost]()
    for instrument, ratio in turns.ratios(asked.generations, asked.seconds):
        (cost if instrument else noise).append(ratio)
        whole.append(bench.instrumented())
    step = median(one.wall for one in whole) / plan.new_tokens
    print(
        f"{Path(plan.merged).name}: {len(whole)} generations of {plan.new_tokens} tokens, blocks "
        f"of {asked.block}, cache {plan.settings[0]}, {plan.device}, {step * 1e3:.3f} ms per token"
    )
    print(HEAD)
    print(row(f"plain again: the noise, {len(noise)}", noise))
    print(row(f"the whole instrument, {len(cost)}", cost))
    _say_sum(whole)


def _say_sum(whole: Sequence[Cost]) -> None:
    shares = [100 * one.steps / one.wall for one in whole if one.steps is not None]
    low, middle, _ = quantiles(shares, n=4) if len(shares) > 1 else [shares[0]] * 3
    print(
        f"the steps add up to {middle:.2f} % of generate() "
        f"(lower quartile {low:.2f} %, least {min(shares):.2f} %)"
    )


if __name__ == "__main__":
    main()
