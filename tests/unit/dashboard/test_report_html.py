"""A report as one HTML file: whole, offline, and with nothing of a run in it as markup."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from functools import partial
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import plotly.graph_objects as go
import plotly.offline
import pytest

from planting import everywhere, full_run, with_prompt
from runs import a_run
from samples import results
from slowlens.facts.environment import Environment
from slowlens.importing import imported_run
from slowlens.reports.document import document
from slowlens.reports.document.blocks import Chart, Drawing
from slowlens_dashboard.report import page, render
from slowlens_dashboard.wording.language import Language, translated

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onload='x' {{ 7*7 }} <b>"
)
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class Parts(HTMLParser):
    """The elements, and what is said outside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self._silent = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._silent = "" if tag == self._silent else self._silent

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


@pytest.fixture(scope="module")
def html() -> str:
    return render(page(full_run()))


def figures_in(html: str) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/json" id="figures">(.*?)</script>', html, re.DOTALL
    )
    assert found
    parsed: dict[str, Any] = json.loads(found[1])
    return parsed


def test_it_says_all_of_the_report_the_answer_first(html: str) -> None:
    parts = Parts(html)
    told = document(full_run())
    places = [parts.text.index(s.title, 300) for s in told.sections]
    assert places == sorted(places)
    (title,) = [n for n, (tag, _) in enumerate(parts.tags) if tag == "h1"]
    assert title < next(n for n, (tag, _) in enumerate(parts.tags) if tag == "h2")
    assert "runs without its key-value cache" in parts.text[:300]
    assert "4.00 times as long per token as merged, cache on" in parts.text
    assert "Turn the key-value cache on" in parts.text


def test_each_chart_is_there_with_a_table_for_whoever_has_no_javascript(html: str) -> None:
    figures = figures_in(html)
    assert [*figures] == ["waterfall", "steps", "machine"]
    assert all(figure["data"] for figure in figures.values())
    places = [given.get("id") for _, given in Parts(html).tags]
    assert {*figures} < {*places}
    charts = [b for s in document(full_run()).sections for b in s.blocks if isinstance(b, Chart)]
    for chart in charts:
        assert all(cell in Parts(html).text for row in chart.table.rows for cell in row)


def test_nothing_is_fetched_and_no_other_script_runs(html: str) -> None:
    policy = next(given["content"] for tag, given in Parts(html).tags if given.get("http-equiv"))
    assert policy
    assert policy.startswith("default-src 'none';")
    scripts = SCRIPT.findall(html)
    digests = [b64encode(sha256(text.encode()).digest()).decode() for text in scripts]
    assert scripts[0] == plotly.offline.get_plotlyjs()
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")
    for tag, given in Parts(SCRIPT.sub("", html)).tags:
        assert tag not in ("link", "img", "iframe", "object", "base", "form", "svg")
        assert "src" not in given
        assert (given.get("href") or "#").startswith("#")
        assert not [name for name in given if name.startswith("on")]


def test_nothing_of_a_run_is_markup() -> None:
    run = with_prompt(everywhere(full_run(), HOSTILE), HOSTILE, HOSTILE)
    html = render(page(run))
    plain, hostile = Parts(render(page(full_run()))), Parts(html)
    allowed = {tag for tag, _ in plain.tags} | {"pre"}
    assert {tag for tag, _ in hostile.tags} <= allowed
    assert {name for _, given in hostile.tags for name in given} <= {
        name for _, given in plain.tags for name in given
    }
    assert len(SCRIPT.findall(html)) == 2
    assert "alert(1)" in hostile.text
    assert "{{ 7*7 }}" in hostile.text
    drawn = json.dumps(figures_in(html))
    assert "<script" not in drawn
    assert "<img" not in drawn
    assert "&#60;img" in drawn, "a chart writes it as text"


def test_no_figure_can_end_its_element() -> None:
    title = "</script><!-- <script ><b>&amp;"
    figure = go.Figure(layout={"title": {"text": title}})
    html = render(replace(page(a_run()), figures={Drawing.STEPS: figure}))
    assert figures_in(html)["steps"]["layout"]["title"]["text"] == title
    after = html.split('id="figures">')[1]
    assert not {*"<>&"} & {*after[: after.index("</script>")]}


def test_a_run_without_figures_needs_no_script() -> None:
    html = render(page(a_run()))
    assert "<script" not in html
    assert "script-src &#39;none&#39;" in html
    assert len(html) < 50_000
    assert "only the files were checked" in Parts(html).text


def test_an_import_too() -> None:
    run = imported_run(results("vllm-serve.json")[0], Environment("3.12", "Linux", {}))
    assert "TPOT is" in Parts(render(page(run))).text


def test_it_is_said_in_the_language_of_who_reads() -> None:
    def shouted(told: Any) -> Any:
        return told.upper() if isinstance(told, str) else told

    run = with_prompt(full_run(), "a prompt", "an answer")
    html = render(page(run, shouted, "zh"))
    text = Parts(html).text
    assert '<html lang="zh">' in html
    for said in ("WHAT TO CHANGE", "WHY IS IT SLOW?", "FIGURES OF THIS CHART", "MADE BY SLOWLENS"):
        assert said in text
    assert "a prompt" in text, "what somebody wrote stays"


def test_a_folder_called_as_a_side_keeps_its_name() -> None:
    run = full_run()
    assert run.source
    named = replace(
        run, merged=replace(run.merged, path="merged"), source=replace(run.source, path="source")
    )
    text = Parts(render(page(named, partial(translated, into=Language.CHINESE), "zh"))).text
    assert "名称" in text
    assert text[text.index("名称") :].split()[1:3] == ["merged", "source"]


def test_numbers_in_charts_are_as_exact_as_can_be_seen() -> None:
    run = full_run()
    assert run.measurement
    samples = tuple(replace(s, at=s.at / 3) for s in run.measurement.samples)
    given = replace(run, measurement=replace(run.measurement, samples=samples))
    (line, *_) = figures_in(render(page(given)))["machine"]["data"]
    assert line["x"] == [0.0, 0.333333]
