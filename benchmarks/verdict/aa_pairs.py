"""One model against itself: how often does the verdict cry wolf on a real machine?

Each pair is six runs in the order of a plan (A B B A A B); both sides are the same model with the
same setting. Prints what the verdict says of each pair, and writes what
tools/calibrate_verdict.py --real takes.

    python benchmarks/verdict/aa_pairs.py OUT.json --machine "8 words on it" [--pairs 20]
"""

import argparse
import gc
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.facts.live.verdict import judge
from slowlens.gather.shapes import shape_folder
from slowlens.measure.events import Event, Stepped
from slowlens.measure.worker.device import choose
from slowlens.measure.worker.loading import load
from slowlens.measure.worker.sequence import Common
from slowlens.measure.worker.trial import run
from slowlens.measure.worker.warmup import warm_up

ORDER = "ABBAAB"


def main() -> None:
    """Measure and print."""
    asked = _asked()
    with tempfile.TemporaryDirectory() as folder:
        made_up = asked.model is None
        path = shape_folder(asked.shape, 0, Path(folder, "m")) if made_up else asked.model
        plan = Plan(str(path), random_weights=made_up, device=asked.device, threads=1)
        tpot = _timer(plan, Trial(Subject.MERGED, Cache(asked.cache), Purpose.SPEED, asked.tokens))
        pairs, outcomes = [], Counter[str]()
        for _ in range(asked.pairs):
            pair = _pair(asked.machine, [tpot() for _ in ORDER])
            pairs.append(pair)
            asked.out.write_text(json.dumps(pairs, indent=1) + "\n")
            verdict = judge(pair["a"], pair["b"])
            outcomes[verdict.outcome.value] += 1
            print(f"{verdict.outcome}: {verdict.reason}", flush=True)
    print(dict(outcomes))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--machine", required=True, help="what it is, for the page")
    parser.add_argument("--model", type=Path, help="a checkpoint (default: a shape, made up)")
    parser.add_argument("--shape", default="smollm2-135m")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--cache", choices=("on", "off", "static"), default="on")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=20)
    return parser.parse_args()


def _timer(plan: Plan, trial: Trial) -> Callable[[], float]:
    """Load and warm up; return what runs the trial once and gives its time per token."""
    ready = load(plan, trial.subject, choose(plan.device, plan.threads), (), lambda _: None)
    common = Common(ready.prompt.ids, ready.prompt.ids)
    warm_up(ready, trial, common)
    gc.collect()
    gc.freeze()  # as the worker does: a run begins with a collection

    def tpot() -> float:
        seconds: list[float] = []

        def listen(event: Event) -> None:
            if isinstance(event, Stepped):
                seconds.extend(step.seconds for step in event.steps)

        run(ready, trial, common, 0, listen)
        return sum(seconds[1:]) / len(seconds[1:])

    return tpot


def _pair(machine: str, times: list[float]) -> dict[str, Any]:
    sides = {side: [t for t, s in zip(times, ORDER, strict=True) if s == side] for side in "AB"}
    return {"machine": machine, "a": sides["A"], "b": sides["B"]}


if __name__ == "__main__":
    main()
