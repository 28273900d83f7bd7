"""How far off is the prediction of a run without the cache? Both in turns, each in a new process.

Each round predicts a run from its probes as `slowlens measure` does, and waits for one as `slowlens
measure --full` does; every other round the other way round. A process that has seen a length before
is faster at it. Prints the error of each round, and the share of the work that the probes did.

    python benchmarks/prediction.py [--shape smollm2-135m] [--layers 6] [--device cuda] [--rounds 6]

What slows the machine down for a minute is part of the error: probes cannot know it.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from slowlens.cli.measuring import failure, follow
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.prediction import Predicted, predictions
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.frozen import replace
from slowlens.gather.shapes import shape_folder

NEAR = 0.05


def main() -> None:
    """Measure and print."""
    asked = _asked()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(
            str(shape_folder(asked.shape, asked.layers, Path(folder, asked.shape))),
            random_weights=True,
            device=asked.device,
            dtype=asked.dtype,
            threads=1,
            new_tokens=asked.tokens,
            prompt_tokens=asked.prompt_tokens,
            rounds=asked.rounds,
            settings=(Cache.OFF,),
            answer_tokens=0,
            equality_tokens=0,
        )
        layers = f"{asked.layers} layers" if asked.layers else "all layers"
        print(
            f"{asked.shape}, {layers}, {asked.dtype or 'its own dtype'}, {asked.device}: "
            f"{asked.tokens} after {asked.prompt_tokens}"
        )
        errors = []
        for foretold, waited in _rounds(plan):
            errors.append(foretold.total / waited.total_seconds - 1)
            print(
                f"predicted {foretold.total:.2f} s from {100 * foretold.work:.1f} % of the work, "
                f"waited for {waited.total_seconds:.2f} s: {100 * errors[-1]:+.1f} %",
                flush=True,
            )
        near = sum(abs(error) <= NEAR for error in errors)
        print(f"median {100 * median(errors):+.1f} %; {near} of {len(errors)} within 5 %")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="smollm2-135m")
    parser.add_argument("--layers", type=int, default=6, help="of the shape, 0 for all (6)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="", help="instead of the shape's own")
    parser.add_argument("--prompt-tokens", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=6)
    return parser.parse_args()


def _rounds(plan: Plan) -> Iterator[tuple[Predicted, Generation]]:
    """Yield what the probes of a round foretell, and the run that was waited for."""
    whole = replace(plan, full=True)
    for number in range(plan.rounds):
        order = (whole, plan) if number % 2 else (plan, whole)
        found = {each.full: _measured(replace(each, rounds=1)) for each in order}
        (foretold,) = predictions(found[False], Subject.MERGED, Cache.OFF)
        (waited,) = found[True].find(Subject.MERGED, Cache.OFF, Purpose.SPEED)
        yield foretold, waited


def _measured(plan: Plan) -> Measurement:
    found = follow(plan, lambda _: None)
    if failed := failure(found):
        raise failed
    if found.status is Status.STOPPED:
        sys.exit(130)
    return found


if __name__ == "__main__":
    main()
