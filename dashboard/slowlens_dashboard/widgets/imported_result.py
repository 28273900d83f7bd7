"""A result of another benchmark: its figures under its own definition, and no checkpoint."""

import pandas as pd
import streamlit as st

from slowlens.facts.live.imported import Imported
from slowlens.reports.imported import HEAD, rows_of, settings, title, words
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose

NOT_AVAILABLE = "n/a"
"""A dash would begin a list: cells are Markdown."""


def imported_result(result: Imported) -> None:
    """Draw what its file tells."""
    st.info(
        prose(_(f"TPOT is {result.definition}")),
        title=plain(_(f"Imported from {result.tool}, no checkpoint was read.")),
        icon=":material/upload_file:",
    )
    st.caption(plain(_(title(result))))
    table = pd.DataFrame([*rows_of(result, NOT_AVAILABLE)], columns=[*HEAD])
    st.table(_(table), hide_index=True, border="horizontal", alt=_("Imported figures"))
    for text in (*result.notes, "; ".join(settings(result)), _missing(result)):
        if text:
            st.caption(prose(_(text)))


def _missing(result: Imported) -> str:
    names = ", ".join(words(name) for name in result.missing)
    return f"The file does not tell: {names}." if names else ""
