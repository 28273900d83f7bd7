"""Fill the tables of docs/verdict-calibration.md.

    python tools/calibrate_verdict.py                   simulates, for about two minutes
    python tools/calibrate_verdict.py --real FILE.json  writes what real pairs of equal work gave

The file holds a list of {"machine": name, "a": [seconds per token of each run], "b": [...]}. What
is judged is the verdict of the product itself, not a copy of it.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import betaincinv

from slowlens.facts.live.growth import growth
from slowlens.facts.live.statistics import geometric_ratio
from slowlens.facts.live.verdict import Outcome, Verdict, judge, times

PAGE = Path(__file__).parents[1] / "docs" / "verdict-calibration.md"
RATIOS = (1.0, 1.05, 1.1, 1.2, 1.5, 2.0)
RUNS = (3, 5, 8)
REPEATS = 10_000
SEED = 20_260_101
REFERENCE = 0.030
"""Seconds per token, so that a tenth is far above the absolute floor of the verdict."""

Noise = NDArray[np.float64]
"""Natural logarithms of what each run took too long; at the end an axis for runs in their order."""
Source = Callable[[np.random.Generator, tuple[int, int]], Noise]
"""Noise of so many series of so many runs."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of machine, and how the runs of both sides are laid out on it."""

    name: str
    source: Source
    interleaved: bool = True
    twin: bool = False
    """Whether a third kind of trial does the work of the reference beside it."""


def even(cv: float) -> Source:
    """Return independent log-normal noise."""
    width = float(np.sqrt(np.log1p(cv**2)))
    return lambda rng, shape: rng.normal(0, width, shape)


def heavy(scale: float) -> Source:
    """Return Student's t with three degrees of freedom: now and then a run is far off."""
    return lambda rng, shape: scale * rng.standard_t(3, shape)


def drifting(width: float, phi: float) -> Source:
    """Return a first-order autoregression from run to run, and 2 % of independent noise."""
    return partial(_drift, width=width, phi=phi)


def _drift(rng: np.random.Generator, shape: tuple[int, int], *, width: float, phi: float) -> Noise:
    shocks = rng.normal(0, width * np.sqrt(1 - phi**2), shape)
    shocks[:, 0] = rng.normal(0, width, shape[0])
    return lfilter([1], [1, -phi], shocks, axis=1) + rng.normal(0, 0.02, shape)


def switching(factor: float, stay: float) -> Source:
    """Return full speed or ``factor`` times slower, for ``stay`` runs on average; 2 % of noise."""
    return partial(_switch, factor=factor, stay=stay)


def _switch(
    rng: np.random.Generator, shape: tuple[int, int], *, factor: float, stay: float
) -> Noise:
    changes = rng.random(shape) < 1 / stay
    changes[:, 0] = rng.random(shape[0]) < 0.5
    slow = np.cumsum(changes, axis=1) % 2
    return slow * np.log(factor) + rng.normal(0, 0.02, shape)


SCENARIOS = (
    *(Scenario(f"even noise, CV {100 * cv:.0f} %", even(cv)) for cv in (0.01, 0.05, 0.10, 0.20)),
    Scenario("heavy tails, scale 3 %", heavy(0.03)),
    Scenario("heavy tails, scale 8 %", heavy(0.08)),
    Scenario("drift of 5 %", drifting(0.05, 0.9)),
    Scenario("drift of 15 %", drifting(0.15, 0.9)),
    Scenario("switches, 1.3 times", switching(1.3, 12)),
    Scenario("switches, 1.6 times", switching(1.6, 12)),
    Scenario("switches, 1.3 times, equal work beside it", switching(1.3, 12), twin=True),
    Scenario("drift of 15 %, all A before all B", drifting(0.15, 0.9), interleaved=False),
    Scenario("switches, 1.3 times, all A before all B", switching(1.3, 12), interleaved=False),
)


def rates(
    scenario: Scenario, runs: int, ratio: float, repeats: int = REPEATS, seed: int = SEED
) -> tuple[float, float]:
    """Return the shares of FAIL and of INCONCLUSIVE when ``ratio`` is true."""
    rng = np.random.default_rng(seed)
    kinds = 3 if scenario.twin else 2
    series = scenario.source(rng, (repeats, kinds * runs))
    seconds = REFERENCE * np.exp(series[:, _places(runs, kinds, scenario.interleaved)])
    counts = Counter(_judged(ratio, *kinds) for kinds in seconds.tolist())
    return counts[Outcome.FAIL] / repeats, counts[Outcome.INCONCLUSIVE] / repeats


def _judged(ratio: float, ours: list[float], theirs: list[float], *twin: list[float]) -> Outcome:
    apart = geometric_ratio(theirs, twin[0]) if twin else 1.0
    return judge([ratio * s for s in ours], theirs, noise=max(apart, 1 / apart)).outcome


