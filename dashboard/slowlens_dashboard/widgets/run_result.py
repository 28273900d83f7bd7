"""A finished run: how it ended, the answer, what to do next, and then part by part."""

from collections.abc import Sequence

import streamlit as st

from slowlens.answer import slower_than_source
from slowlens.codec import encode
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.findings import Finding
from slowlens.reports.measurement import factors
from slowlens.rules.throttled_or_shared_gpu import RULE as UNQUIET
from slowlens.run import Run
from slowlens.standing import Standing
from slowlens.witness import before_and_after
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.diagnosis import recent_runs
from slowlens_dashboard.measuring.starting import again, start, with_fixes
from slowlens_dashboard.pages import FIXES
from slowlens_dashboard.pair import follow, of_run
from slowlens_dashboard.repairs import offers
from slowlens_dashboard.widgets.answer import sentence_on_top
from slowlens_dashboard.widgets.compare_link import compare_link
from slowlens_dashboard.widgets.comparison import comparison
from slowlens_dashboard.widgets.explained import (
    failures,
    fixes_tried,
    machine,
    same_results,
    time_of_a_token,
)
from slowlens_dashboard.widgets.imported_result import imported_result
from slowlens_dashboard.widgets.measured import figures, texts
from slowlens_dashboard.widgets.report_menu import report_link
from slowlens_dashboard.widgets.run_findings import run_findings
from slowlens_dashboard.widgets.verdict import verdicts
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose, sentence


def run_result(run: Run) -> None:
    """Draw a stored run."""
    measurement = run.measurement
    if run.imported is not None:
        imported_result(run.imported)
        compare_link(run)
        report_link(run)
        return
    if measurement is None:
        st.info(_("This run has no measurement: its files were checked only."))
        report_link(run)
        return
    _ending(measurement)
    told = (*factors(measurement), f"{slower_than_source(measurement)}.")  # the verdicts below
    sentence_on_top(run.answer, said=" ".join(told))
    st.caption(_conditions(measurement))
    _actions(run)
    _fixed(run)
    verdicts(measurement, _doubts(run))
    failures(measurement)
    time_of_a_token(measurement)
    fixes_tried(measurement)
    figures(measurement)
    same_results(measurement)
    texts(measurement)
    machine(measurement)
    run_findings(run)


def _ending(measurement: Measurement) -> None:
    match measurement.status:
        case Status.FAILED:
            st.error(
                prose(_(measurement.hint or "Start it again.")),
                title=prose(sentence(_(measurement.error or "the run failed"))),
                icon=":material/error:",
            )
        case Status.STOPPED:
            st.info(
                _("What was timed until then is below.")
                if measurement.timed
                else _("Nothing was timed by then."),
                title=prose(_(measurement.error or "You stopped this run.")),
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


def _doubts(run: Run) -> Sequence[Finding]:
    """Return what the machine did that puts the times in doubt, whatever runtime is judged."""
    found = (*run.findings, *run.standings[Standing.ELSEWHERE])
    return [finding for rule, finding in found if rule == UNQUIET.id]


def _actions(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Measure again"),
            icon=":material/replay:",
            on_click=_again,
            args=(run,),
            disabled=read_only(),
        )
        st.button(_("New run"), icon=":material/add:", on_click=_leave)
        st.download_button(
            _("Run file"),
            lambda: encode(run),
            f"slowlens-{run.id}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        fixable = bool(offers(run))
        if fixable and st.button(
            _("See the fixes"), icon=":material/build:", on_click=follow, args=(of_run(run),)
        ):
            st.switch_page(FIXES)
        compare_link(run)
        report_link(run)


def _fixed(run: Run) -> None:
    """Draw what became of the fixes that were applied before this run, if any were."""
    proof = before_and_after(run, recent_runs())
    if proof is not None and proof[1].id == run.id:
        comparison(*proof)


def _again(run: Run) -> None:
    start(again(run), fixes=with_fixes(run))


def _leave() -> None:
    st.query_params.pop("run", None)
