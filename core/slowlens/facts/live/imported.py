"""What another benchmark measured, with its own idea of TPOT."""

from collections.abc import Mapping
from enum import StrEnum

from slowlens.frozen import dataclass, field


class Metric(StrEnum):
    """What a figure is; times in seconds, rates in tokens per second."""

    TTFT = "ttft"
    TPOT = "tpot"
    ITL = "itl"
    """Gaps between neighbouring tokens."""
    ICL = "icl"
    """Gaps between neighbouring chunks of a stream, of one or several tokens each."""
    E2E = "e2e"
    DECODE = "decode_tokens_per_second"
    """Of one sequence after its first token."""
    PREFILL = "prefill_tokens_per_second"
    OUTPUT = "output_tokens_per_second"
    """Of all requests together, waiting and prefill included: no decode speed."""
    TOTAL = "total_tokens_per_second"
    """As output, with the tokens of the prompts counted too."""

    @property
    def unit(self) -> str:
        """``s`` or ``tokens/s``."""
        return "tokens/s" if self.value.endswith("per_second") else "s"


@dataclass(frozen=True, slots=True)
class ImportedFigure:
    """One metric; None is what the file does not tell."""

    name: Metric
    unit: str
    mean: float | None = None
    median: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    n: int | None = None
    samples: tuple[float, ...] = ()
    """The raw values where the file holds them, unless they are too many to keep."""

    @property
    def typical(self) -> float | None:
        """The mean, or else the median."""
        return self.median if self.mean is None else self.mean


@dataclass(frozen=True, slots=True)
class Imported:
    """One result of another benchmark."""

    tool: str
    version: str
    """Of the tool, empty where the file does not tell; the build of llama-bench."""
    model: str
    """As the file names it: an id, a folder or a file; empty where it does not."""
    created: str
    """When it ran, ISO 8601, with the zone if the file tells it; else empty."""
    definition: str
    """What its TPOT is, and whether the first token is in it."""
    comparable: bool
    """Whether its TPOT is ours: (E2E - TTFT) / (n - 1) of each request."""
    figures: tuple[ImportedFigure, ...]
    settings: Mapping[str, str | int | float] = field(default_factory=dict[str, str | int | float])
    """``concurrency``, ``batch``, ``input_length`` and so on, as far as the file tells."""
    missing: tuple[str, ...] = ()
    """What the file does not tell."""
    notes: tuple[str, ...] = ()
    """What else its figures are, or are not, in sentences."""
    recomputed: bool = False
    """Whether TPOT was computed here, from raw values in the file."""
    read_from: str = ""
    """Name of its file, and which of several results in it; empty in older runs."""

    def figure(self, name: Metric) -> ImportedFigure | None:
        """Return the figure of that name."""
        return next((figure for figure in self.figures if figure.name is name), None)
