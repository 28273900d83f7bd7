"""What changed from the source to the merged checkpoint, ranked by effect."""

from collections.abc import Sequence

import streamlit as st

from slowlens.facts.difference import Difference, Effect
from slowlens.facts.settings import Settings
from slowlens.reports.units import counted
from slowlens_dashboard import address
from slowlens_dashboard.diagnosis import diagnose
from slowlens_dashboard.ending import end_page
from slowlens_dashboard.filters import matches
from slowlens_dashboard.tables.facts import difference_table
from slowlens_dashboard.widgets.pair_header import pair_header
from slowlens_dashboard.wording.language import _

# Parts of the address, and keys of the widgets.
SEARCH, EFFECTS, UNCHANGED = "search", "effect", "unchanged"


def begin() -> None:
    """Take what the page shows from its address when it opens."""
    if SEARCH not in st.session_state:
        st.session_state[SEARCH] = address.asked(SEARCH)
    if EFFECTS not in st.session_state:
        found = address.listed(address.asked(EFFECTS), [e.value for e in Effect])
        st.session_state[EFFECTS] = [e for e in map(Effect, found) if e in counts]
    if UNCHANGED not in st.session_state:
        st.session_state[UNCHANGED] = bool(address.asked(UNCHANGED))


def publish() -> None:
    """Write what the page shows into its address; a callback."""
    address.write(SEARCH, st.session_state.get(SEARCH) or "")
    address.write(EFFECTS, ",".join(st.session_state.get(EFFECTS) or ()))
    address.write(UNCHANGED, "yes" if st.session_state.get(UNCHANGED) else "")


def table(differences: Sequence[Difference], settings: Settings, key: str) -> None:
    """Draw differences; on a narrow screen looks.css stacks what stands side by side."""
    with st.container(key=f"differences-{key}"):
        shown = _(difference_table(differences, settings))
        st.table(shown, hide_index=True, border="horizontal", alt=_("Differences"))


chosen = pair_header("Config diff")
run = diagnose(chosen).run
if run.diff is None:
    st.info(
        _(
            "Name the source beside the merged checkpoint on the page Checkpoint: the diff shows"
            " what changed from the one to the other."
        ),
        title=_("There is nothing to compare with."),
        icon=":material/difference:",
    )
    end_page()

tally = {e: sum(d.effect is e for d in run.diff.differences) for e in Effect}
counts = {e: number for e, number in tally.items() if number}
begin()
search, only = st.columns([2, 3])
wanted = search.text_input(
    _("Search"),
    key=SEARCH,
    icon=":material/search:",
    placeholder=_("key, value or file"),
    live=True,
    on_change=publish,
)
effects = only.pills(
    _("Effect"),
    [*counts],
    selection_mode="multi",
    key=EFFECTS,
    format_func=lambda effect: f"{_(effect.value)} {counts[effect]}",
    on_change=publish,
)
shown = [d for d in run.diff.differences if matches(d, wanted or "", effects)]
hidden = len(run.diff.differences) - len(shown)
st.markdown(
    f"**{_(counted(len(shown), 'difference'))}**"
    + (f" {_(f'({hidden} filtered out)')}" if hidden else "")
    if run.diff.differences
    else f"**{_('No difference has any effect.')}**"
)
if shown:
    table(shown, run.settings, "shown")
elif hidden:
    st.caption(_("No difference is like that: take another word, or fewer effects."))

if run.diff.unchanged:
    folded = [d for d in run.diff.unchanged if matches(d, wanted or "")]
    label = _(f"Show {counted(len(folded), 'difference')} that change nothing")
    if st.toggle(label, key=UNCHANGED, on_change=publish) and folded:
        table(folded, run.settings, "unchanged")
