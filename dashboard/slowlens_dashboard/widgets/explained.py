"""Where the time of a token goes, and which fix gives back how much."""

import streamlit as st

from slowlens.facts.live.agreement import judgement_of
from slowlens.facts.live.attribution import attribution
from slowlens.facts.live.explanation import waterfalls
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.waterfall import Share, Waterfall, sentence
from slowlens.reports.attribution import sentences
from slowlens.reports.explanation import basis
from slowlens_dashboard.charts.machine import machine_figure
from slowlens_dashboard.charts.waterfall import waterfall_figure
from slowlens_dashboard.tables.figures import attribution_table, warm_ups
from slowlens_dashboard.tables.machine_table import machine_table
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose

CHART = {"displayModeBar": False}


def time_of_a_token(measurement: Measurement) -> None:
    """Draw the waterfall with its sentences; nothing where nothing is known.

    No chart where all but the floor is unexplained: it would be a bar in grey.
    """
    found = waterfalls(measurement)
    if all(part.share is Share.REST for each in found for part in each.parts):
        return
    st.subheader(_("Where the time of a token goes"), anchor=False)
    if any(each.split for each in found):
        st.plotly_chart(
            _(waterfall_figure(found)),
            key="waterfall",
            config=CHART,
            alt=_("Milliseconds per token of each kind of trial, by what they are spent on"),
        )
    doubles = {overlay.name for overlay in measurement.plan.overlays}
    st.markdown("\n".join(f"- {_bound(e)}." for e in found if e.subject not in doubles))
    if measurement.peaks is not None:
        best = plain(basis(measurement.peaks).strip(" ()"))
        st.caption(_(f"The device at its best: {best}."))


def _bound(each: Waterfall) -> str:
    bound = _(each.bound)
    return prose(_(sentence(each))).replace(bound, f"**{bound}**", 1)


def fixes_tried(measurement: Measurement) -> None:
    """Draw what each fix saves; nothing where none was tried."""
    found = attribution(measurement)
    if found is None:
        return
    title = _("What each fix gives back")
    st.subheader(title, anchor=False)
    st.table(_(attribution_table(found)), hide_index=True, border="horizontal", alt=title)
    st.markdown(prose(" ".join(map(_, sentences(found)))))


def same_results(measurement: Measurement) -> None:
    """Say whether the cache changes the results, where that was measured."""
    found = judgement_of(measurement)
    if found is not None:
        st.markdown(f":material/balance: {prose(_(found.sentence))}")


def failures(measurement: Measurement) -> None:
    """Draw what could not be run, the same trouble once; what ended the run is told above."""
    trouble: dict[tuple[str, str], list[str]] = {}
    told = measurement.error, measurement.hint
    for failure in (f for f in measurement.failures if (f.message, f.hint) != told):
        labels = trouble.setdefault((failure.message, failure.hint), [])
        labels.append(f"{failure.trial.label} ({failure.trial.purpose})")
    for (message, hint), labels in trouble.items():
        names = ", ".join(dict.fromkeys(labels))
        st.warning(
            prose(_(f"{message}. {hint}" if hint else message)),
            title=plain(_(f"Could not be run: {names}")),
            icon=":material/report:",
        )


def machine(measurement: Measurement) -> None:
    """Fold away what the machine did, and what went before the timed trials."""
    figure, warm = machine_figure(measurement), warm_ups(measurement)
    if figure is None and not warm:
        return
    with st.expander(_("The machine during the run"), icon=":material/memory:"):
        if figure is not None:
            alt = _("What the machine did over the seconds of the run, with the trials shaded")
            st.plotly_chart(_(figure), key="machine", config=CHART, alt=alt)
            table = _(machine_table(measurement))
            st.table(table, hide_index=True, border="horizontal", alt=alt)
        if warm:
            st.markdown(_("Warming up, which is in no figure above:"))
            st.markdown("\n".join(f"- {plain(_(line))}" for line in warm))
