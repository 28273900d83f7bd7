"""What optimum-benchmark writes: benchmark_report.json, or benchmark.json with its config.

Written from https://github.com/huggingface/optimum-benchmark/tree/main/optimum_benchmark
(``benchmark/report.py``, ``trackers/latency.py``, ``scenarios/inference/scenario.py``). Latencies
are lists in seconds. Prefill lasts until the first logits; decode is the rest of ``generate()``,
where a backend has no hook a token the whole minus the mean prefill of other calls. The decode
throughput counts all sequences of the batch, the prefill throughput counts samples, not tokens.
"""

from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.gather.imports.figures import finished, of_samples, told
from slowlens.gather.imports.parsing import Rows
from slowlens.gather.imports.values import at, count, known, numbers, positive, settings, texts
from slowlens.jsonvalue import Json, JsonObject

NAME = "optimum-benchmark (benchmark_report.json, benchmark.json)"
HOOKED = (
    "decode / (n - 1) of each generate(), the first token not in it; prefill ends with the first "
    "logits, before their token is chosen"
)
SUBTRACTED = (
    "(generate - mean prefill of other calls) / (n - 1): the first token is not in it, but is "
    "taken from other calls"
)
UNTOLD = "; n is in benchmark.json only, so TPOT is not told"
FORCED = (
    "It sets use_cache, greedy decoding and the length itself: a checkpoint that ships its cache "
    "off looks sound here."
)
TOGETHER = "Without a batch size its decode throughput may be that of several sequences: left out."
DEFAULT_TOKENS = 100
"""``max_new_tokens`` where the config leaves it to the tool."""


def recognises(rows: Rows) -> bool:
    """Whether the first row is a report of text generation, or holds one."""
    report = _report(rows[0])
    return any(_values(report, target) for target in ("decode", "prefill", "per_token", "generate"))


def read(rows: Rows) -> tuple[Imported, ...]:
    """Read each report."""
    return tuple(map(_read, rows))


def _report(row: JsonObject) -> JsonObject:
    found = at(row, "report")
    return found if isinstance(found, dict) else row


def _values(report: JsonObject, target: str) -> list[float]:
    """Return the seconds of each call; all passed over where the unit is another."""
    if at(report, f"{target}.latency.unit") != "s":
        return []
    return [v for v in known(numbers(at(report, f"{target}.latency.values"))) if v > 0]


def _read(row: JsonObject) -> Imported:
    report, hooked = _report(row), bool(_values(_report(row), "per_token"))
    batch, tokens = count(_shape(row, "batch_size")), _new_tokens(row)
    untold = UNTOLD if tokens is None else ""
    latencies = _latencies(report, tokens)
    result = Imported(
        tool="optimum-benchmark",
        version=texts(at(row, "config.environment.optimum_benchmark_version")),
        model=texts(at(row, "config.backend.model")),
        created="",
        definition=f"{HOOKED if hooked else SUBTRACTED}{untold}.",
        comparable=hooked and tokens is not None,
        figures=(),
        settings=settings(
            batch=batch,
            input_length=count(_shape(row, "sequence_length")),
            output_length=tokens,
            dtype=at(row, "config.backend.torch_dtype", "config.backend.dtype"),
            device=_device(row),
            backend=at(row, "config.backend.name"),
        ),
        notes=(FORCED,) if batch else (FORCED, TOGETHER),
        recomputed=any(figure and figure.name is Metric.TPOT for figure in latencies),
    )
    return finished(result, [*latencies, *_rates(row, batch)])


def _shape(row: JsonObject, name: str) -> Json:
    return at(row, f"config.scenario.input_shapes.{name}")


def _new_tokens(row: JsonObject) -> int | None:
    """Return how many tokens each call generates; None in a report without its config."""
    if not isinstance(at(row, "config.scenario"), dict):
        return None
    return count(at(row, "config.scenario.generate_kwargs.max_new_tokens")) or DEFAULT_TOKENS


def _device(row: JsonObject) -> Json:
    found = at(row, "config.environment.gpu", "config.backend.device")
    return texts(found)


def _latencies(report: JsonObject, tokens: int | None) -> list[ImportedFigure | None]:
    decode, steps = _values(report, "decode"), (tokens or 1) - 1
    return [
        of_samples(Metric.TTFT, _values(report, "prefill")),
        of_samples(Metric.TPOT, [value / steps for value in decode] if steps > 0 else []),
        of_samples(Metric.ITL, _values(report, "per_token")),
        of_samples(Metric.E2E, _values(report, "generate")),
    ]


def _rates(row: JsonObject, batch: int | None) -> list[ImportedFigure | None]:
    if not batch:
        return []
    decode = positive(at(_report(row), "decode.throughput.value"), 1 / batch)
    length, prefill = count(_shape(row, "sequence_length")), _values(_report(row), "prefill")
    rates = [batch * length / seconds for seconds in prefill] if length else []
    return [told(Metric.DECODE, [decode]), of_samples(Metric.PREFILL, rates)]
