"""What ``vllm bench serve | latency | throughput`` writes.

Written from https://github.com/vllm-project/vllm/blob/main/vllm/benchmarks/serve.py (its
predecessor ``benchmark_serving.py`` has the same keys), ``latency.py`` and ``throughput.py`` beside
it. Lists of requests are there with ``--save-detailed``; ``--append-result`` adds a line a run.
"""

from collections.abc import Sequence

from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.gather.imports.figures import finished, of_samples, told
from slowlens.gather.imports.parsing import Rows
from slowlens.gather.imports.serving import (
    ANEW,
    CHUNKS,
    ONE_EACH,
    Request,
    aggregates,
    one_token_each,
    raw_figures,
    requests,
)
from slowlens.gather.imports.values import (
    at,
    average,
    count,
    known,
    numbers,
    positive,
    settings,
    texts,
)
from slowlens.jsonvalue import JsonObject

NAME = "vLLM (vllm bench serve --save-result, latency or throughput --output-json)"
DEFINITION = "(E2E - TTFT) / (n - 1) of each request: the first token is not in it"
NONE = "not told: whole batches are timed, and the first token is not told apart"
_SERVE = {"model_id", "output_throughput", "total_input_tokens"}
_LATENCY = {"avg_latency", "latencies", "percentiles"}
_THROUGHPUT = {"elapsed_time", "num_requests", "total_num_tokens", "tokens_per_second"}


def recognises(rows: Rows) -> bool:
    """Whether the first row is of one of the three."""
    return any(keys <= rows[0].keys() for keys in (_SERVE, _LATENCY, _THROUGHPUT))


def read(rows: Rows) -> tuple[Imported, ...]:
    """Read each run."""
    return tuple(map(_read, rows))


def _read(row: JsonObject) -> Imported:
    if row.keys() >= _LATENCY:
        return _latency(row)
    return _throughput(row) if row.keys() >= _THROUGHPUT else _serve(row)


def _serve(row: JsonObject) -> Imported:
    done = requests(row)
    clean = bool(done) and one_token_each(done)
    result = Imported(
        tool="vLLM",
        version="",
        model=texts(at(row, "model_id")),
        created=_created(texts(at(row, "date"))),
        definition=f"{DEFINITION}{ANEW if done else ''}.",
        comparable=True,
        figures=(),
        settings=settings(
            concurrency=at(row, "max_concurrency") or "unlimited",
            request_rate=at(row, "request_rate"),
            input_length=average(at(row, "total_input_tokens"), at(row, "completed")),
            output_length=average(at(row, "total_output_tokens"), at(row, "completed")),
            backend=at(row, "backend", "endpoint_type"),
            acceptance_length=at(row, "spec_decode_acceptance_length"),
        ),
        notes=(f"{ONE_EACH if clean else CHUNKS}.",),
        recomputed=any(request.tpot for request in done),
    )
    output = told(Metric.OUTPUT, [positive(at(row, "output_throughput"))])
    total = told(Metric.TOTAL, [positive(at(row, "total_token_throughput"))])
    return finished(result, [*_latencies(row, done), output, total])


def _latencies(row: JsonObject, done: Sequence[Request]) -> list[ImportedFigure | None]:
    """Compute anew what the file holds for each request: often E2E alone."""
    if done:
        return raw_figures(done)
    *others, e2e = aggregates(row, "e2el")
    return [*others, of_samples(Metric.E2E, _seconds(row)) or e2e]


def _seconds(row: JsonObject) -> list[float]:
    """Return the end-to-end latencies of what succeeded; the others have zeros."""
    return [value for value in known(numbers(at(row, "latencies"))) if value > 0]


def _latency(row: JsonObject) -> Imported:
    result = Imported("vLLM", "", "", "", f"{NONE}.", comparable=False, figures=())
    mean = told(Metric.E2E, [positive(at(row, "avg_latency"))])
    return finished(result, [of_samples(Metric.E2E, _seconds(row)) or mean])


def _throughput(row: JsonObject) -> Imported:
    result = Imported(
        *("vLLM", "", "", "", f"{NONE}."),
        comparable=False,
        figures=(),
        settings=settings(requests=count(at(row, "num_requests"))),
        notes=("Its tokens_per_second counts the tokens of the prompts too.",),
    )
    return finished(result, [told(Metric.TOTAL, [positive(at(row, "tokens_per_second"))])])


def _created(date: str) -> str:
    """Write ``20260102-030405``, local time of the client, as ISO 8601."""
    day, _, time = date.partition("-")
    if not (len(day) == 8 and len(time) == 6 and (day + time).isdecimal()):
        return ""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}"
