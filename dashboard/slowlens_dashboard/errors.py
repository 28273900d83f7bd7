"""How a page shows what went wrong."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from slowlens.errors import SlowlensError
from slowlens_dashboard.prose import code, prose, sentence

logger = logging.getLogger(__name__)


def explain(error: Exception) -> bool:
    """Draw an error for a person; return True, which keeps Streamlit from drawing its own."""
    if isinstance(error, SlowlensError):
        st.error(prose(error.hint), title=prose(sentence(str(error))), icon=":material/error:")
        return True
    logger.exception("a page failed", exc_info=error)
    what = code(f"{type(error).__name__}: {error}")
    st.error(
        f"{what}\n\nReload the page. If it happens again, the whole traceback is in the terminal"
        " where the dashboard was started.",
        title="This page could not be drawn.",
        icon=":material/error:",
    )
    return True


@contextmanager
def explained() -> Iterator[None]:
    """Draw the error of the block instead of raising it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        explain(error)
