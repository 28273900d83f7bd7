"""Whether merged is slower, with what that rests on."""

from collections.abc import Iterable

import streamlit as st

from slowlens.facts.live.comparison import compared, same_work, verdict_of
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import Speed, speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import THRESHOLD, Outcome, percent
from slowlens.findings import Finding
from slowlens.reports.measurement import longer
from slowlens_dashboard.widgets.finding_card import severity_badge
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import prose, sentence

BADGES = {
    Outcome.PASS: ":green-badge[:material/check: PASS]",
    Outcome.FAIL: ":red-badge[:material/close: FAIL]",
    Outcome.INCONCLUSIVE: ":orange-badge[:material/question_mark: INCONCLUSIVE]",
}

MEANING = (
    f"Slower per token by more than {percent(THRESHOLD)}? FAIL: it is. PASS: it is not."
    " INCONCLUSIVE: these runs cannot tell."
)

SAME = ":gray-badge[:material/equal: SAME WORK]"


def verdicts(measurement: Measurement, doubts: Iterable[Finding]) -> None:
    """Draw one line for each other side, and why an answer takes longer; ``doubts`` before them."""
    shipped = speed_of(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    source = speed_of(measurement, Subject.SOURCE, Cache.AS_SHIPPED)
    cached = speed_of(measurement, Subject.MERGED, Cache.ON)
    lines = [_line(shipped, other) for other in (source, cached) if shipped and other]
    lines += [f":material/functions: {prose(_(said))}" for said in longer(measurement)]
    if lines:
        st.subheader(_("Is merged slower?"), anchor=False, help=_(MEANING))
    doubted = [f"{severity_badge(each)} {prose(sentence(_(each.message)))}" for each in doubts]
    if lines or doubted:
        with st.container(border=True, key="verdicts"):
            st.markdown("\n\n".join([*doubted, *lines]))


def _line(shipped: Speed, other: Speed) -> str:
    """Write how they compare, after the verdict where there is something to judge."""
    badge = SAME if same_work(shipped, other) else BADGES[verdict_of(shipped, other).outcome]
    estimates = [each.label for each in (shipped, other) if each.estimated]
    told = prose(_(f"{shipped.label}: {compared(shipped, other)}."))
    about = prose(_(f"Estimated from a few steps: {', '.join(estimates)}.")) if estimates else ""
    return f"{badge} {told} {about}".strip()
