"""What a checkpoint says is text in every report and export, whatever it says."""

import ast
import io
import json
import re
import subprocess
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

import hostile
from builders import checkpoint
from literals import generation, measurement
from pages import explained, store
from slowlens import patch
from slowlens.checking import check
from slowlens.cli.export import _why
from slowlens.exports import FORMS, Carried, form
from slowlens.facts.live.measurement import Status
from slowlens.labels import labels_of
from slowlens.repair import fixes
from slowlens.reports import NAMES, document_md, render
from slowlens.run import Run
from slowlens.store import default_store
from slowlens_dashboard.report import page as page_of
from slowlens_dashboard.report import render as render_html
from slowlens_dashboard.reporting import prepared
from slowlens_dashboard.wording.language import Language

ALL = " ".join((hostile.MARKUP, hostile.CODE, hostile.SHORTCODES, "```` ` ``` \\` \\\\"))
TEXTS = {
    "one line": ALL,
    "breaks": f"\n\n# {ALL}\n\n```\n{hostile.MARKUP}\n---\n| a |\n",
    "terminal": hostile.TERMINAL,
}
WHICH = re.compile(r"hurt|alert|evil\.invalid|onerror", re.IGNORECASE)


class Odd(NamedTuple):
    folder: Path
    source: Path
    run: Run


@pytest.fixture(params=TEXTS)
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Odd:
    """A checkpoint, and a run of it that failed with words of its own."""
    text = TEXTS[request.param]
    name = text.replace("/", "").replace("\0", "")[:60]
    folder = hostile.checkpoint(tmp_path / f"m{name}", hostile.of(text), name)
    source = checkpoint(tmp_path / "source")
    found = explained()
    failed = replace(
        found,
        status=Status.FAILED,
        error=text,
        hint=text,
        plan=replace(found.plan, prompt=text),
        generations=tuple(replace(one, text=text) for one in found.generations),
        failures=tuple(replace(one, message=text, hint=text) for one in found.failures),
    )
    run = store((folder, source), failed)
    printable = "".join(c for c in text if c.isprintable() or c == "\n")
    labels_of(default_store()).put(run.id, " ".join(printable.split())[:60], printable)
    return Odd(folder, source, run)


def markdown(text: str) -> None:
    """Nothing in a Markdown text is HTML, a link or a picture of the checkpoint's."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in (one for block in reader.parse(text) for one in (block, *(block.children or ()))):
        assert token.type != "image", text
        if token.type in ("html_block", "html_inline"):
            assert not WHICH.search(token.content), token.content
        for value in token.attrs.values():
            assert not WHICH.search(str(value)), token


class Page(HTMLParser):
    """Looks at tags as a browser does: text of scripts and styles is no tag."""

    ours = re.compile(r"(https?:)?//(huggingface\.co|github\.com|docs\.|arxiv\.org)")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("img", "iframe", "object", "embed", "base", "form"), tag
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            assert name == "content" or not re.search("javascript:|evil", value or ""), value

    def handle_comment(self, data: str) -> None:
        assert not WHICH.search(data)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "text"])
def test_reports(odd: Odd, name: str) -> None:
    text = render(name, odd.run)
    match name:
        case "md":
            markdown(text)
        case "json":
            assert json.loads(text)
        case "jsonl":
            assert [json.loads(line) for line in text.split("\n") if line]
        case "junit":
            tag = ET.fromstring(text).tag  # noqa: S314 - it is our own
            assert tag in ("testsuite", "testsuites")
        case "github":
            lines = text.split("\n")
            assert all(re.match(r"::(error|warning|notice) [\w ,=.%:/-]*|$", x) for x in lines)
            assert not any(re.search(r"\n|\r|::set-|::add-", line) for line in lines)
        case "sarif":
            for leaf in hostile.leaves(json.loads(text)):
                assert leaf is not None
            sarif_markdown(json.loads(text))
        case _:
            raise AssertionError(f"say here what {name} must be")


def sarif_markdown(values: object) -> None:
    if isinstance(values, dict):
        if "markdown" in values:
            markdown(values["markdown"])
        if "uri" in values:
            assert re.fullmatch(r"[\w./:%#?&=~+@!$'()*,;-]*", values["uri"]), values["uri"]
        for value in values.values():
            sarif_markdown(value)
    elif isinstance(values, list):
        for value in values:
            sarif_markdown(value)


def test_the_report_to_hand_on(odd: Odd) -> None:
    markdown(document_md.render(odd.run))
    for into in Language:
        html = render_html(prepared(odd.run, frozenset(), into))
        told = render_html(page_of(odd.run, lambda told: told, into.value))
        for text in (html, told):
            Page(convert_charrefs=True).feed(text)
            scripts = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
            assert not any(re.search(r"<script>window\.hurt|<!--<img", one) for one in scripts)
            inert = re.findall(
                r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL
            )
            assert all(json.loads(one) is not None for one in inert)


def carried(odd: Odd) -> Carried:
    found = check(odd.folder, odd.source)
    repair = fixes(found, unsafe=True)
    assert repair.edits
    prepared = patch.prepare(odd.folder, repair.edits)
    return Carried(prepared, repair.edits, repair.titles, found.provenance)


def test_forms_of_a_patch(odd: Odd, tmp_path: Path) -> None:
    fixes = carried(odd)
    made = {one.name: form(one.name).render(fixes) for one in FORMS}
    names = {file.name for file in fixes.patch.files}
    with zipfile.ZipFile(io.BytesIO(made.pop("zip"))) as archive:
        assert set(archive.namelist()) == {*names, "slowlens.patch"}
        assert all(re.fullmatch(r"[\w.-]+", name) for name in archive.namelist())
    said = subprocess.run(
        ["git", "apply", "--numstat", "-"],
        input=made.pop("diff"),
        cwd=odd.folder,
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert {line.split("\t")[2] for line in said.splitlines()} == names
    assert json.loads(made.pop("json-patch")).keys() == names
    assignments_alone(made.pop("python").decode())
    advice = made.pop("merger").decode()
    markdown(advice)
    for block in re.findall(r"^`{3,}python\n(.*?)^`{3,}$", advice, re.DOTALL | re.MULTILINE):
        if "json.loads" in block:
            assignments_alone(block)
    assert not made, "say here what a new form must be"


def assignments_alone(script: str) -> None:
    """Lines of Python change JSON values, and call nothing else."""
    calls = [node.func for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Call)]
    names = {func.attr if isinstance(func, ast.Attribute) else ast.unparse(func) for func in calls}
    assert names <= {
        *("Path", "loads", "dumps", "read_text", "write_bytes", "encode"),
        "get",
        "pop",
        "setdefault",
    }
    for node in ast.walk(ast.parse(script)):
        assert not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.With, ast.Delete))
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert {alias.name for alias in node.names} <= {"json", "Path"}


def test_a_pull_request(odd: Odd) -> None:
    found = check(odd.folder, odd.source)
    markdown(_why(found, fixes(found, unsafe=True)))


def test_comparisons(odd: Odd, capsys: pytest.CaptureFixture[str]) -> None:
    from slowlens.cli import main

    other = store((odd.folder, odd.source), measurement(generation(0.1, 0.1), generation(0.1, 0.1)))
    for name in ("md", "json"):
        main(["compare", odd.run.id, other.id, "--format", name])
        said = capsys.readouterr().out
        markdown(said) if name == "md" else json.loads(said)
