"""What ``llama-bench -o json | jsonl | csv`` prints, one row a test.

Written from https://github.com/ggml-org/llama.cpp/blob/master/tools/llama-bench/README.md: neither
tokenising nor sampling is timed. A test has a prompt (``n_prompt``), or generates (``n_gen``), or
does both, after ``n_depth`` tokens that are not timed. Times are in nanoseconds; CSV has no raw
samples.
"""

from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.gather.imports.figures import finished, of_samples, told
from slowlens.gather.imports.parsing import Rows
from slowlens.gather.imports.values import at, count, known, numbers, positive, settings, texts
from slowlens.jsonvalue import JsonObject

NAME = "llama-bench (-o json, jsonl or csv)"
DEFINITION = (
    "the time of a generating test / its tokens, each one decode step: there is no first token, "
    "and neither tokenising nor sampling is timed, so real generation is slower"
)
MIXED = "A test of a prompt with generation counts both: its rate is no decode speed."
_KEYS = {"model_filename", "n_prompt", "n_gen", "avg_ns", "avg_ts"}
_OF_THE_TEST = {"n_prompt", "n_gen", "test_time", "avg_ns", "stddev_ns", "avg_ts", "stddev_ts"}
_SAMPLES = {"samples_ns", "samples_ts"}


def recognises(rows: Rows) -> bool:
    """Whether the first row is a test."""
    return rows[0].keys() >= _KEYS


def read(rows: Rows) -> tuple[Imported, ...]:
    """Put the prompt test and the generating test of the same settings together."""
    groups: list[list[JsonObject]] = []
    for row in rows:
        fitting = (g for g in groups if _alike(g[0], row) and _kind(row) not in map(_kind, g))
        group = next(fitting, None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return tuple(map(_read, groups))


def _kind(row: JsonObject) -> Metric:
    """Return which figure a test gives; a mixed one is only a time."""
    prompt, generated = (positive(at(row, key)) for key in ("n_prompt", "n_gen"))
    if prompt and generated:
        return Metric.E2E
    return Metric.PREFILL if prompt else Metric.DECODE


def _alike(one: JsonObject, other: JsonObject) -> bool:
    ours, theirs = (
        {key: value for key, value in row.items() if key not in _OF_THE_TEST | _SAMPLES}
        for row in (one, other)
    )
    return ours == theirs


def _read(rows: list[JsonObject]) -> Imported:
    first = rows[0]
    mixed = (MIXED,) if Metric.E2E in map(_kind, rows) else ()
    lengths = {key: count(_longest(rows, key)) or None for key in ("n_prompt", "n_gen")}
    result = Imported(
        tool="llama-bench",
        version=" ".join(str(at(first, k)) for k in ("build_number", "build_commit") if k in first),
        model=texts(at(first, "model_filename")),
        created=texts(at(first, "test_time")),
        definition=f"{DEFINITION}.",
        comparable=False,
        figures=(),
        settings=settings(
            batch=1,
            input_length=lengths["n_prompt"],
            output_length=lengths["n_gen"],
            depth=count(at(first, "n_depth")),
            dtype=at(first, "model_type"),
            device=at(first, "gpu_info") or at(first, "cpu_info"),
            backend=at(first, "backends"),
            gpu_layers=count(at(first, "n_gpu_layers")),
            threads=count(at(first, "n_threads")),
        ),
        notes=mixed,
    )
    return finished(result, [figure for row in rows for figure in _of(row, _kind(row))])


def _longest(rows: list[JsonObject], key: str) -> float | None:
    return max(known([positive(at(row, key)) for row in rows]), default=None)


def _of(row: JsonObject, kind: Metric) -> list[ImportedFigure | None]:
    if kind is Metric.E2E:
        return [_times(row, Metric.E2E, 1)]
    rate = [value for value in known(numbers(at(row, "samples_ts"))) if value > 0]
    rates = of_samples(kind, rate) or told(kind, [positive(at(row, "avg_ts"))])
    if kind is Metric.PREFILL:
        return [rates]
    return [rates, _times(row, Metric.TPOT, count(at(row, "n_gen")) or 0)]


def _times(row: JsonObject, name: Metric, tokens: int) -> ImportedFigure | None:
    if not tokens:
        return None
    scale = 1e-9 / tokens
    samples = [value * scale for value in known(numbers(at(row, "samples_ns"))) if value > 0]
    return of_samples(name, samples) or told(name, [positive(at(row, "avg_ns"), scale)])
