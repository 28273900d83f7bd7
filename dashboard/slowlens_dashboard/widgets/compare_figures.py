"""The figures of several runs beside each other: a table, their curves, their waterfalls."""

from collections.abc import Mapping
from dataclasses import replace
from html import escape

import pandas as pd
import streamlit as st

from slowlens.facts.live.explanation import waterfall
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.waterfall import Share, Waterfall, sentence
from slowlens.lineup import Entry, Lineup
from slowlens.reports.speed_lineup import rows
from slowlens_dashboard.charts.overlay import Curve, caption, overlay_figure, whole
from slowlens_dashboard.charts.waterfall import waterfall_figure
from slowlens_dashboard.runs.lineup_link import label
from slowlens_dashboard.runs.lineup_tables import figures_table
from slowlens_dashboard.widgets.compare_verdicts import ANSWERS
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose

RATIOS = (
    "Times are medians, with the range of the rounds; below them their relation to the first run,"
    " which is one of means, with its 90 % interval."
)
APART = 2 * "\N{NO-BREAK SPACE}"
"""Between a letter and a title that is no word to translate: with a colon it would be one."""


def lineup_figures(lineup: Lineup) -> None:
    """Draw the table."""
    st.header(_("Figures"), anchor=False)
    if lineup.kind:
        kind = plain(label(lineup.kind))
        st.caption(_(f"Compared: {kind}"))
    table = figures_table(rows(lineup), [entry.name for entry in lineup.entries], _)
    verdicts = pd.DataFrame([{_("Figure"): _("Verdict"), **_verdicts(lineup)}])
    table = pd.concat([verdicts, table], ignore_index=True)
    st.table(table, hide_index=True, border="horizontal")
    st.caption(_(RATIOS))


def _verdicts(lineup: Lineup) -> Mapping[str, str]:
    return {e.name: _(ANSWERS[e.verdict.answer]) if e.verdict else "" for e in lineup.entries}


def lineup_curves(lineup: Lineup, titles: Mapping[str, str]) -> None:
    """Draw them over each other; nothing where no run has steps."""
    names = (f"{e.name}{APART}{titles[e.run.id]}" for e in lineup.entries)
    curves = [Curve(n, _ran(e, lineup)) for n, e in zip(names, lineup.entries, strict=True)]
    figure = overlay_figure(curves)
    if figure is None:
        return
    st.header(_("Token by token"), anchor=False)
    st.plotly_chart(
        _(figure),
        key="compare-curves",
        config={"displaylogo": False},
        alt=_("Milliseconds of each token of every run, and when each token was there"),
    )
    st.caption(_(caption(curves)))


def _ran(entry: Entry, lineup: Lineup) -> tuple[Generation, ...]:
    measured = entry.run.measurement
    if measured is None:
        return ()
    kind = lineup.kind
    return whole(g for g in measured.generations if (g.trial.subject, g.trial.cache) == kind)


def lineup_waterfalls(lineup: Lineup) -> None:
    """Draw a bar for each run that has steps; nothing where none is told apart."""
    found = {entry.name: _explained(entry, lineup) for entry in lineup.entries}
    known = {name: each for name, each in found.items() if each}
    if not any(map(_told, known.values())):
        return
    st.header(_("Where the time of a token goes"), anchor=False)
    if any(each.split for each in known.values()):
        named = [
            replace(each, label=escape(f"{name}, {each.label}")) for name, each in known.items()
        ]
        st.plotly_chart(
            _(waterfall_figure(named)),
            key="compare-waterfalls",
            config={"displayModeBar": False},
            alt=_("Milliseconds per token of each run, by what they are spent on"),
        )
    lines = (f"- **{name}** {prose(_(sentence(each)))}." for name, each in known.items())
    st.markdown("\n".join(lines))


def _explained(entry: Entry, lineup: Lineup) -> Waterfall | None:
    measured = entry.run.measurement
    return waterfall(measured, *lineup.kind) if measured and lineup.kind else None


def _told(explained: Waterfall) -> bool:
    return any(part.share is not Share.REST for part in explained.parts)
