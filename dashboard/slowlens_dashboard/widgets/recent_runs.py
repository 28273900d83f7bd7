"""The runs that were measured before, each with its link."""

import streamlit as st

from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.reports.units import counted, milliseconds, minute
from slowlens.run import Run
from slowlens.witness import rounds
from slowlens_dashboard.diagnosis import recent_runs
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.pair import of_run
from slowlens_dashboard.prose import plain

SHOWN = 8


def recent_list() -> None:
    """Draw the newest runs with figures, measured here or imported."""
    measured = [run for run in recent_runs() if run.measurement or run.imported][:SHOWN]
    if measured:
        st.subheader("Recent runs", anchor=False)
    with st.container(gap="xxsmall"):
        for run in measured:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    f"{_when(run)} · {plain(of_run(run).label)}",
                    key=f"open-{run.id}",
                    type="tertiary",
                    icon=":material/monitoring:",
                    on_click=_open,
                    args=(run.id,),
                )
                st.caption(_summary(run))


def run_link(run: Run, label: str) -> None:
    """Draw the way to a run."""
    st.page_link(LIVE, label=label, query_params={"run": run.id}, icon=":material/monitoring:")


def origin_link(run: Run) -> None:
    """Say which run speaks for the files, with the way to it."""
    number = rounds(run)
    told = f", {counted(number, 'round')}" if number else ""
    run_link(run, f"What was measured is from the run that ended {_utc(run)}{told}")


def _open(run_id: str) -> None:
    st.query_params["run"] = run_id


def _when(run: Run) -> str:
    return f"{'Imported' if run.imported else 'Ended'} {_utc(run)}"


def _utc(run: Run) -> str:
    return f"{minute(run.created)} UTC"


def _summary(run: Run) -> str:
    if run.imported:
        return plain(run.answer)
    assert run.measurement
    speed = speed_of(run.measurement, Subject.MERGED, Cache.AS_SHIPPED)
    figure = f" · {milliseconds(speed.tpot)} per token as shipped" if speed else ""
    return f"{run.measurement.status}{figure}"
