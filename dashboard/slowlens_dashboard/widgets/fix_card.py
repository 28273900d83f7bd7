"""One fix: what it removes, its diff, how safe it is, and the button that applies it."""

from dataclasses import dataclass

import streamlit as st

from slowlens import patch
from slowlens.errors import SlowlensError
from slowlens.facts.live.plan import Plan
from slowlens.findings import Applicability
from slowlens.repair import Repair
from slowlens.run import CheckpointSummary, Run
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.errors import explain
from slowlens_dashboard.findinglinks import QUERY
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.measuring.starting import start
from slowlens_dashboard.measuring.tries import Try
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.repairs import BUSY, Offer
from slowlens_dashboard.widgets.confirmation import confirm
from slowlens_dashboard.widgets.export_menu import export_menu
from slowlens_dashboard.widgets.measured_gain import measured_gain
from slowlens_dashboard.widgets.removed_finding import reason_of, removed_finding
from slowlens_dashboard.widgets.trying import trying
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain

COLORS = {
    Applicability.SAFE: "green",
    Applicability.UNSAFE: "orange",
    Applicability.MANUAL: "gray",
}
SAFETY = {
    Applicability.SAFE: "safe: the same tokens, up to rounding",
    Applicability.UNSAFE: "changes what it writes",
    Applicability.MANUAL: "by hand",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to draw of a fix."""

    offer: Offer
    pair: Pair
    run: Run
    """The check that offers it."""
    attempt: tuple[Plan, Repair]
    """How it is tried."""
    tried: Try | None
    """How it was tried on these very files, and what came of it."""
    measured: tuple[str, ...] = ()
    """What another run tells of it, where it was not tried."""
    running: str = ""
    """Id of the run that tries it just now."""
    busy: bool = False
    """Whether a run measures these files just now."""
    unfolded: bool = True

    @property
    def as_tried(self) -> CheckpointSummary | None:
        """The files that were measured, where the figures on the card are of a try."""
        return self.tried.run.merged if self.tried and self.tried.gain else None

    @property
    def told(self) -> tuple[str, ...]:
        """What was measured of it, in sentences."""
        gain = self.tried.gain if self.tried else None
        return gain.sentences if gain else self.measured


def fix_card(card: Card, key: str) -> None:
    """Draw a fix; its diff is there at once where there are few."""
    fix = card.offer.fix
    with st.container(border=True, key=f"card-{key}"):
        prepared = _prepared(card)
        badge = f":{COLORS[fix.applicability]}-badge[{_(SAFETY[fix.applicability])}]"
        st.markdown(f"{badge} &nbsp; **{plain(_(fix.title))}**")
        _buttons(card, prepared, key)
        if card.running:
            trying(card.running)
        measured_gain(card.tried, card.told)
        if fix.reason:
            reason_of(fix)
        explained_rules: set[str] = set()
        for number, (rule, finding) in enumerate(card.offer.findings):
            about_key = "" if rule in explained_rules else f"{key}-{number}"
            removed_finding(rule, finding, about_key, estimate=bool(card.told))
            explained_rules.add(rule)
        if prepared is not None:
            names = ", ".join(file.name for file in prepared.files)
            with st.expander(_(f"What changes in {plain(names)}"), expanded=card.unfolded):
                st.code(patch.unified_diff(prepared), language="diff")


def _prepared(card: Card) -> patch.Patch | None:
    """Return the bytes that the buttons are about; None where nothing can be written."""
    if not card.offer.fix.edits:
        return None
    try:
        return patch.prepare(card.pair.merged, card.offer.fix.edits)
    except SlowlensError as error:
        explain(error)
        return None


def _buttons(card: Card, prepared: patch.Patch | None, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if prepared is not None:
            if not card.running:
                _try_button(card, key)
            st.button(
                _("Apply"),
                key=f"apply-{key}",
                icon=":material/build:",
                on_click=confirm,
                args=(prepared, (card.offer.fix.title,), card.as_tried),
                disabled=read_only() or card.busy,
                help=_(BUSY) if card.busy else _("You see what is written, and confirm it."),
            )
            export_menu(card.offer.repair, card.pair, card.run, key)
        st.button(
            _("Link"),
            key=f"link-{key}",
            icon=":material/link:",
            type="tertiary",
            on_click=_name,
            args=(card.offer.rules[0],),
            help=_("Puts this fix into the address of the page, to copy and send it."),
        )


def _name(rule: str) -> None:
    """Put a fix into the address; a link to the page that is open would not change it."""
    st.query_params[QUERY] = rule


def _try_button(card: Card, key: str) -> None:
    """Measure with the fix on a double; the checkpoint stays as it is."""
    plan, repair = card.attempt
    busy = jobs().active is not None
    st.button(
        _("Try again") if card.tried else _("Try it"),
        key=f"try-{key}",
        icon=":material/science:",
        on_click=start,
        args=(plan,),
        kwargs={"fixes": repair},
        disabled=read_only() or busy,
        help=_("Another run is in progress. Watch it, or stop it, on the page Live run.")
        if busy
        else _(
            "Measures the checkpoint as it is and with this fix, in turns, on a double that is"
            " removed again. Nothing is written into the checkpoint."
        ),
    )
