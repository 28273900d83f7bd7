"""How a page shows what went wrong."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from slowlens.errors import SlowlensError
from slowlens_dashboard.wording.instructions import Command, instructions
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code, prose, sentence

logger = logging.getLogger(__name__)


def explain(error: Exception) -> bool:
    """Draw an error for a person; return True, which keeps Streamlit from drawing its own."""
    if isinstance(error, SlowlensError):
        _draw(str(error), error.hint)
        return True
    logger.exception("a page failed", exc_info=error)
    what = code(f"{type(error).__name__}: {error}")
    told = _(
        "Reload the page. If it happens again, the whole traceback is in the terminal where the"
        " dashboard was started."
    )
    st.error(
        f"{what}\n\n{told}",
        title=_("This page could not be drawn."),
        icon=":material/error:",
    )
    return True


def _draw(message: str, hint: str) -> None:
    """Draw what happened and what to do next; commands below, where they can be copied."""
    said, *others = [*instructions(_(hint))] or [""]
    if isinstance(said, Command):
        said, others = "", [said, *others]
    st.error(prose(said), title=prose(sentence(_(message))), icon=":material/error:")
    for part in others:
        if isinstance(part, Command):
            st.code(part.text, language=part.language, wrap_lines=True)
        else:
            st.markdown(prose(part))


@contextmanager
def explained() -> Iterator[None]:
    """Draw the error of the block instead of raising it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        explain(error)
