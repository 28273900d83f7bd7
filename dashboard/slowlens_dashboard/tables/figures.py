"""What was measured as tables and words, each figure with its unit and sample size."""

from collections.abc import Sequence
from statistics import median

import pandas as pd

from slowlens.facts.live.attribution import Attribution
from slowlens.facts.live.comparison import shown
from slowlens.facts.live.measurement import Measurement, WarmUp
from slowlens.facts.live.seconds import duration, ranged, rounded
from slowlens.facts.live.speed import Speed, speeds
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Finish, Purpose, Trial
from slowlens.reports import attribution
from slowlens.reports.measurement import prompts
from slowlens.reports.spread import TOO_SHORT, UNKNOWN, grown, latency, variation
from slowlens.reports.units import counted, milliseconds
from slowlens_dashboard.tables.cutoff import MARK, MEANING, cut_off, extent
from slowlens_dashboard.wording.prose import plain

GROWTH = "Growth per 1,000 tokens"
OPTIONAL = ("p90", "p95", GROWTH, "Between rounds (CV)")
"""Columns that are left out where no sample allows them."""

UNBROKEN = ("First token (TTFT)", "Per token (TPOT)", "p90", "p95", "Speed", "Last input")
"""Columns whose figures stay on the line of their units."""
LATER = 1.0
"""Seconds by which a first call is worth a word."""
NO_BREAK = "\N{NO-BREAK SPACE}"


def speed_table(measurement: Measurement) -> pd.DataFrame:
    """Figures of the timed trials, medians over n rounds, with the range of the rounds.

    Of a kind that was cut off before one of its trials was whole, what its steps took.
    """
    rows = [_row(measurement, speed) for speed in speeds(measurement)]
    table = pd.DataFrame([*rows, *map(_row_cut_off, cut_off(measurement))])
    for name in UNBROKEN:
        if not table.empty:
            table[name] = table[name].str.replace(" ", NO_BREAK)
    empty = [name for name in OPTIONAL if not table.empty and (table[name] == UNKNOWN).all()]
    return table.drop(columns=empty)


def _row(measurement: Measurement, speed: Speed) -> dict[str, str]:
    tokens = counted(speed.new_tokens, "token")
    return {
        "Trial": f"{speed.label}, estimated" if speed.estimated else speed.label,
        "First token (TTFT)": milliseconds(speed.ttft),
        "Per token (TPOT)": shown(speed),
        "p90": latency(speed.p90),
        "p95": latency(speed.p95),
        "Speed": f"{rounded(speed.tokens_per_second)} tokens/s",
        GROWTH: grown(speed.growth, speed.runs),
        "Between rounds (CV)": variation(speed.cv),
        "Last input": counted(_last_input(measurement, speed), "token"),
        "n": f"{counted(speed.rounds, 'round')} of {tokens}",
    }


def _row_cut_off(ran: Sequence[Generation]) -> dict[str, str]:
    steps = [each.tpot for each in ran if each.itl]
    return {
        "Trial": ran[0].trial.label + MARK,
        "First token (TTFT)": milliseconds(ran[0].ttft),
        "Per token (TPOT)": ranged(steps) if steps else UNKNOWN,
        **dict.fromkeys(OPTIONAL, UNKNOWN),
        "Speed": f"{rounded(1 / median(steps))} tokens/s" if steps else UNKNOWN,
        "Last input": counted(ran[-1].steps[-1].tokens_in, "token"),
        "n": extent(ran),
    }


def table_note(measurement: Measurement, table: pd.DataFrame, sample: str) -> str:
    """Say what the figures of a speed table rest on; ``sample`` as ``without_sample`` tells it."""
    found = speeds(measurement)
    if not found:
        return MEANING
    if all(speed.rounds == 1 for speed in found):
        what = "it takes more rounds to tell how far they lie apart"
        told = [f"{sample or 'One round each'}: {what}."]
    else:
        medians = "TTFT and TPOT are medians of the rounds, CV is how far these lie apart"
        told = [f"{sample}; {medians}." if sample else f"{medians}."]
    if GROWTH in table and (table[GROWTH] == TOO_SHORT).any():
        told.append(
            "Runs are too short where growth may be none, and its 95 % interval is wider than the"
            " time of a token: longer ones would tell."
        )
    told += [f"{said[:1].upper()}{said[1:]}." for said in prompts(measurement.plan)]
    return " ".join([*told, MEANING] if _cut_off_in(table) else told)


def _last_input(measurement: Measurement, speed: Speed) -> int:
    purpose = Purpose.CURVE if speed.estimated else Purpose.SPEED
    return max(g.steps[-1].tokens_in for g in measurement.find(speed.subject, speed.cache, purpose))


def without_sample(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Take out of a speed table what each of its rows rests on, where that is the same."""
    sizes = table["n"].unique()
    if len(sizes) > 1 or _cut_off_in(table):
        return table, ""
    return table.drop(columns="n"), str(sizes[0])


def _cut_off_in(table: pd.DataFrame) -> bool:
    return any(label.endswith(MARK) for label in table["Trial"])


def attribution_table(found: Attribution) -> pd.DataFrame:
    """Show what each fix that was tried saves of one answer."""
    head = [name[:1].upper() + name[1:] for name in attribution.HEAD]
    rows = [[plain(cell) for cell in row] for row in attribution.rows(found)]
    return pd.DataFrame(rows, columns=head)


def texts_table(measurement: Measurement) -> pd.DataFrame:
    """Show what each kind of timed trial wrote in its last round."""
    timed = [g for g in measurement.generations if g.trial.purpose is Purpose.SPEED]
    texts = {g.trial.label: plain(g.text) for g in timed}
    return pd.DataFrame({"Trial": list(texts), "Text": list(texts.values())})


def warm_ups(measurement: Measurement) -> tuple[str, ...]:
    """Say what went before the timed trials of each kind, and is in none of them."""
    return tuple(
        f"{_label(each)}: {counted(each.runs, 'run')}, "
        f"the first {duration(each.first)}, the last {duration(each.last)}"
        f"{'' if each.steady else ', not steady by then'}"
        for each in measurement.warm_ups
    )


def slow_starts(measurement: Measurement) -> tuple[str, ...]:
    """Say whose first call took a second longer than, and at least twice, its last one."""
    return tuple(
        f"The first call of {_label(each)} took {duration(each.first)},"
        f" warm ones {duration(each.last)}: loading and compilation, in no figure here."
        for each in measurement.warm_ups
        if each.first - each.last >= LATER and each.first >= 2 * each.last
    )


def _label(warm: WarmUp) -> str:
    return Trial(warm.subject, warm.cache, Purpose.SPEED, 0).label


def ending(answer: Generation) -> str:
    """Say how an answer that was free to stop has ended."""
    tokens = counted(len(answer.steps), "token")
    if answer.finish is Finish.EOS:
        return f"stopped by itself after {tokens}"
    return f"did not stop within {tokens}"
