"""Two runs or more side by side: what differs about them, verdicts, figures, curves."""

import streamlit as st

from slowlens.lineup import kinds_of
from slowlens_dashboard.ending import end_page
from slowlens_dashboard.runs.kept import shelf
from slowlens_dashboard.runs.lineup_link import kind_named
from slowlens_dashboard.runs.lineup_runs import look_up
from slowlens_dashboard.runs.lineup_store import lined_up, offered, shop
from slowlens_dashboard.runs.naming import called
from slowlens_dashboard.widgets.compare_choice import asked, choose_kind, choose_runs
from slowlens_dashboard.widgets.compare_circumstances import circumstances_of
from slowlens_dashboard.widgets.compare_exports import lineup_exports
from slowlens_dashboard.widgets.compare_figures import (
    lineup_curves,
    lineup_figures,
    lineup_waterfalls,
)
from slowlens_dashboard.widgets.compare_lost import lost_runs
from slowlens_dashboard.widgets.compare_runs import run_cards
from slowlens_dashboard.widgets.compare_start import too_few
from slowlens_dashboard.widgets.compare_verdicts import lineup_verdicts
from slowlens_dashboard.widgets.hidden_runs import hidden_runs
from slowlens_dashboard.wording.language import _

st.title(_("Compare runs"), anchor=False)
wanted = asked()
runs, lost = look_up(wanted.runs, shop())
rows = offered(runs)
lost_runs(lost)
if rows:
    choose_runs(runs, rows)
titles = {run.id: called(rows[run.id]) for run in runs}
if len(runs) < 2:
    too_few(list(titles.values()), len(rows))
    hidden_runs(shelf().hidden)
    end_page()

lineup = lined_up(runs, kind_named(wanted.kind, kinds_of(runs)), anyway=wanted.anyway)
run_cards(lineup, titles)
choose_kind(runs, "".join(entry.name for entry in lineup.entries))
circumstances_of(lineup)
lineup_verdicts(lineup)
lineup_figures(lineup)
lineup_curves(lineup, titles)
lineup_waterfalls(lineup)
lineup_exports(lineup)
