"""What SGLang's ``bench_serving`` and ``bench_one_batch`` append to their JSON lines.

Written from https://github.com/sgl-project/sglang/blob/main/python/sglang/bench_serving.py (lists
of requests are there with ``--output-details``) and ``bench_one_batch.py`` beside it, which drives
the model without a server: tokenising, scheduling and detokenising are not in its times.
"""

from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.gather.imports.figures import finished, of_samples, told
from slowlens.gather.imports.parsing import Rows
from slowlens.gather.imports.serving import (
    ANEW,
    CHUNKS,
    aggregates,
    one_token_each,
    raw_figures,
    requests,
)
from slowlens.gather.imports.values import at, average, count, positive, settings, texts
from slowlens.jsonvalue import JsonObject

NAME = "SGLang (the JSON lines of bench_serving and bench_one_batch)"
DEFINITION = "(E2E - TTFT) / (n - 1) of each request: the first token is not in it"
STEPS = (
    "(total - prefill) / (n - 1) of one batch, recomputed: the first token is not in it; "
    "tokenising, scheduling and detokenising are not timed"
)
SHARED = (
    "Its ITL may be shared out: with SGLang's own server a chunk of several tokens counts as "
    "several equal gaps"
)
_SERVING = {"mean_e2e_latency_ms", "output_throughput", "total_input_tokens"}
_OLD = {"median_e2e_latency_ms", "output_throughput", "total_output_tokens_retokenized"}
_BATCH = {"batch_size", "prefill_latency", "total_latency", "output_len"}


def recognises(rows: Rows) -> bool:
    """Whether the first row is of one of the two."""
    return any(keys <= rows[0].keys() for keys in (_SERVING, _OLD, _BATCH))


def read(rows: Rows) -> tuple[Imported, ...]:
    """Read each run."""
    return tuple(_one_batch(row) if row.keys() >= _BATCH else _serving(row) for row in rows)


def _serving(row: JsonObject) -> Imported:
    done = requests(row)
    clean = bool(done) and one_token_each(done)
    result = Imported(
        tool="SGLang",
        version=texts(at(row, "server_info.version")),
        model=texts(at(row, "model_id", "server_info.model_path")),
        created="",
        definition=f"{DEFINITION}{ANEW if done else ''}.",
        comparable=True,
        figures=(),
        settings=settings(
            concurrency=at(row, "max_concurrency") or "unlimited",
            request_rate=_rate(row),
            input_length=average(at(row, "total_input_tokens"), at(row, "completed")),
            output_length=average(at(row, "total_output_tokens"), at(row, "completed")),
            backend=at(row, "backend"),
            dtype=at(row, "server_info.dtype"),
            acceptance_length=at(row, "accept_length"),
        ),
        notes=(f"{SHARED if clean else CHUNKS}.",),
        recomputed=any(request.tpot for request in done),
    )
    latencies = raw_figures(done) if done else aggregates(row, "e2e_latency")
    output = told(Metric.OUTPUT, [positive(at(row, "output_throughput"))])
    return finished(result, [*latencies, output])


def _rate(row: JsonObject) -> str | float | None:
    """Return requests a second; JSON of Python writes infinity, which is no JSON."""
    rate = at(row, "request_rate")
    if rate == float("inf"):
        return "inf"
    return positive(rate)


def _one_batch(row: JsonObject) -> Imported:
    figures = _batch_figures(row)
    result = Imported(
        tool="SGLang",
        version="",
        model="",
        created="",
        definition=f"{STEPS}.",
        comparable=True,
        figures=(),
        settings=settings(
            batch=count(at(row, "batch_size")),
            input_length=count(at(row, "input_len")),
            output_length=count(at(row, "output_len")),
            backend="sglang",
            run_name=at(row, "run_name"),
        ),
        notes=("Its overall_throughput counts the tokens of the prompts too.",),
        recomputed=any(figure and figure.name is Metric.TPOT for figure in figures),
    )
    return finished(result, figures)


def _batch_figures(row: JsonObject) -> list[ImportedFigure | None]:
    prefill, total = positive(at(row, "prefill_latency")), positive(at(row, "total_latency"))
    tokens, step = count(at(row, "output_len")), positive(at(row, "median_decode_latency"))
    tpot: tuple[float, ...] = ()
    if prefill is not None and total is not None and tokens and tokens > 1 and total > prefill:
        tpot = ((total - prefill) / (tokens - 1),)
    return [
        of_samples(Metric.TTFT, (prefill,) if prefill is not None else ()),
        of_samples(Metric.TPOT, tpot),
        told(Metric.ITL, [None, step], n=tokens - 1 if tokens and tokens > 1 else None),
        of_samples(Metric.E2E, (total,) if total is not None else ()),
        told(Metric.DECODE, [None, 1 / step if step else None]),
        told(Metric.PREFILL, [positive(at(row, "prefill_throughput"))]),
        told(Metric.TOTAL, [positive(at(row, "overall_throughput"))]),
    ]
