"""Every text has its twin in the other languages, and every page asks for it."""

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from slowlens_dashboard.wording.language import LOCALE, Language
from slowlens_dashboard.wording.patterns import holes

ROOT = Path(__file__).parents[3]
TOOL = runpy.run_path(str(ROOT / "tools" / "make_strings.py"))
OTHERS = [language for language in Language if language is not Language.ENGLISH]
PAGES = ROOT / "dashboard" / "slowlens_dashboard"
DRAWN = {
    "badge", "button", "cache_data", "cache_resource", "caption", "checkbox", "dialog",
    "download_button", "error", "expander", "file_uploader", "header", "info", "link_button",
    "markdown", "metric", "multiselect", "number_input", "page_link", "pills", "popover",
    "progress", "radio", "segmented_control", "selectbox", "slider", "spinner", "status",
    "subheader", "success", "tabs", "text", "text_area", "text_input", "title", "toast", "toggle",
    "warning", "write",
}  # fmt: skip
"""What draws a text, of Streamlit and our own."""
ARGUMENTS = {"help", "label", "title", "placeholder", "body", "text", "show_spinner"}


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_lacks_its_twin(language: Language) -> None:
    with (LOCALE / f"{language}.po").open("rb") as file:
        told = {message.id: message.string for message in read_po(file) if message.id}
    assert sorted(told) == sorted(TOOL["texts"]()), "run: make strings"
    assert [text for text, twin in told.items() if not twin] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_twin_fills_in_nothing_else(language: Language) -> None:
    with (LOCALE / f"{language}.po").open("rb") as file:
        pairs = [(message.id, message.string) for message in read_po(file) if message.id]
    assert [text for text, twin in pairs if not {*holes(twin)} <= {*holes(text)}] == []


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.py")), ids=lambda path: path.stem)
def test_what_is_drawn_is_translated(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [f"{path.name}:{node.lineno} {ast.unparse(node)}" for node in _untold(tree)] == []


def _untold(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the texts that are drawn as they stand in the code."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in DRAWN:
                named = [k.value for k in node.keywords if k.arg in ARGUMENTS]
                for argument in [*node.args[:1], *named]:
                    yield from _texts(argument)


def _texts(argument: ast.expr) -> Iterator[ast.expr]:
    """Yield the literals of an argument that have words and are in no call."""
    match argument:
        case ast.JoinedStr(values=values):
            words = "".join(str(v.value) for v in values if isinstance(v, ast.Constant))
            yield from [argument] if _has_words(words) else []
        case ast.Constant(value=str(text)):
            yield from [argument] if _has_words(text) else []
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            yield from _texts(first)
            yield from _texts(second)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            for element in elements:
                yield from _texts(element)


def _has_words(text: str) -> bool:
    """Whether there is more than a name, an icon, code or a command."""
    words = re.sub(r":[\w/-]+[:\[]|&\w+;|`[^`]*`|slowlens [a-z]+", "", text)
    return bool(re.search(r"^[A-Z][a-z]|[a-z]{2,} |[a-z] [a-z]{2,}", words))
