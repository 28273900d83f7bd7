"""Which runs are compared, and by which kind of trial: chosen here, and kept in the address."""

from collections.abc import Mapping, Sequence

import streamlit as st

from slowlens.lineup import MOST, kinds_of, usual_kind
from slowlens.run import Run
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.runs.lineup_link import (
    ANYWAY,
    KIND,
    RUN,
    LineupQuery,
    label,
    timed_by,
    wanted,
)
from slowlens_dashboard.runs.lineup_runs import options
from slowlens_dashboard.wording.language import _

CHOSEN, CHOSEN_KIND, CHOSEN_ANYWAY = "compare-runs", "compare-kind", "compare-anyway"


def asked() -> LineupQuery:
    """Return what the address asks for."""
    query = st.query_params
    return wanted(query.get_all(RUN), query.get(KIND, ""), query.get(ANYWAY, ""))


def choose_runs(chosen: Sequence[Run], rows: Mapping[str, Row]) -> None:
    """Draw the list to choose from; ``rows`` hold those that are chosen too."""
    told = options(rows, _)
    st.session_state[CHOSEN] = [run.id for run in chosen]
    st.multiselect(
        _("Runs to compare"),
        list(told),
        format_func=lambda run_id: told[run_id],
        key=CHOSEN,
        on_change=_take_runs,
        max_selections=MOST,
        placeholder=_("Choose two or more"),
        help=_("The first one is what the others are judged by. The address shares the choice."),
        select_all=False,
    )


def choose_kind(runs: Sequence[Run], letters: str) -> None:
    """Draw the kinds of trial to choose from, where there are several."""
    kinds, usual = kinds_of(runs), usual_kind(runs)
    if usual is None or len(kinds) < 2:
        return
    measured = sum(run.measurement is not None for run in runs)
    told = {label(kind): timed_by(kind, kinds, letters, measured) for kind in kinds}
    st.session_state[CHOSEN_KIND] = asked().kind if asked().kind in told else label(usual)
    st.selectbox(
        _("Kind of trial"),
        list(told),
        format_func=lambda name: _(told[name]),
        key=CHOSEN_KIND,
        on_change=_take_kind,
        args=(label(usual),),
        width=420,
    )


def compare_anyway() -> None:
    """Draw the switch that compares what is not alike."""
    st.session_state[CHOSEN_ANYWAY] = asked().anyway
    st.toggle(_("Compare anyway"), key=CHOSEN_ANYWAY, on_change=_take_anyway)


def judge_by(run_id: str) -> None:
    """Put a run first; a callback."""
    others = [each for each in asked().runs if each != run_id]
    st.query_params[RUN] = [run_id, *others]


def _take_runs() -> None:
    st.query_params[RUN] = st.session_state[CHOSEN]


def _take_kind(usual: str) -> None:
    chosen = st.session_state[CHOSEN_KIND]
    if chosen == usual:
        st.query_params.pop(KIND, None)
    else:
        st.query_params[KIND] = chosen


def _take_anyway() -> None:
    if st.session_state[CHOSEN_ANYWAY]:
        st.query_params[ANYWAY] = "1"
    else:
        st.query_params.pop(ANYWAY, None)
