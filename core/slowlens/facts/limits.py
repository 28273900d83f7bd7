"""Where an answer is cut off at the latest, when the caller does not say."""

from dataclasses import dataclass

from slowlens.facts.decoding import effective
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.facts.settings import DEFAULT, Settings

NEW, TOTAL = "max_new_tokens", "max_length"
LIBRARY_DEFAULT = 20
"""New tokens of ``generate()`` when no file says anything, whatever the prompt's length."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most tokens of an answer, or of prompt and answer together."""

    tokens: int
    key: str
    """``max_new_tokens``, ``max_length``, or empty for the library's default."""
    file: str

    def __str__(self) -> str:
        return f"{self.tokens} {'tokens with its prompt' if self.key == TOTAL else 'new tokens'}"


def answer_limit(settings: Settings, runtime: Runtime) -> Limit | None:
    """Return the limit of ``runtime``; None where an engine has none, or a value is no count.

    ``max_new_tokens`` counts before ``max_length``. An engine without a limit goes on to the end
    of its context.
    """
    new = effective(settings, NEW, runtime)
    if new.value is not None:
        return _limit(new.value, NEW, new.decided_by)
    if runtime in ENGINES:
        return None
    total = effective(settings, TOTAL, runtime)
    if total.decided_by == DEFAULT or total.value is None:
        return Limit(LIBRARY_DEFAULT, "", DEFAULT)
    return _limit(total.value, TOTAL, total.decided_by)


def _limit(value: object, key: str, file: str) -> Limit | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return Limit(value, key, file) if whole and isinstance(value, int) else None
