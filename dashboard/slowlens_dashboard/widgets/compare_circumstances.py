"""What differs about the runs that are compared, and whether they may be."""

import streamlit as st

from slowlens.lineup import Lineup
from slowlens.speedverdict import SpeedVerdict
from slowlens_dashboard.runs.lineup_tables import common_table, differing_table
from slowlens_dashboard.widgets.compare_choice import compare_anyway
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose


def circumstances_of(lineup: Lineup) -> None:
    """Draw what differs, and fold away what is the same, and what nobody can say that of."""
    names = [entry.name for entry in lineup.entries]
    st.header(_("What differs"), anchor=False)
    _unlike(lineup)
    if lineup.differing:
        table = differing_table(lineup.differing, names, _)
        st.table(table, hide_index=True, border="horizontal")
        st.caption(_(f"Bold: unlike {names[0]}. What may differ keeps no run from a verdict."))
    else:
        st.markdown(_("Nothing, as far as these runs tell."))
    if lineup.common:
        with st.expander(_(f"What is the same: {len(lineup.common)}"), icon=":material/equal:"):
            table = common_table(lineup.common, names, _)
            st.table(table, hide_index=True, border="horizontal")
    if lineup.partly_told:
        told = _(f"What only some runs tell: {len(lineup.partly_told)}")
        with st.expander(told, icon=":material/question_mark:"):
            table = common_table(lineup.partly_told, names, _)
            st.table(table, hide_index=True, border="horizontal")


def _unlike(lineup: Lineup) -> None:
    """Say which runs have no verdict because of it, and offer to give one all the same."""
    unlike = [verdict for verdict in lineup.verdicts if verdict.unlike]
    if not unlike:
        return
    first = lineup.entries[0].name
    lines = [f"- **{plain(_second(verdict))}**: {prose(_(_what(verdict)))}" for verdict in unlike]
    names = ", ".join(map(_second, unlike))
    st.warning(
        "\n".join(lines),
        title=_(f"Not measured as {first} was: {names}"),
        icon=":material/warning:",
    )
    if not all(verdict.hopeless for verdict in unlike):
        compare_anyway()


def _second(verdict: SpeedVerdict) -> str:
    return verdict.titles[1]


def _what(verdict: SpeedVerdict) -> str:
    what = ", ".join(each.what for each in verdict.unlike)
    if verdict.hopeless:
        return f"unlike in {what}. There is nothing to compare."
    return f"unlike in {what}."
