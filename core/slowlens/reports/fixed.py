"""What became of a checkpoint's speed after a fix, in sentences."""

from collections.abc import Iterator

from slowlens.facts.live.speed import Work
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
    before, after = judged.before.answer, judged.after.answer
    if before is not None and after is not None and before != after:
        yield f"The answer has {after} tokens; it had {before}."
