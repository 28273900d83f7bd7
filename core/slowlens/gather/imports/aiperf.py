"""The summary that NVIDIA AIPerf and its predecessor GenAI-Perf export.

Written from https://docs.nvidia.com/aiperf/reference/json-export-schema and, for what each metric
means, https://github.com/ai-dynamo/aiperf/blob/main/docs/metrics-reference.md. GenAI-Perf has the
same metrics without a version, as early AIPerf had:
https://docs.nvidia.com/nim/benchmarking/llm/latest/metrics.html.
Each metric carries its unit.
"""

from collections.abc import Iterator

from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.gather.imports.figures import finished, told
from slowlens.gather.imports.parsing import Rows
from slowlens.gather.imports.values import at, count, number, objects, positive, settings, texts
from slowlens.jsonvalue import JsonObject

NAME = "NVIDIA AIPerf and GenAI-Perf (profile_export_aiperf.json, profile_export_genai_perf.json)"
DEFINITION = (
    "(E2E - TTFT) / (n - 1) of each request, which it calls inter token latency: the first token "
    "is not in it"
)
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "seconds": 1.0}
METRICS = {
    Metric.TTFT: "time_to_first_token",
    Metric.TPOT: "inter_token_latency",
    Metric.ICL: "inter_chunk_latency",
    Metric.E2E: "request_latency",
    Metric.DECODE: "output_token_throughput_per_user",
    Metric.PREFILL: "prefill_throughput_per_user",
    Metric.OUTPUT: "output_token_throughput",
    Metric.TOTAL: "total_token_throughput",
}
_MODEL = ("input_config.models.items", "input_config.endpoint.model_names", "input_config.model")
_CONCURRENCY = (
    "input_config.loadgen.concurrency",
    "input_config.perf_analyzer.stimulus.concurrency",
)


def recognises(rows: Rows) -> bool:
    """Whether the first row is a summary."""
    return any(at(rows[0], f"{METRICS[metric]}.unit") for metric in (Metric.TTFT, Metric.E2E))


def read(rows: Rows) -> tuple[Imported, ...]:
    """Read each summary."""
    return tuple(map(_summary, rows))


def _summary(row: JsonObject) -> Imported:
    version = texts(at(row, "aiperf_version"))
    models = at(row, *_MODEL)
    result = Imported(
        tool="AIPerf" if version else "GenAI-Perf",
        version=version,
        model=next((texts(at(m, "name")) for m in objects(models)), "") or texts(models),
        created=texts(at(row, "start_time")),
        definition=f"{DEFINITION}.",
        comparable=True,
        figures=(),
        settings=settings(
            concurrency=count(at(row, *_CONCURRENCY)),
            input_length=number(at(row, "input_sequence_length.avg")),
            output_length=number(at(row, "output_sequence_length.avg")),
            device=", ".join(dict.fromkeys(_gpus(row))),
            backend=at(row, "input_config.endpoint.type", "input_config.endpoint.backend"),
        ),
    )
    return finished(result, (_figure(row, metric) for metric in METRICS))


def _figure(row: JsonObject, metric: Metric) -> ImportedFigure | None:
    found = part(row, METRICS[metric])
    scale = scale_of(metric, found)
    if scale is None:
        return None
    kinds = ("avg", "p50", "p90", "p95", "p99")
    statistics = (positive(at(found, kind), scale) for kind in kinds)
    return told(metric, statistics, n=count(at(found, "count")))


def scale_of(metric: Metric, found: JsonObject) -> float | None:
    """Return what makes seconds of a latency; None for a unit that nobody knows."""
    return 1.0 if metric.unit != "s" else UNITS.get(texts(at(found, "unit")))


def _gpus(row: JsonObject) -> Iterator[str]:
    for endpoint in part(row, "telemetry_data.endpoints").values():
        for gpu in (part(endpoint, "gpus") if isinstance(endpoint, dict) else {}).values():
            if isinstance(gpu, dict) and texts(at(gpu, "gpu_name")):
                yield texts(at(gpu, "gpu_name"))


def part(row: JsonObject, path: str) -> JsonObject:
    """Return the object that a dotted path leads to, an empty one if none."""
    found = at(row, path)
    return found if isinstance(found, dict) else {}
