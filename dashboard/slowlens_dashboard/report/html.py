"""A report in the reader's language, and then as HTML.

Two steps: who reads is known only while a page is drawn, and the file is made when it is asked for.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import plotly.offline
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from slowlens.frozen import replace
from slowlens.redaction.walking import mapped
from slowlens.reports.document import document
from slowlens.reports.document.blocks import Code, Document, Drawing
from slowlens.reports.units import plain
from slowlens.run import Run
from slowlens_dashboard.report.drawings import drawings
from slowlens_dashboard.wording.prose import CODE, first_sentence

HERE = Path(__file__).parent
DIGITS = 6
"""Of a number in a chart."""

Tell = Callable[[Any], Any]
"""Says a text or a figure in the reader's language."""


@dataclass(frozen=True, slots=True)
class Page:
    """All that is in the file, said in the reader's language."""

    document: Document
    figures: Mapping[Drawing, go.Figure]
    words: Mapping[str, str]
    language: str


def page(run: Run, _: Tell = lambda told: told, language: str = "en") -> Page:
    """Prepare the report of a run; ``_`` is how the reader is told something."""
    found = document(run)
    figures = drawings(found, run.measurement)
    words = {
        "question": _("Why is it slow?"),
        "chart": _("The chart needs JavaScript. Its figures are in the table below."),
        "table": _("Figures of this chart"),
        "made": _(f"Made by Slowlens {run.slowlens}. This file asks no network for anything."),
    }
    told = {drawing: _(figure) for drawing, figure in figures.items()}
    said = replace(_said(found, _), title=found.title, place=found.place)
    return Page(said, told, words, language)


def render(given: Page) -> str:
    """Write the file."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"kind": lambda block: type(block).__name__, "marked": marked}
    first, rest = first_sentence(given.document.answer)
    shown = {drawing.value: _plain(figure) for drawing, figure in given.figures.items()}
    return environment.get_template("report.html").render(
        page=given,
        document=given.document,
        words=given.words,
        first=first,
        rest=rest,
        style=_inlined("report.css"),
        plotly=_plotly() if shown else "",
        script=_inlined("report.js") if shown else "",
        policy=_policy(drawn=bool(shown)),
        figures=_data(shown),
    )


def marked(text: str) -> Markup:
    """Escape a text, and set what is the name of a file or key as code."""
    parts, end = [], 0
    for match in CODE.finditer(text):
        parts += [Markup.escape(text[end : match.start()])]
        parts += [Markup("<code>{}</code>").format(plain(match[0]))]
        end = match.end()
    return Markup("").join([*parts, Markup.escape(text[end:])])


def _said(value: Any, _: Tell) -> Any:  # noqa: ANN401 - any part of a document
    """Say each text of a document but what somebody else wrote."""
    if isinstance(value, Code):
        return replace(value, title=_(value.title))
    if isinstance(value, Enum):
        return value
    return _(value) if isinstance(value, str) else mapped(value, lambda part: _said(part, _))


def _policy(*, drawn: bool) -> str:
    """Return a policy under which nothing is fetched, and no script runs but the two of ours."""
    scripts = [_digest(_plotly()), _digest(_inlined("report.js"))] if drawn else ["'none'"]
    return (
        f"default-src 'none'; script-src {' '.join(scripts)}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


@cache
def _plotly() -> Markup:
    return Markup(plotly.offline.get_plotlyjs())  # noqa: S704 - of the installed package


@cache
def _inlined(name: str) -> Markup:
    return Markup((HERE / name).read_text(encoding="utf-8"))  # noqa: S704 - ours


def _plain(figure: go.Figure) -> Any:  # noqa: ANN401 - JSON
    """Return a figure as JSON without Plotly's own colours, its numbers as exact as can be seen."""
    found = figure.to_plotly_json()
    layout = {key: part for key, part in found["layout"].items() if key != "template"}
    return _rounded({"data": found["data"], "layout": layout})


def _rounded(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case float():
            return float(f"{value:.{DIGITS}g}") if isfinite(value) else None
        case Mapping():
            return {key: _rounded(item) for key, item in value.items()}
        case list() | tuple():
            return [_rounded(item) for item in value]
        case _:
            return value


def _data(shown: Mapping[str, Any]) -> Markup:
    """Write JSON that ends no element, whatever it holds."""
    text = json.dumps(shown, allow_nan=False)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704 - without < it can begin no tag
