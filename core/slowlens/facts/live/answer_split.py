"""Why one answer takes longer than another: more tokens, slower ones, a later first one."""

from math import fsum

from slowlens.facts.live.answer_time import AnswerTime
from slowlens.facts.live.seconds import milliseconds, rounded
from slowlens.facts.live.statistics import Interval
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Split:
    """Why one answer takes longer than another: seconds that add up to the difference.

    Each factor counts at the mean of the other one on both sides, so that the split of the
    swapped sides is its negative.
    """

    more_tokens: int
    length: float
    """More tokens at the mean time per token."""
    pace: float
    """More time per token over the mean length."""
    start: float
    """More time to the first token."""

    @property
    def seconds(self) -> float:
        """The whole difference."""
        return fsum((self.length, self.pace, self.start))


def split(slow: AnswerTime, fast: AnswerTime) -> Split:
    """Return why ``slow`` takes longer: negative where something makes it faster."""
    more = slow.tokens - fast.tokens
    return Split(
        more,
        more * (slow.tpot + fast.tpot) / 2,
        (slow.tokens + fast.tokens - 2) / 2 * (slow.tpot - fast.tpot),
        slow.ttft - fast.ttft,
    )


def terms(difference: Split) -> tuple[str, ...]:
    """Write each term that can be seen: ``8.1 s because it writes 217 tokens more``."""
    told = (
        (difference.length, _of_length(difference)),
        (difference.pace, _of_pace(difference.pace)),
        (difference.start, _of_start(difference.start)),
    )
    least = _least(difference)
    return tuple(words for seconds, words in told if abs(seconds) > least)


def by_pace(difference: Split) -> bool:
    """Whether the time per token is one of the terms that can be seen."""
    return abs(difference.pace) > _least(difference)


def _least(difference: Split) -> float:
    """Return the seconds that a term must exceed to be told."""
    return 0.005 * max(map(abs, (difference.length, difference.pace, difference.start)))


def _of_length(difference: Split) -> str:
    tokens, took = abs(difference.more_tokens), shown(abs(difference.length))
    counted = f"{tokens} token{'' if tokens == 1 else 's'}"
    if difference.length > 0:
        return f"{took} because it writes {counted} more"
    return f"{took} less by writing {counted} fewer"


def _of_pace(seconds: float) -> str:
    took = shown(abs(seconds))
    if seconds > 0:
        return f"{took} because each token takes longer"
    return f"{took} less by taking less for each token"


def _of_start(seconds: float) -> str:
    took = shown(abs(seconds))
    if seconds > 0:
        return f"{took} before the first token"
    return f"{took} less before the first token"


def shown(seconds: float) -> str:
    """Write seconds with three significant digits: ``8.1 s``, ``135 s``, ``52.3 ms``."""
    return milliseconds(seconds) if 0 < abs(seconds) < 0.1 else f"{rounded(seconds)} s"


def reach(seconds: float, interval: Interval | None) -> str:
    """Write an interval of ``seconds`` in the unit that ``shown`` gives it: ``6.9 to 7.1``.

    Empty where there is none, and where its ends are the same three digits.
    """
    if interval is None:
        return ""
    unit = 1000 if shown(seconds).endswith(" ms") else 1
    low, high = (rounded(end * unit) for end in (interval.low, interval.high))
    return "" if low == high else f"{low} to {high}"
