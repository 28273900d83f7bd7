"""What GuideLLM writes as benchmarks.json, one benchmark for each load.

Written from https://github.com/vllm-project/guidellm/blob/main/src/guidellm/benchmark/schemas
(``report.py``, ``base.py``, ``metrics.py``) and, for what each metric means,
https://github.com/vllm-project/guidellm/blob/main/src/guidellm/schemas/base/request_stats.py: its
time per output token is (last token - start) / n, so the prefill is in it. Times are in
milliseconds but for ``request_latency``, in seconds.
"""

from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.gather.imports.figures import finished, of_samples, told
from slowlens.gather.imports.parsing import Rows
from slowlens.gather.imports.values import (
    at,
    count,
    known,
    number,
    objects,
    positive,
    settings,
    texts,
    when,
)
from slowlens.jsonvalue import JsonObject

NAME = "GuideLLM (benchmarks.json)"
OWN = "(last token - start) / n, with the first token and so the prefill in it"
DEFINITION = f"GuideLLM's own: {OWN}"
ANEW = (
    "(E2E - TTFT) / (n - 1) of each request, recomputed: the first token is not in it; GuideLLM's "
    f"own would be {OWN}"
)
NOTES = (
    "Its inter token latency is the mean of each request; only the mean over all tokens is kept.",
    "Its prompt tokens per second count over the whole run: they are no prefill speed.",
)
_MODEL = ("config.backend.model", "worker.backend_model")
_MODEL_OF_ALL = ("args.model", "args.backend.model")
_LOAD = ("config.strategy", "args.strategy")


def recognises(rows: Rows) -> bool:
    """Whether the first row is a report with GuideLLM's metrics."""
    return any("time_per_output_token_ms" in _metrics(b) for b in _benchmarks(rows[0]))


def read(rows: Rows) -> tuple[Imported, ...]:
    """Read each benchmark of each report."""
    return tuple(_read(report, benchmark) for report in rows for benchmark in _benchmarks(report))


def _benchmarks(report: JsonObject) -> tuple[JsonObject, ...]:
    return objects(at(report, "benchmarks"))


def _metrics(benchmark: JsonObject) -> JsonObject:
    found = at(benchmark, "metrics")
    return found if isinstance(found, dict) else {}


def _read(report: JsonObject, benchmark: JsonObject) -> Imported:
    done = objects(at(benchmark, "requests.successful"))
    tpot = of_samples(Metric.TPOT, known(list(map(_tpot, done))))
    load = {key: at(benchmark, *(f"{path}.{key}" for path in _LOAD)) for key in _STRATEGY}
    result = Imported(
        tool="GuideLLM",
        version=texts(at(report, "metadata.guidellm_version")),
        model=texts(at(benchmark, *_MODEL)) or texts(at(report, *_MODEL_OF_ALL)),
        created=when(positive(at(benchmark, "start_time"))),
        definition=f"{ANEW if tpot else DEFINITION}.",
        comparable=tpot is not None,
        figures=(),
        settings=settings(
            concurrency=load["max_concurrency"] or load["streams"],
            request_rate=load["rate"],
            strategy=load["type_"],
            input_length=_mean(benchmark, "prompt_token_count"),
            output_length=_mean(benchmark, "output_token_count"),
            backend=at(benchmark, "config.backend.type_", "worker.backend_type"),
        ),
        notes=NOTES,
        recomputed=tpot is not None,
    )
    return finished(result, [tpot or _figure(benchmark, Metric.TPOT), *_others(benchmark)])


_STRATEGY = ("max_concurrency", "streams", "rate", "type_")
_KEYS = {
    Metric.TTFT: ("time_to_first_token_ms", 0.001),
    Metric.TPOT: ("time_per_output_token_ms", 0.001),
    Metric.E2E: ("request_latency", 1.0),
}


def _others(benchmark: JsonObject) -> list[ImportedFigure | None]:
    """Return all but TPOT; rates are distributions over time, of which only the mean is a rate."""
    itl = positive(_mean(benchmark, "inter_token_latency_ms"), 0.001)
    return [
        _figure(benchmark, Metric.TTFT),
        _figure(benchmark, Metric.E2E),
        told(Metric.ITL, [itl], n=count(_statistic(benchmark, "inter_token_latency_ms", "count"))),
        told(Metric.OUTPUT, [positive(_mean(benchmark, "output_tokens_per_second"))]),
        told(Metric.TOTAL, [positive(_mean(benchmark, "tokens_per_second"))]),
    ]


def _figure(benchmark: JsonObject, metric: Metric) -> ImportedFigure | None:
    key, scale = _KEYS[metric]
    kinds = ("mean", "median", "percentiles.p90", "percentiles.p95", "percentiles.p99")
    statistics = (positive(_statistic(benchmark, key, kind), scale) for kind in kinds)
    return told(metric, statistics, n=count(_statistic(benchmark, key, "count")))


def _mean(benchmark: JsonObject, key: str) -> float | None:
    return _statistic(benchmark, key, "mean")


def _statistic(benchmark: JsonObject, key: str, kind: str) -> float | None:
    """Return what was found over the requests that succeeded."""
    return number(at(benchmark, f"metrics.{key}.successful.{kind}"))


def _tpot(request: JsonObject) -> float | None:
    """Take the first token out again: its own TPOT times n is the time until the last one."""
    own = positive(at(request, "time_per_output_token_ms"), 0.001)
    ttft = positive(at(request, "time_to_first_token_ms"), 0.001)
    tokens = count(at(request, "output_tokens"))
    if own is None or ttft is None or not tokens or tokens < 2 or own * tokens <= ttft:
        return None
    return (own * tokens - ttft) / (tokens - 1)
