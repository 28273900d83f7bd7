"""The chosen pair: in this tab's session, and in the address so that a link shares it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from slowlens.errors import SlowlensError
from slowlens.run import Run
from slowlens_dashboard.access.options import Options, options_from

PAIR, REFUSAL, PUBLISHED = "pair", "refusal", "published-pair"
MERGED_TEXT, SOURCE_TEXT = "merged-text", "source-text"
"""Keys of the two text fields."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The checkpoint that is slow, and the one it came from if that is known."""

    merged: Path
    source: Path | None = None

    @property
    def label(self) -> str:
        """A short name: ``merged ← source``."""
        return (
            self.merged.name if self.source is None else f"{self.merged.name} ← {self.source.name}"
        )

    @property
    def query(self) -> dict[str, str]:
        """Its part of the address."""
        source = {} if self.source is None else {"source": str(self.source)}
        return {"merged": str(self.merged)} | source


def options() -> Options:
    """Return what this server may read."""
    return options_from(os.environ)


def current() -> Pair | None:
    """Return the chosen pair; a new tab takes it from its address, or from the command line.

    So does one whose address was changed by a link, or by going back.
    """
    asked = _in_address()
    if PAIR not in st.session_state or (asked[0] and asked != st.session_state.get(PUBLISHED)):
        _choose_first(st.query_params.to_dict())
    pair: Pair | None = st.session_state[PAIR]
    if pair is not None and options().confined:
        _ask_again(pair)
        pair = st.session_state[PAIR]
    return pair


def _ask_again(pair: Pair) -> None:
    """Let the pair go where a link in it leads elsewhere by now."""
    try:
        for folder in (pair.merged, pair.source):
            if folder is not None:
                options().allow(str(folder))
    except SlowlensError as error:
        st.session_state[PAIR], st.session_state[REFUSAL] = None, error


def choose(pair: Pair) -> None:
    """Show ``pair`` from now on; a callback."""
    _write(pair)
    submit()


def refill(pair: Pair) -> None:
    """Write ``pair`` into the fields again: Streamlit empties them on every other page.

    They come back empty, too, where somebody clicks before a page was drawn to its end.
    """
    if not st.session_state.get(MERGED_TEXT):
        _write(pair)


def _write(pair: Pair) -> None:
    st.session_state[MERGED_TEXT] = str(pair.merged)
    st.session_state[SOURCE_TEXT] = "" if pair.source is None else str(pair.source)


def follow(pair: Pair) -> None:
    """Choose the pair of a run, where it may be read; a callback too."""
    with suppress(SlowlensError):
        for folder in (pair.merged, pair.source):
            if folder is not None:
                options().allow(str(folder))
        choose(pair)
        publish()


def submit() -> None:
    """Take the pair from the text fields, or keep why it is refused; a callback."""
    merged, source = (st.session_state.get(key) or "" for key in (MERGED_TEXT, SOURCE_TEXT))
    st.session_state[PAIR] = st.session_state[REFUSAL] = None
    try:
        allow = options().allow
        st.session_state[PAIR] = Pair(allow(merged), allow(source) if source.strip() else None)
    except SlowlensError as error:
        st.session_state[REFUSAL] = error


def refusal() -> SlowlensError | None:
    """Return why the last choice was refused."""
    error: SlowlensError | None = st.session_state.get(REFUSAL)
    return error


def publish() -> None:
    """Write the pair into the address."""
    pair = st.session_state.get(PAIR)
    wanted = {} if pair is None else pair.query
    for key in ("merged", "source"):
        if key not in wanted:
            st.query_params.pop(key, None)
        elif st.query_params.get(key) != wanted[key]:
            st.query_params[key] = wanted[key]
    st.session_state[PUBLISHED] = _in_address()


def _in_address() -> tuple[str | None, str | None]:
    return st.query_params.get("merged"), st.query_params.get("source")


def _choose_first(query: Mapping[str, str]) -> None:
    given = options()
    if query.get("merged"):
        st.session_state[MERGED_TEXT] = query["merged"]
        st.session_state[SOURCE_TEXT] = query.get("source", "")
        submit()
    elif given.merged is not None:
        choose(Pair(given.merged, given.source))
    else:
        st.session_state[PAIR] = None


def of_run(run: Run) -> Pair:
    """Return the pair that a run was about."""
    return Pair(Path(run.merged.path), Path(run.source.path) if run.source else None)
