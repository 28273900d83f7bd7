"""Generate with and without the cache, and watch each token's time."""

import streamlit as st

from slowlens.measure.plan import SAMPLED_FROM
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.charts.steps import lines_note
from slowlens_dashboard.ending import end_page
from slowlens_dashboard.measuring.job import Job
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.measuring.starting import stop
from slowlens_dashboard.widgets.live_chart import live_chart
from slowlens_dashboard.widgets.pair_header import pair_header, run_header
from slowlens_dashboard.widgets.plan_form import plan_form
from slowlens_dashboard.widgets.recent_runs import recent_list
from slowlens_dashboard.widgets.run_result import run_result
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain


def watch(job: Job) -> None:
    """Draw a run in progress, with the way to stop it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            _(
                "In progress. A refresh or a second tab finds it again; this page's address"
                " shares it."
            ),
            width="stretch",
        )
        st.button(
            _("Stop"),
            icon=":material/stop:",
            type="primary",
            on_click=stop,
            args=(job.id,),
            disabled=read_only(),
        )
    live_chart(job.id, job.plan)
    sampled = job.plan.new_tokens >= SAMPLED_FROM and not job.plan.full
    st.caption(_(lines_note(job.plan.rounds, sampled=sampled)))


def missing(run_id: str) -> None:
    """Say why there is no such run, and how to get it back where it was deleted."""
    if run_id in jobs().store.trash.ids():
        st.warning(
            _("This command brings it back; then reload the page."),
            title=_(f"The run {plain(run_id)} was deleted."),
            icon=":material/delete:",
        )
        st.code(f"slowlens runs restore {run_id}", language="bash", wrap_lines=True)
    else:
        st.warning(
            _(
                "It may belong to another server, or to a folder that this one does not"
                " show. Start a new one below, or open a recent one."
            ),
            title=_(f"There is no run {plain(run_id)} here."),
            icon=":material/search_off:",
        )


wanted = st.query_params.get("run")
job = jobs().get(wanted) if wanted else jobs().active
if job is not None and job.running:
    st.query_params["run"] = job.id
    run_header(job.run)
    watch(job)
    end_page()

run = jobs().find(wanted) if wanted else None
if run is not None:
    run_header(run)
    run_result(run)
    end_page()

chosen = pair_header("Live run")
if wanted:
    missing(wanted)
if read_only():
    st.info(
        _(
            "It shows, compares and exports what was measured. To measure, start a dashboard of"
            " your own: slowlens ui"
        ),
        title=_("This dashboard is read-only."),
        icon=":material/lock:",
    )
else:
    plan_form(chosen)
recent_list()