def _places(runs: int, kinds: int, interleaved: bool) -> NDArray[np.int_]:
    """Return when the runs of each kind are made: A B B A A B, or A A A B B B."""
    times = np.arange(runs * kinds)
    if not interleaved:
        return times.reshape(kinds, runs)
    rounds = times.reshape(runs, kinds)
    rounds[1::2] = rounds[1::2, ::-1].copy()
    return rounds.T


def simulation(repeats: int = REPEATS) -> Iterator[str]:
    """Yield the table of all scenarios."""
    yield f"| noise | runs a side | {' | '.join(f'{ratio:g}' for ratio in RATIOS)} |"
    yield f"| --- | --- |{' --- |' * len(RATIOS)}"
    for scenario in SCENARIOS:
        for runs in RUNS:
            cells = (_cell(*rates(scenario, runs, ratio, repeats)) for ratio in RATIOS)
            yield f"| {scenario.name} | {runs} | {' | '.join(cells)} |"


def _cell(fail: float, undecided: float) -> str:
    return f"{100 * fail:.1f} / {100 * undecided:.1f}"


def slopes(repeats: int = 2000) -> Iterator[str]:
    """Yield the table of how often the interval of the growth holds the truth."""
    kept = (0.0, 0.5, 0.8, 0.95)
    yield f"| runs | tokens a run | {' | '.join(f'{phi:g}' for phi in kept)} |"
    yield f"| --- | --- |{' --- |' * len(kept)}"
    for runs, steps in ((1, 31), (1, 63), (1, 255), (2, 63), (3, 63), (5, 63)):
        cells = (f"{100 * _held(runs, steps, phi, repeats):.0f} %" for phi in kept)
        yield f"| {runs} | {steps + 1} | {' | '.join(cells)} |"


def _held(runs: int, steps: int, phi: float, repeats: int) -> float:
    """Simulate tokens of 20 ms that take 5 us longer each, with 1 ms of noise that lasts."""
    rng = np.random.default_rng(SEED)
    shape = (repeats * runs, steps)
    shocks = rng.normal(0, 0.001 * np.sqrt(1 - phi**2), shape)
    shocks[:, 0] = rng.normal(0, 0.001, shape[0])
    series = 0.020 + 5e-6 * np.arange(steps) + lfilter([1], [1, -phi], shocks, axis=1)
    found = [growth(trial) for trial in series.reshape(repeats, runs, steps).tolist()]
    return sum((g.low or 0) <= 0.005 <= (g.high or 0) for g in found if g) / repeats


def real(pairs: Sequence[dict[str, object]]) -> Iterator[str]:
    """Yield a row for each machine and number of runs of real pairs of equal work."""
    head = ("machine", "pairs", "runs a side", "CV, median", "furthest ratio", *Outcome)
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for pair in pairs:
        verdict = judge(pair["a"], pair["b"])
        sides = f"{verdict.candidate_runs}, {verdict.reference_runs}"
        groups.setdefault((str(pair["machine"]), sides), []).append(verdict)
    for (machine, sides), verdicts in groups.items():
        yield f"| {machine} | {len(verdicts)} | {sides} | {' | '.join(_real(verdicts))} |"


def _real(verdicts: Sequence[Verdict]) -> Iterator[str]:
    cvs = [cv for v in verdicts for cv in (v.candidate_cv, v.reference_cv) if cv is not None]
    ratios = [v.ratio for v in verdicts if v.ratio is not None]
    count = Counter(v.outcome for v in verdicts)
    fails, total = count[Outcome.FAIL], len(verdicts)
    most = 1.0 if fails == total else float(betaincinv(fails + 1, total - fails, 0.95))
    yield f"{100 * median(cvs):.1f} %" if cvs else "n/a"
    yield times(max(ratios, key=lambda ratio: max(ratio, 1 / ratio))) if ratios else "n/a"
    yield str(count[Outcome.PASS])
    yield f"{fails} of {total} (at most {100 * most:.0f} %)"
    yield str(count[Outcome.INCONCLUSIVE])


def filled(page: str, section: str, lines: Iterator[str]) -> str:
    """Return the page with other lines between the two marks of a section."""
    begin, end = f"<!-- begin {section} -->\n", f"<!-- end {section} -->"
    before, rest = page.split(begin)
    return "\n".join((before + begin, *lines, "", end + rest.split(end)[1]))


def main() -> None:
    """Fill the sections that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--real", type=Path, metavar="FILE.json")
    pairs = parser.parse_args().real
    page = PAGE.read_text(encoding="utf-8")
    if pairs is None:
        page = filled(filled(page, "simulation", simulation()), "growth", slopes())
    else:
        page = filled(page, "real", real(json.loads(pairs.read_text(encoding="utf-8"))))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
