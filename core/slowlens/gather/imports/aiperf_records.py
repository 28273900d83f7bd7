"""The records that NVIDIA AIPerf writes, a line a request: profile_export.jsonl.

Written from
https://github.com/ai-dynamo/aiperf/blob/main/docs/tutorials/working-with-profile-exports.md. Each
value carries its unit. Requests that failed or were cancelled have an error, and warm-up has a
phase of its own.
"""

from slowlens.facts.live.imported import Imported, Metric
from slowlens.gather.imports.aiperf import DEFINITION, METRICS, part, scale_of
from slowlens.gather.imports.figures import finished, of_samples
from slowlens.gather.imports.parsing import Rows
from slowlens.gather.imports.values import (
    at,
    count,
    known,
    number,
    numbers,
    positive,
    settings,
    when,
)
from slowlens.jsonvalue import Json, JsonObject

NAME = "the records of AIPerf (profile_export.jsonl)"


def recognises(rows: Rows) -> bool:
    """Whether the first row is a record."""
    has_metrics = isinstance(at(rows[0], "metrics"), dict)
    return has_metrics and "request_start_ns" in part(rows[0], "metadata")


def read(rows: Rows) -> tuple[Imported, ...]:
    """Compute anew from the requests that succeeded, all together, warm-up left out."""
    done = [row for row in rows if _counts(row)]
    starts = known([number(at(row, "metadata.request_start_ns")) for row in done])
    result = Imported(
        tool="AIPerf",
        version="",
        model="",
        created=when(min(starts) / 1e9 if starts else None),
        definition=f"{DEFINITION}; recomputed from each request.",
        comparable=True,
        figures=(),
        settings=settings(
            input_length=_mean(done, "input_sequence_length"),
            output_length=_mean(done, "output_sequence_length"),
        ),
        recomputed=True,
    )
    chunks = [gap for row in done for gap in _gaps(row)]
    figures = [
        of_samples(Metric.TTFT, known([_seconds(row, Metric.TTFT) for row in done])),
        of_samples(Metric.TPOT, known(list(map(_tpot, done)))),
        of_samples(Metric.ICL, chunks),
        of_samples(Metric.E2E, known([_seconds(row, Metric.E2E) for row in done])),
    ]
    return (finished(result, figures),)


def _counts(row: JsonObject) -> bool:
    phase = at(row, "metadata.benchmark_phase")
    failed = at(row, "error") is not None or at(row, "metadata.was_cancelled") is True
    return phase in (None, "profiling") and not failed


def _seconds(row: JsonObject, metric: Metric) -> float | None:
    found = part(row, f"metrics.{METRICS[metric]}")
    scale = scale_of(metric, found)
    return None if scale is None else positive(at(found, "value"), scale)


def _gaps(row: JsonObject) -> list[float]:
    found = part(row, f"metrics.{METRICS[Metric.ICL]}")
    scale = scale_of(Metric.ICL, found) or 0.0
    return [gap * scale for gap in known(numbers(at(found, "value"))) if gap * scale > 0]


def _tpot(row: JsonObject) -> float | None:
    e2e, ttft = _seconds(row, Metric.E2E), _seconds(row, Metric.TTFT)
    tokens = count(at(row, "metrics.output_sequence_length.value"))
    if e2e is None or ttft is None or not tokens or tokens < 2 or e2e <= ttft:
        return None
    return (e2e - ttft) / (tokens - 1)


def _mean(rows: list[JsonObject], key: str) -> Json:
    values = known([number(at(row, f"metrics.{key}.value")) for row in rows])
    return sum(values) / len(values) if values else None
