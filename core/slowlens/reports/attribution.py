"""Who closes the gap: a table of the fixes that were tried, and what it comes to in sentences."""

from collections.abc import Callable, Iterator

from slowlens.facts.live.answer_split import reach, shown, split, terms
from slowlens.facts.live.answer_time import AnswerTime
from slowlens.facts.live.attribution import Attribution, attribution
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.saving import Effect, Saving
from slowlens.facts.live.trial import Subject
from slowlens.facts.live.verdict import longer, times
from slowlens.reports.tables import fitted, prose
from slowlens.reports.units import counted

HEAD = ("fix", "tokens", "one answer", "saved", "share of the gap")


def lines(measurement: Measurement, named: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the table and its sentences; nothing where no fix was tried.

    ``named`` writes what merged is called.
    """
    found = attribution(measurement)
    if found is None:
        return
    yield from fitted([HEAD, *((named(name), *cells) for name, *cells in rows(found))])
    yield ""
    for sentence in sentences(found, "--rounds", "--new-tokens"):
        yield from prose(named(sentence))


def because(slow: AnswerTime, fast: AnswerTime) -> str:
    """Write why one answer takes longer than another, term by term."""
    said = terms(split(slow, fast))
    return ", ".join(said) if said else "nothing that can be seen"


def rows(found: Attribution) -> Iterator[tuple[str, ...]]:
    """Yield a line under ``HEAD`` for merged, each fix and the source."""
    yield _row("merged as shipped", found.merged)
    single = found.together is not None and len(found.parts) == 1
    for share in (*found.parts, *([found.together] if found.together and not single else [])):
        yield _shared(share)
    yield from map(_shared, found.further)
    if found.target.subject == Subject.SOURCE:
        yield _row("source as shipped", found.target)


def _row(name: str, time: AnswerTime, saved: str = "", share: str = "") -> tuple[str, ...]:
    about, least = (
        ("about " if time.estimated else ""),
        ("at least " if time.ended is False else ""),
    )
    return (name, f"{least}{time.tokens}", f"{about}{shown(time.seconds)}", saved, share)


def _shared(share: Saving) -> tuple[str, ...]:
    if not share.told:
        return _row(share.time.subject, share.time, share.effect, "")
    return _row(share.time.subject, share.time, _saved(share), _part(share))


def _saved(share: Saving) -> str:
    """Write what is saved, and the interval of it: ``7 s (6.9 to 7.1)``."""
    ends = reach(share.saved, share.between)
    return f"{shown(share.saved)} ({ends})" if ends else shown(share.saved)


def _part(share: Saving) -> str:
    """Write a share in whole percent: ``70 % (69 to 71)``."""
    if share.share is None:
        return ""
    text = f"{share.share * 100:.0f} %"
    if share.interval is None:
        return text
    return f"{text} ({share.interval.low * 100:.0f} to {share.interval.high * 100:.0f})"


def sentences(
    found: Attribution, rounds: str = "rounds", tokens: str = "new tokens"
) -> Iterator[str]:
    """Say how wide the gap is and why, how the shares go together, and what is left.

    ``rounds`` and ``tokens`` are what the user knows these settings by.
    """
    by_source = found.target.subject == Subject.SOURCE
    target = "one of the source" if by_source else "one with all fixes"
    if found.clear:
        yield (
            f"An answer of merged takes {shown(found.gap)} more than {target}"
            f" ({counted(min(len(found.merged.runs), len(found.target.runs)), 'run')} a side): "
            f"{because(found.merged, found.target)}."
        )
        yield from _together(found)
        yield from _left(found)
    else:
        yield f"{_unclear(found, target)}."
    if found.open:
        longer_runs = f", more {tokens}" if found.beyond else ""
        yield f"To make clear what is not: more {rounds}{longer_runs}, and nothing else running."
    if found.clear and any(one.estimated for one in (found.merged, found.target)):
        yield "Steps that recompute were timed in part, and their answer is estimated."


def _unclear(found: Attribution, target: str) -> str:
    """Say why there is nothing to share out, and what was seen where that is no verdict."""
    verdict = found.verdict
    if not longer(found.merged.runs, found.target.runs, found.noise):
        why = f"does not clearly take longer than {target} ({verdict.why})"
        return f"An answer of merged {why}: there is no gap to share out"
    if verdict.low is None:
        seen = f"took {times(verdict.ratio or 0)} times as long as {target}"
        return f"An answer of merged {seen}; {verdict.why}, so the gap is not shared out"
    seen = f"takes longer than {target}, by how much is unsure ({verdict.interval} times)"
    return f"An answer of merged {seen}; {verdict.why}, so the gap is not shared out"


def _together(found: Attribution) -> Iterator[str]:
    between = found.interaction
    if between is None:
        return
    tried = (*found.parts, found.together)
    clear = all(one is not None and one.effect is not Effect.UNCLEAR for one in tried)
    if clear and between.high < 0:
        yield (
            f"The shares overlap, for some fixes cure the same thing: together they save "
            f"{shown(-between.estimate)} less than the sum of each alone. Do not add them up."
        )
    elif clear and between.low > 0:
        yield (
            f"Together the fixes save {shown(between.estimate)} more than the sum of each alone: "
            "some work only with others."
        )
    else:
        yield "Whether the shares overlap is not clear: do not add them up."


def _left(found: Attribution) -> Iterator[str]:
    left, together = found.remainder, found.together
    if left is None or together is None:
        return
    interval = together.interval
    if interval is None or interval.low <= 1 <= interval.high:
        yield "With all fixes no difference from the source is clear."
    elif left > 0:
        yield (
            f"No fix explains {shown(left)} of the gap, {left / found.gap * 100:.0f} %: "
            f"{because(together.time, found.target)}."
        )
    else:
        yield f"With all fixes an answer takes {shown(-left)} less than one of the source."
