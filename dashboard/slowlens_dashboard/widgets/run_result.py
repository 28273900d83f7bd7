"""A finished run: the sentence, the verdict, the charts, the figures, the texts and the file."""

from collections.abc import Sequence

import streamlit as st

from slowlens.codec import encode
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.speed import answer_of
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Purpose, Subject
from slowlens.reports.measurement import factors
from slowlens.run import Run
from slowlens_dashboard.charts.steps import TIMED, lines_note, steps_figure
from slowlens_dashboard.figures import (
    ending,
    slow_starts,
    speed_table,
    table_note,
    texts_table,
    without_sample,
)
from slowlens_dashboard.pages import FIXES
from slowlens_dashboard.pair import follow, of_run
from slowlens_dashboard.prose import plain, prose, sentence
from slowlens_dashboard.repairs import offers
from slowlens_dashboard.starting import again, start, with_fixes
from slowlens_dashboard.widgets.answer import sentence_on_top
from slowlens_dashboard.widgets.explained import (
    failures,
    fixes_tried,
    machine,
    same_results,
    time_of_a_token,
)
from slowlens_dashboard.widgets.imported_result import imported_result
from slowlens_dashboard.widgets.verdict import verdicts


def run_result(run: Run) -> None:
    """Draw a stored run."""
    measurement = run.measurement
    if run.imported is not None:
        imported_result(run.imported)
        return
    if measurement is None:
        st.info("This run has no measurement: its files were checked only.")
        return
    _ending(measurement)
    sentence_on_top(run.answer, said=" ".join(factors(measurement)))
    st.caption(_conditions(measurement))
    _actions(run)
    verdicts(measurement)
    failures(measurement)
    time_of_a_token(measurement)
    fixes_tried(measurement)
    _figures(measurement)
    same_results(measurement)
    _texts(measurement)
    machine(measurement)


def _ending(measurement: Measurement) -> None:
    match measurement.status:
        case Status.FAILED:
            st.error(
                prose(measurement.hint or "Start it again."),
                title=prose(sentence(measurement.error or "the run failed")),
                icon=":material/error:",
            )
        case Status.STOPPED:
            st.info(
                "What was measured until then is below.",
                title="You stopped this run.",
                icon=":material/stop_circle:",
            )
        case _:
            pass


def _conditions(measurement: Measurement) -> str:
    devices = dict.fromkeys(
        f"{m.device.name}, {m.dtype}, {m.attention}" for m in measurement.models
    )
    packages = measurement.environment.packages if measurement.environment else {}
    versions = [f"{n} {packages[n]}" for n in ("torch", "transformers") if n in packages]
    return plain(" · ".join([*devices, *versions]))


def _actions(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Measure again", icon=":material/replay:", on_click=_again, args=(run,))
        st.button("New run", icon=":material/add:", on_click=_leave)
        st.download_button(
            "Run file",
            lambda: encode(run),
            f"slowlens-{run.id}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        fixable = bool(offers(run))
        if fixable and st.button(
            "See the fixes", icon=":material/build:", on_click=follow, args=(of_run(run),)
        ):
            st.switch_page(FIXES)


def _again(run: Run) -> None:
    start(again(run), fixes=with_fixes(run))


def _leave() -> None:
    st.query_params.pop("run", None)


def _figures(measurement: Measurement) -> None:
    table = speed_table(measurement)
    if not table.empty:
        st.subheader("Each kind of trial", anchor=False)
        shown, sample = without_sample(table)
        st.table(shown, hide_index=True, border="horizontal")
        st.caption(table_note(measurement, shown, sample))
        for line in slow_starts(measurement):
            st.markdown(f":material/hourglass_top: {plain(line)}")
    _steps([g for g in measurement.generations if g.trial.purpose in TIMED])


def _steps(timed: Sequence[Generation]) -> None:
    if not any(len(g.steps) > 1 for g in timed):
        return
    st.plotly_chart(
        steps_figure(timed),
        key="steps",
        config={"displaylogo": False},
        alt="Milliseconds per token, and the input length of each step",
    )
    sampled = any(g.trial.purpose is Purpose.CURVE for g in timed)
    st.caption(lines_note(1 + max(g.trial.round for g in timed), sampled=sampled))


def _texts(measurement: Measurement) -> None:
    answers = {s: answer_of(measurement, s) for s in Subject}
    found = {subject: answer for subject, answer in answers.items() if answer is not None}
    if found:
        st.subheader("The answer, free to stop", anchor=False)
        for column, (subject, answer) in zip(st.columns(len(found)), found.items(), strict=True):
            with column.container(border=True, height="stretch"):
                st.caption(f"{subject}, {ending(answer)}")
                st.text(answer.text)
    with st.expander("Prompt", icon=":material/chat:"):
        st.text(measurement.plan.prompt)
    texts = texts_table(measurement)
    if not texts.empty:
        with st.expander("Texts of the timed trials, which may not stop", icon=":material/notes:"):
            st.table(texts, hide_index=True, border="horizontal")
