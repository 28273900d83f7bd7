"""What became of a checkpoint's speed after a fix, in sentences."""

from collections.abc import Iterator

from slowlens.facts.live.speed import Work
from slowlens.reports.speed_figures import answer
from slowlens.reports.speed_words import headline, sentence, unlikes
from slowlens.speedverdict import Answer, Judged, SpeedVerdict


def sentences(verdict: SpeedVerdict) -> Iterator[str]:
    """Yield what changed, or why that cannot be said."""
    if verdict.answer is Answer.INCOMPARABLE:
        yield headline(verdict)
        yield from (f"{line}." for line in unlikes(verdict))
        return
    for judged in verdict.decisive:
        yield from _cache(judged)
        yield sentence(judged)
    yield from _length(verdict.decisive[0])


def _cache(judged: Judged) -> Iterator[str]:
    """Tell from the lengths of the inputs, which no noise can blur."""
    match judged.before.work, judged.after.work:
        case Work.ALL, Work.NEWEST:
            yield "The key-value cache works now: a step processes its newest token alone."
        case Work.NEWEST, Work.ALL:
            yield "The key-value cache is off now: a step processes all tokens again."
        case _:
            pass


def _length(judged: Judged) -> Iterator[str]:
    """Tell how many tokens an answer has now; of two that were cut off it is their limits."""
    before, after = judged.before, judged.after
    known = before.answer is not None and after.answer is not None
    if known and before.answer != after.answer and (before.ended or after.ended):
        yield f"The answer has {answer(after)}; it had {answer(before)}."
