"""Choose the merged checkpoint and its source: by path, from the demo, or what was used last."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from slowlens.demo.recipe import SOURCE, VARIANTS
from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.runtimes import Runtime
from slowlens.places import demo_folder
from slowlens_dashboard import judging
from slowlens_dashboard.diagnosis import recent_runs
from slowlens_dashboard.errors import explain
from slowlens_dashboard.pair import (
    MERGED_TEXT,
    SOURCE_TEXT,
    Pair,
    choose,
    options,
    refill,
    refusal,
    submit,
)
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code, plain

RECENT = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A pair to start from."""

    pair: Pair
    title: str
    text: str


def pair_picker(chosen: Pair | None) -> None:
    """Draw the two fields and the lists to choose from."""
    if chosen is not None:
        refill(chosen)
    with st.container(border=True, horizontal=True, vertical_alignment="bottom", key="picker"):
        with st.form("pair-form", border=False):
            merged, source, button = st.columns([5, 5, 1.4], vertical_alignment="bottom")
            merged.text_input(
                _("Merged checkpoint"), key=MERGED_TEXT, placeholder=_("folder to check")
            )
            source.text_input(
                _("Source (optional)"), key=SOURCE_TEXT, placeholder=_("folder that it came from")
            )
            button.form_submit_button(_("Check"), type="primary", on_click=submit, width="stretch")
        if chosen is not None:
            _others(chosen)
    if chosen is not None:
        _judge_for()
    if error := refusal():
        explain(error)


def _others(chosen: Pair) -> None:
    """Draw what else there is to choose, where there is something."""
    lists = {"Demo": examples(), "Recent": recent()}
    others = {title: [e for e in found if e.pair != chosen] for title, found in lists.items()}
    if any(others.values()):
        with st.popover(_("Others"), icon=":material/folder_open:"):
            for title, found in others.items():
                _list(found, _(title))


def _judge_for() -> None:
    """Draw which runtimes are judged; what others would do is told apart."""
    if not st.session_state.get(judging.PILLS):  # written only then: a quick click must not be lost
        st.session_state[judging.PILLS] = [*(judging.judged() or judging.usual())]
    st.pills(
        _("Judge for"),
        list(Runtime),
        selection_mode="multi",
        key=judging.PILLS,
        format_func=lambda runtime: _(runtime.label),
        on_change=judging.submit,
        help=_(
            "What you deploy on: only findings that concern one of these count. At first it is"
            " `generate()` of the transformers that is installed here, and a bare forward loop."
        ),
    )


def welcome() -> None:
    """Draw the empty state: nothing is chosen yet."""
    st.title(_("Why is it slow?"), anchor=False)
    st.markdown(
        _(
            "Slowlens reads a merged, fine-tuned or re-saved checkpoint, says why it is slower"
            " than its source, proves it by running both, and fixes it. Name a folder above, or"
            " start here."
        )
    )
    found = examples()
    if not found:
        st.info(
            _(
                "`slowlens demo` builds small checkpoints to try it on, from weights that a Python"
                " package brings along."
            ),
            title=_("There are no demo checkpoints yet."),
            icon=":material/lightbulb:",
        )
    _cards(found)
    if last := recent():
        st.header(_("Recent"), anchor=False)
        _cards(last)


def examples() -> Sequence[Example]:
    """Return the demo pairs that have been built."""
    folder = demo_folder()
    return [
        Example(Pair(folder / variant.name, folder / SOURCE.name), variant.name, variant.shows)
        for variant in VARIANTS
        if variant is not SOURCE and (folder / variant.name / CONFIG).exists()
    ]


def recent() -> Sequence[Example]:
    """Return the pairs that were measured last and still exist below a root."""
    pairs = dict.fromkeys(
        Pair(Path(run.merged.path), Path(run.source.path) if run.source else None)
        for run in recent_runs()
    )
    roots, demo = options().roots, [example.pair for example in examples()]
    return [
        Example(pair, pair.label, str(pair.merged))
        for pair in pairs
        if pair not in demo
        and pair.merged.is_dir()
        and any(pair.merged.is_relative_to(root) for root in roots)
    ][:RECENT]


def _cards(found: Sequence[Example]) -> None:
    with st.grid(3, min_column_width=260):
        for example in found:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{plain(example.title)}**")
                st.caption(plain(_(example.text)))
                _button(example, _("Check it"))


def _list(found: Sequence[Example], title: str) -> None:
    if found:
        st.caption(title)
    for example in found:
        _button(example, example.title, kind="tertiary")


def _button(example: Example, label: str, kind: str = "secondary") -> None:
    st.button(
        plain(label),
        key=f"choose-{example.pair.merged}-{example.pair.source}",
        type="tertiary" if kind == "tertiary" else "secondary",
        help=code(str(example.pair.merged)),
        on_click=choose,
        args=(example.pair,),
    )
