"""Figures from raw values or from what a tool worked out itself, and what a file leaves open."""

from collections.abc import Iterable, Sequence

from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.facts.live.statistics import mean, percentile
from slowlens.frozen import replace

MOST_SAMPLES = 10_000
"""More raw values are not kept in a run, though its statistics are of all."""
_NONE = (None,) * 5
_EXPECTED = ("version", "model", "created")
_SETTINGS = ("concurrency", "input_length", "output_length", "dtype", "device", "backend")
_FIGURES = (Metric.TTFT, Metric.TPOT, Metric.ITL, Metric.E2E)


def of_samples(name: Metric, samples: Sequence[float]) -> ImportedFigure | None:
    """Summarise raw values; no percentile that so few values cannot bear, None without any."""
    if not samples:
        return None
    return ImportedFigure(
        name=name,
        unit=name.unit,
        mean=mean(samples),
        median=_median(samples),
        p90=percentile(samples, 0.90),
        p95=percentile(samples, 0.95),
        p99=percentile(samples, 0.99),
        n=len(samples),
        samples=tuple(samples) if len(samples) <= MOST_SAMPLES else (),
    )


def told(
    name: Metric, statistics: Iterable[float | None], n: int | None = None
) -> ImportedFigure | None:
    """Keep what a tool worked out: mean, median, p90, p95, p99, or the first of them.

    None where neither mean nor median is told.
    """
    average, middle, p90, p95, p99, *_ = (*statistics, *_NONE)
    if average is None and middle is None:
        return None
    return ImportedFigure(name, name.unit, average, middle, p90, p95, p99, n)


def finished(result: Imported, figures: Iterable[ImportedFigure | None]) -> Imported:
    """Complete a result: its figures, in the order of the metrics, and what it does not tell."""
    order = list(Metric)
    kept = sorted((f for f in figures if f is not None), key=lambda f: order.index(f.name))
    result = replace(result, figures=tuple(kept))
    absent = [name for name in _EXPECTED if not getattr(result, name)]
    absent += [name for name in _SETTINGS if name not in result.settings]
    if "batch" in result.settings and "concurrency" in absent:
        absent.remove("concurrency")
    absent += [str(name) for name in _FIGURES if result.figure(name) is None]
    return replace(result, missing=tuple(absent))


def _median(samples: Sequence[float]) -> float:
    ranked, half = sorted(samples), len(samples) // 2
    return ranked[half] if len(samples) % 2 else (ranked[half - 1] + ranked[half]) / 2
