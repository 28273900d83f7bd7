"""Where the time of a token goes: one column a kind of trial, one line a share."""

from collections.abc import Callable, Iterator

from slowlens.facts.live.device import Peaks
from slowlens.facts.live.explanation import waterfalls
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.prefill import prefill
from slowlens.facts.live.seconds import milliseconds, rounded
from slowlens.facts.live.waterfall import Share, Waterfall, sentence
from slowlens.reports.tables import fitted, prose


def lines(measurement: Measurement, named: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the table and a sentence for each kind; nothing where nothing was timed.

    No table where it would tell no more than the sentences.
    """
    found = waterfalls(measurement)
    if not found:
        return
    shown = [share for share in Share if any(each.seconds(share) for each in found)]
    missing = [*_missing(measurement, found)]
    if not any(each.split for each in found):
        yield from missing
        for each in found:
            if any(part.share is not Share.REST for part in each.parts):
                yield from prose(f"{named(sentence(each))}.")
        return
    yield f"Where the time of a token goes{basis(measurement.peaks)}:"
    head = ("", *(named(each.label) for each in found))
    whole = ("time per token (TPOT)", *(_whole(each) for each in found))
    rows = (_row(share, found) for share in shown)
    yield from fitted([head, *rows, whole, *_first_tokens(measurement, found)])
    yield ""
    yield from missing
    for each in found:
        yield from prose(f"{named(sentence(each))}.")


def _missing(measurement: Measurement, found: tuple[Waterfall, ...]) -> Iterator[str]:
    """Say why no kind has a floor, which is more than that there is none in the table."""
    if all(each.floor is None for each in found):
        unread = "the bytes that a token reads could not be counted"
        unprobed = "the bandwidth of the device could not be measured"
        why = unread if measurement.peaks else unprobed
        yield from prose(
            f"The floor is not available: {why}. How much faster a token could be is not known."
        )


def _first_tokens(
    measurement: Measurement, found: tuple[Waterfall, ...]
) -> Iterator[tuple[str, ...]]:
    """Hold the time to the first token against what computing the prompt takes at best."""
    made = [prefill(measurement, each.subject, each.cache) for each in found]
    if any(made):
        told = (milliseconds(each.ttft) if each else "-" for each in made)
        best = (f"{milliseconds(e.floor)} ({100 * e.mfu:.0f} %)" if e else "-" for e in made)
        yield ("first token (TTFT)", *told)
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
