"""Whether each run is slower than the first."""

from collections.abc import Iterator

import streamlit as st

from slowlens.facts.live.verdict import Outcome
from slowlens.lineup import Lineup
from slowlens.reports.speed_lineup import remarks, unequal_work
from slowlens.reports.speed_words import CAUSE, FINDING, PROOF, Blame, blames, headline
from slowlens.speedverdict import Answer, SpeedVerdict
from slowlens_dashboard.widgets.verdict import BADGES, MEANING
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import prose, sentence

ANSWERS = {
    Answer.PASS: BADGES[Outcome.PASS],
    Answer.FAIL: BADGES[Outcome.FAIL],
    Answer.INCONCLUSIVE: BADGES[Outcome.INCONCLUSIVE],
    Answer.INCOMPARABLE: ":gray-badge[:material/block: NOT COMPARABLE]",
}
LABELS = {CAUSE: "Cause", FINDING: "Finding", PROOF: "Proof"}


def lineup_verdicts(lineup: Lineup) -> None:
    """Draw a line for each, with what may be why; then what the figures do not say themselves."""
    first = lineup.entries[0].name
    st.header(_(f"Slower than {first}?"), anchor=False, help=_(MEANING))
    with st.container(border=True, key="compare-verdicts"):
        st.markdown("\n\n".join(line for verdict in lineup.verdicts for line in _lines(verdict)))
    for note in (*unequal_work(lineup), *remarks(lineup)):
        st.markdown(f":material/info: {prose(_(note))}")


def _lines(verdict: SpeedVerdict) -> Iterator[str]:
    """Yield the verdict, then a list of what was found where it may be slower."""
    said = headline(verdict).partition(": ")[2]
    yield f"{ANSWERS[verdict.answer]} **{verdict.titles[1]}** {prose(_(said))}"
    found = [f"- {_(LABELS[each.label])}: {_blame(each)}" for each in blames(verdict)]
    if found:
        yield "\n".join(found)


def _blame(each: Blame) -> str:
    """Write what was found, and behind it the id of its rule, which is told in no language."""
    rule = f" [{each.rule}]" if each.rule else ""
    return f"{prose(_(sentence(each.message)))}{prose(rule)}"
