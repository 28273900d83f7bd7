"""Where an answer is cut off at the latest, when the caller does not say."""

from slowlens.facts.decoding.parameters import effective
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.facts.settings import DEFAULT, Settings
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Json, whole

NEW, TOTAL = "max_new_tokens", "max_length"
LIBRARY_DEFAULT = 20
"""New tokens of ``generate()`` when no file says anything, whatever the prompt's length."""
LARGEST = 10**12
"""What is beyond is no count of tokens."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most tokens of an answer, or of prompt and answer together; None for no limit."""

    tokens: int | None
    key: str
    """``max_new_tokens``, ``max_length``, or empty for the runtime's default."""
    file: str

    def __str__(self) -> str:
        if self.tokens is None:
            return "to the end of the context"
        return (
            f"up to {self.tokens} {'tokens with its prompt' if self.key == TOTAL else 'new tokens'}"
        )


def answer_limit(settings: Settings, runtime: Runtime) -> Limit | None:
    """Return the limit of ``runtime``; None where the value that counts is no count.

    ``max_new_tokens`` counts before ``max_length``, which engines do not read.
    """
    new = effective(settings, NEW, runtime)
    if new.value is not None:
        return _limit(new.value, NEW, new.decided_by)
    if runtime in ENGINES:
        return Limit(None, "", DEFAULT)
    total = effective(settings, TOTAL, runtime)
    if total.decided_by == DEFAULT or total.value is None:
        return Limit(LIBRARY_DEFAULT, "", DEFAULT)
    return _limit(total.value, TOTAL, total.decided_by)


def _limit(value: Json, key: str, file: str) -> Limit | None:
    tokens = whole(value)
    if tokens is None:
        return None
    return Limit(tokens, key, file) if 0 < tokens <= LARGEST else None
