"""Where the time of a token goes: one column a kind of trial, one line a share."""

from collections.abc import Callable, Iterator

from slowlens.facts.live.device import Peaks
from slowlens.facts.live.explanation import waterfalls
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.prefill import prefill
from slowlens.facts.live.seconds import milliseconds, rounded
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.waterfall import Share, Waterfall, sentence
from slowlens.reports.tables import Rows, fitted, prose


def lines(measurement: Measurement, named: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the table and a sentence for each kind; nothing where nothing was timed.

    No table where it would tell no more than the sentences.
    """
    rows = shares(measurement, named)
    if rows:
        yield f"Where the time of a token goes{basis(measurement.peaks)}:"
        yield from fitted(rows)
        yield ""
    for said in sentences(measurement):
        yield from prose(named(said))


def shares(measurement: Measurement, named: Callable[[str], str] = str) -> Rows:
    """Return a line a share below the names of the kinds; empty where sentences tell as much."""
    found = waterfalls(measurement)
    if not any(each.split for each in found):
        return ()
    shown = [share for share in Share if any(each.seconds(share) for each in found)]
    head = ("", *(named(each.label) for each in found))
    whole = ("time per token (TPOT)", *(_whole(each) for each in found))
    parts = (_row(share, found) for share in shown)
    return [head, *parts, whole, *_first_tokens(measurement, found)]


def sentences(measurement: Measurement) -> Iterator[str]:
    """Say what each kind is bound by, and why no kind has a floor where that is so."""
    found = waterfalls(measurement)
    yield from _missing(measurement, found)
    split = any(each.split for each in found)
    for each in found:
        if split or any(part.share is not Share.REST for part in each.parts):
            yield f"{sentence(each)}."


def _missing(measurement: Measurement, found: tuple[Waterfall, ...]) -> Iterator[str]:
    """Say why no kind has a floor, which is more than that there is none in the table."""
    if found and all(each.floor is None for each in found):
        unread = "the bytes that a token reads could not be counted"
        unprobed = "the bandwidth of the device could not be measured"
        why = unread if measurement.peaks else unprobed
        yield f"The floor is not available: {why}. How much faster a token could be is not known."


def _first_tokens(
    measurement: Measurement, found: tuple[Waterfall, ...]
) -> Iterator[tuple[str, ...]]:
    """Hold the time to the first token against what computing the prompt takes at best."""
    made = [prefill(measurement, each.subject, each.cache) for each in found]
    if measurement.peaks is not None:
        speeds = (speed_of(measurement, each.subject, each.cache) for each in found)
        told = (milliseconds(each.ttft) if each else "-" for each in speeds)
        best = (f"{milliseconds(e.floor)} ({100 * e.mfu:.0f} %)" if e else "-" for e in made)
        yield ("first token (TTFT)", *told)
    if any(made):
        yield ("floor: prompt computed once", *best)


def basis(peaks: Peaks | None) -> str:
    """Say in brackets what the device can do at best; empty where that was not measured."""
    if peaks is None:
        return ""
    return (
        f" ({peaks.bandwidth / 1e9:,.0f} GB/s and {rounded(peaks.flops / 1e12)} TFLOP/s in "
        f"{peaks.dtype}, measured before)"
    )


def _row(share: Share, found: tuple[Waterfall, ...]) -> tuple[str, ...]:
    return (share.value, *(_part(each, share) for each in found))


def _part(explained: Waterfall, share: Share) -> str:
    seconds = explained.seconds(share)
    if not seconds:
        return "-"
    return f"{milliseconds(seconds)} ({100 * seconds / explained.tpot:.0f} %)"


def _whole(explained: Waterfall) -> str:
    return f"{'about ' if explained.estimated else ''}{milliseconds(explained.tpot)}"
