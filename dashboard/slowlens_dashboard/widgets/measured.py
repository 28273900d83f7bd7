"""What was measured in a run, as it is: the figures, each step, and the texts."""

from collections.abc import Sequence

import streamlit as st

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import answer_of
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Purpose, Subject
from slowlens_dashboard.charts.steps import TIMED, lines_note, steps_figure
from slowlens_dashboard.tables.figures import (
    ending,
    slow_starts,
    speed_table,
    table_note,
    texts_table,
    without_sample,
)
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain


def figures(measurement: Measurement) -> None:
    """Draw the table of all kinds of trial, and each step below it."""
    table = speed_table(measurement)
    if not table.empty:
        title = _("Each kind of trial")
        st.subheader(title, anchor=False)
        shown, sample = without_sample(table)
        st.table(_(shown), hide_index=True, border="horizontal", alt=title)
        st.caption(_(table_note(measurement, shown, sample)))
        for line in slow_starts(measurement):
            st.markdown(f":material/hourglass_top: {plain(_(line))}")
    _steps([g for g in measurement.generations if g.trial.purpose in TIMED])


def _steps(timed: Sequence[Generation]) -> None:
    if not any(len(g.steps) > 1 for g in timed):
        return
    st.plotly_chart(
        _(steps_figure(timed)),
        key="steps",
        config={"displaylogo": False},
        alt=_("Milliseconds per token, and the input length of each step; figures in the table"),
    )
    sampled = any(g.trial.purpose is Purpose.CURVE for g in timed)
    st.caption(_(lines_note(1 + max(g.trial.round for g in timed), sampled=sampled)))


def texts(measurement: Measurement) -> None:
    """Draw the answers side by side, and fold away the prompt and what timed trials wrote."""
    answers = {s: answer_of(measurement, s) for s in Subject}
    found = {subject: answer for subject, answer in answers.items() if answer is not None}
    if found:
        st.subheader(_("The answer, free to stop"), anchor=False)
        for column, (subject, answer) in zip(st.columns(len(found)), found.items(), strict=True):
            with column.container(border=True, height="stretch"):
                st.caption(_(f"{subject}, {ending(answer)}"))
                st.text(answer.text)
    with st.expander(_("Prompt"), icon=":material/chat:"):
        st.text(measurement.plan.prompt)
    written = texts_table(measurement)
    written["Trial"] = written["Trial"].map(_)  # and not what was written
    written.columns = [_(str(name)) for name in written.columns]
    if not written.empty:
        title = _("Texts of the timed trials, which may not stop")
        with st.expander(title, icon=":material/notes:"):
            st.table(written, hide_index=True, border="horizontal", alt=title)
