"""Try, apply, undo or export what removes the findings, and see what became of it."""

from functools import partial
from typing import Literal

import streamlit as st

from slowlens.comparing import became, compare_fix
from slowlens.facts.live.saving import Effect
from slowlens.patch import journal
from slowlens.repair import fixes
from slowlens.rulenames import TITLES
from slowlens.run import Run
from slowlens.witness import before_and_after, measured_runs
from slowlens_dashboard import repairs
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.diagnosis import diagnose, recent_runs
from slowlens_dashboard.ending import end_page
from slowlens_dashboard.findinglinks import QUERY, gone
from slowlens_dashboard.measuring.job import Job
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.measuring.starting import again, attempt, start
from slowlens_dashboard.measuring.tries import tried
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.tables.gains import gain
from slowlens_dashboard.widgets.all_fixes import all_fixes
from slowlens_dashboard.widgets.applied_fixes import Proof, applied_fixes
from slowlens_dashboard.widgets.comparison import comparison
from slowlens_dashboard.widgets.fix_card import Card, fix_card
from slowlens_dashboard.widgets.linked import linked
from slowlens_dashboard.widgets.pair_header import pair_header
from slowlens_dashboard.widgets.recent_runs import origin_link
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose

FEW = 4  # fixes whose diffs are all shown at once, but for those that stand together above


def measure(run: Run, kind: Literal["primary", "secondary"]) -> None:
    """Draw the button that measures the same once more."""
    last = next(iter(measured_runs(run, recent_runs())), None)
    if last is None:
        st.page_link(LIVE, label=_("Measure it"), icon=":material/monitoring:")
    elif st.button(
        _("Measure again"),
        type=kind,
        icon=":material/replay:",
        on_click=start,
        args=(again(last),),
        disabled=read_only(),
    ) and (active := jobs().active):
        st.switch_page(LIVE, query_params={"run": active.id})


def measuring(run: Run) -> Job | None:
    """Return the job that measures this very checkpoint."""
    active = jobs().active
    return active if active and active.run.merged.path == run.merged.path else None


def forget() -> None:
    """Take the fix out of the address; a callback."""
    st.query_params.pop(QUERY, None)


chosen = pair_header("Fixes")
diagnosis = diagnose(chosen)
run = diagnosis.run
root = chosen.merged
entries = journal.history(root)
proof = before_and_after(run, recent_runs())
applied_fixes(
    root,
    partial(measure, run, "primary" if proof is None else "secondary"),
    Proof(became(compare_fix(*proof)), repairs.proved(entries, *proof)) if proof else None,
)
if proof is not None:
    comparison(*proof)
offers = repairs.offers(run)
wanted = st.query_params.get(QUERY, "")
rule = wanted.partition(".")[0]
if not offers:
    st.success(
        _("What was found before is gone.")
        if entries
        else _("No rule found anything in this checkpoint that a fix would remove."),
        title=_("Nothing is left to fix."),
        icon=":material/check_circle:",
    )
    end_page()
together = [fix for _rule, fix in fixes(run, unsafe=False).chosen]
active = measuring(run)
measured = measured_runs(run, recent_runs())
last = next(iter(measured), None)


def card(number: int) -> Card:
    """Gather what there is to draw of one of the offers."""
    offer = offers[number]
    trying = active is not None and active.named == (offer.fix.title,)
    before = tried(offer, offers, run, measured)
    effect = before.gain.effect if before and before.gain else None
    witnessed = gain(offer, offers, run.measurement) if run.measurement else None
    return Card(
        offer,
        chosen,
        run,
        attempt(offer, chosen, last, unclear=effect is Effect.UNCLEAR),
        before,
        measured=witnessed.sentences if witnessed else (),
        running=active.id if active and trying else "",
        busy=active is not None,
        unfolded=rule in offer.rules or (offer.fix not in together and len(offers) <= FEW),
    )


cards = [card(number) for number in range(len(offers))]
named = [number for number, offer in enumerate(offers) if rule in offer.rules]
if wanted and not named:
    missing = gone(wanted, run, TITLES)
    st.info(prose(_(missing.told)), title=plain(_(missing.title)), icon=":material/link_off:")
with linked(wanted, wanted):
    for number in named:
        fix_card(cards[number], f"fix-{number}")
if named:
    st.button(
        _("All fixes of this checkpoint"),
        type="tertiary",
        icon=":material/list:",
        on_click=forget,
    )
of_tried = (c.as_tried for c in cards if c.offer.fix in together and c.as_tried)
all_fixes(run, chosen, tried=next(of_tried, None), busy=active is not None)
if diagnosis.origin is not None and any(one.measured and not one.tried for one in cards):
    origin_link(diagnosis.origin)
counted = [n for n, offer in enumerate(offers) if offer.counts and n not in named]
others = [n for n, offer in enumerate(offers) if not offer.counts and n not in named]
for number in counted:
    fix_card(cards[number], f"fix-{number}")
if others:
    title = _(f"For other runtimes than those that are judged: {len(others)}")
    with st.expander(title, icon=":material/alt_route:", expanded=not (counted or named)):
        for number in others:
            fix_card(cards[number], f"other-{number}")
