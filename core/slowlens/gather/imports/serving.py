"""What the serving benchmarks of vLLM and SGLang have in common.

Both keep aggregates in milliseconds under keys such as ``mean_ttft_ms``, and on request lists with
an entry a request, in seconds: ``ttfts``, ``itls`` (a list each) and ``output_lens``. Their "ITL"
is the time between chunks of the stream, whatever number of tokens each brings:
https://github.com/vllm-project/vllm/issues/27485. A request that failed has zeros in the lists.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from slowlens.facts.live.imported import ImportedFigure, Metric
from slowlens.frozen import dataclass
from slowlens.gather.imports.figures import of_samples, told
from slowlens.gather.imports.values import at, count, known, numbers, positive
from slowlens.jsonvalue import Json, JsonObject

ANEW = "; recomputed from each request"
CHUNKS = 'Its "ITL" is the time between chunks of the stream, so it is given as ICL'
ONE_EACH = "Its ITL are gaps between chunks, of which each brought one token"


@dataclass(frozen=True, slots=True)
class Request:
    """One that succeeded; seconds."""

    ttft: float
    gaps: tuple[float, ...]
    """Between the chunks after the first."""
    tokens: int
    e2e: float

    @property
    def tpot(self) -> float | None:
        """(E2E - TTFT) / (n - 1), None for one token, or all in one chunk."""
        decode = self.e2e - self.ttft
        return decode / (self.tokens - 1) if self.tokens > 1 and decode > 0 else None


def requests(row: JsonObject) -> tuple[Request, ...]:
    """Return what is known of each request; nothing where the lists are not of one length."""
    lists = [at(row, key) for key in ("ttfts", "itls", "output_lens")]
    if not all(isinstance(each, list) for each in lists):
        return ()
    ttfts, gaps, lengths = (each for each in lists if isinstance(each, list))
    if not len(ttfts) == len(gaps) == len(lengths):
        return ()
    latencies = numbers(at(row, "latencies"))
    latencies = latencies if len(latencies) == len(ttfts) else ()
    return tuple(_requests(ttfts, gaps, lengths, latencies))


def _requests(
    ttfts: Sequence[Json],
    gaps: Sequence[Json],
    lengths: Sequence[Json],
    latencies: Sequence[float | None],
) -> Iterator[Request]:
    for first, between, length, latency in zip_longest(ttfts, gaps, lengths, latencies):
        ttft, tokens = positive(first), count(length)
        if ttft is not None and tokens:
            waits = tuple(known(numbers(between)))
            yield Request(ttft, waits, tokens, latency or ttft + sum(waits))


def raw_figures(done: Sequence[Request]) -> list[ImportedFigure | None]:
    """Work out the latencies anew, by our definitions."""
    gaps = [gap for request in done for gap in request.gaps]
    return [
        of_samples(Metric.TTFT, [request.ttft for request in done]),
        of_samples(Metric.TPOT, known([request.tpot for request in done])),
        of_samples(Metric.ITL if one_token_each(done) else Metric.ICL, gaps),
        of_samples(Metric.E2E, [request.e2e for request in done]),
    ]


def one_token_each(done: Sequence[Request]) -> bool:
    """Whether every chunk brought one token, so that gaps are inter-token latencies."""
    return all(len(request.gaps) == request.tokens - 1 for request in done)


def aggregates(row: JsonObject, e2e: str) -> list[ImportedFigure | None]:
    """Keep the latencies that the tool worked out; ``e2e`` is its name of that one."""
    completed = count(at(row, "completed"))
    keys = {Metric.TTFT: "ttft", Metric.TPOT: "tpot", Metric.ICL: "itl", Metric.E2E: e2e}
    whole = (Metric.TTFT, Metric.E2E)
    return [
        told(metric, _statistics(row, key), n=completed if metric in whole else None)
        for metric, key in keys.items()
    ]


def _statistics(row: JsonObject, key: str) -> tuple[float | None, ...]:
    kinds = ("mean", "median", "p90", "p95", "p99")
    return tuple(positive(at(row, f"{kind}_{key}_ms"), 0.001) for kind in kinds)
