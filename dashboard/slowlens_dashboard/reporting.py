"""Reports as they are handed on: in the reader's language, without what is to be left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from slowlens.codec import encode
from slowlens.gather.identity import identity
from slowlens.redaction import Kind, kinds_named, redacted
from slowlens.reports import document_md
from slowlens.run import Run
from slowlens_dashboard.report import Page, page, render
from slowlens_dashboard.wording.language import Language, language, translated

NOTHING: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Download:
    """One form of a report, made when somebody asks for it."""

    title: str
    suffix: str
    media_type: str
    content: Callable[[], str]


def downloads(run: Run, keep: frozenset[Kind] = NOTHING) -> tuple[Download, ...]:
    """Return every form; the language is that of whoever looks now."""
    html = partial(_html, run, keep, language())
    return (
        Download("HTML, one file", "html", "text/html", html),
        Download("Markdown, for a pull request", "md", "text/markdown", partial(_md, run, keep)),
        Download("JSON, a run file", "json", "application/json", partial(_json, run, keep)),
    )


def prepared(run: Run, keep: frozenset[Kind], into: Language) -> Page:
    """Return what the report says, in a language."""
    return page(redacted(run, keep, identity()), partial(translated, into=into), into.value)


def _html(run: Run, keep: frozenset[Kind], into: Language) -> str:
    return render(prepared(run, keep, into))


def _md(run: Run, keep: frozenset[Kind]) -> str:
    return document_md.render(redacted(run, keep, identity()))


def _json(run: Run, keep: frozenset[Kind]) -> str:
    return encode(redacted(run, keep, identity()))


def asked_for(text: str) -> frozenset[Kind]:
    """Return what an address asks to tell; nothing where it names no kinds."""
    try:
        return kinds_named(text)
    except ValueError:
        return NOTHING


def names(kinds: frozenset[Kind]) -> str:
    """Write kinds as an address names them."""
    return ",".join(kind for kind in Kind if kind in kinds)


TOLD: Mapping[Kind, str] = {
    Kind.PATHS: "Paths",
    Kind.USERS: "User names",
    Kind.HOSTS: "Machine names",
    Kind.SECRETS: "Secrets",
    Kind.PROMPT: "Prompt and texts",
}
"""What can be told after all."""
