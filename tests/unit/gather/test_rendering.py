import importlib.util
import re
from pathlib import Path

import pytest

from builders import checkpoint
from pairs import merged_of
from slowlens.checking import check
from slowlens.facts.text.conversations import Case
from slowlens.facts.text.rendered import Rendered, Text
from slowlens.gather import rendering
from slowlens.gather.renderer import LONGEST, render
from slowlens.gather.rendering import read_rendered
from talking import CHATML, pair, talking

FILLS_MEMORY = "{{ 'x' * 10000000000 }}"
DOUBLES = (
    "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}"
)
RUNS_ON = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def rendered(template: str) -> Rendered:
    """What comes of a template beside another one."""
    found = pair(talking({}, jinja=template), talking({}, jinja="other"))[2]
    assert found is not None
    return found


def question(template: str) -> Text:
    return rendered(template).merged[template][Case.QUESTION]


def test_a_conversation() -> None:
    expected = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    assert question(CHATML) == Text(expected)


def test_both_sides_and_only_what_one_of_them_knows() -> None:
    found = rendered(CHATML)
    assert list(found.merged) == [CHATML]
    assert list(found.source) == ["other"]
    plain = {Case.QUESTION, Case.SYSTEM, Case.TURNS, Case.UNPROMPTED}
    assert set(found.merged[CHATML]) == plain
    thinking = set(rendered("{{ enable_thinking }}").source["other"])
    assert thinking == {*plain, Case.THINKING, Case.NOT_THINKING}
    assert set(rendered("{{ tools }}").source["other"]) == {*plain, Case.TOOL}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ bos_token }}|{{ eos_token }}|{{ pad_token }}|{{ unk_token }}|{{ nothing }}", "||||"),
        ("{% generation %}x{% set y = 1 %}{% endgeneration %}{{ y }}", "x"),
        ("{% for n in range(9) %}{% if n == 2 %}{% break %}{% endif %}{{ n }}{% endfor %}", "01"),
        ("{{ {'a': '<é>'}|tojson }}{{ [1]|tojson(indent=1) }}", '{"a": "<é>"}[\n 1\n]'),
        ("{{ strftime_now('%Y') }}", "2026"),
        ("{% if true %}\n  x\n  {% endif %}", "  x\n"),
        ("{{ tools is none }}{{ documents is none }}", "TrueTrue"),
    ],
)
def test_it_is_set_up_as_transformers_is(template: str, text: str) -> None:
    arguments = {"messages": [], "add_generation_prompt": True}
    assert render(template, {}, [arguments]) == [[text, ""]]


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("{% if %}", "line 1: Expected an expression, got 'end of statement block'"),
        ("{{ raise_exception('no tools') }}", "no tools"),
        ("{{ ''.__class__.__mro__ }}", "access to attribute '__class__' of 'str' object is unsafe"),
        ("{{ messages.append(1) }}", "access to attribute 'append' of 'list' object is unsafe"),
        ("{% include '/etc/passwd' %}", "no loader for this environment specified"),
        ("{{ messages[0].x.y }}", "'dict object' has no attribute 'x'"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError"),
        ("{{ 'x' * 1000000 }}", f"writes more than {LONGEST} characters"),
        (FILLS_MEMORY, "needs too much memory"),
        (DOUBLES, "needs too much memory"),
    ],
)
def test_a_template_that_fails(template: str, error: str) -> None:
    found = question(template)
    assert error in found.error
    assert found.text == ""


@pytest.mark.parametrize(
    "escape",
    [
        "cycler.__init__.__globals__",
        "lipsum.__globals__['os'].popen('id').read()",
        "self.__init__.__globals__",
        "raise_exception.__globals__",
        "raise_exception.__globals__['sys'].modules",
        "strftime_now.__self__.__class__.__mro__",
        "namespace.__init__.__globals__",
        "messages|attr('__class__')",
        "''|attr('__class__')|attr('__mro__')",
        "[]|map(attribute='__class__')|list|tojson",
        "['x']|map('attr', '__class__')|list|first|attr('__mro__')",
        "'{0.__class__.__mro__}'.format(1)",
        "'{x.__class__}'.format_map({'x': 1})",
        "(''|attr('format'))('{0.__class__}', 1)",
        "['{0.__class__}']|map('format', 1)|first",
        "joiner.__call__.__globals__",
        "(1).__class__.__bases__",
        "messages.__reduce__()",
        "joiner('x').__dict__",
        "dict.__subclasses__()",
        "range(10000000000)|list",
    ],
)
def test_nothing_of_the_process_can_be_reached(escape: str) -> None:
    found = question("{{ " + escape + " }}")
    assert not re.search("<class|builtin|module|uid=|<function|0x", found.text)
    assert found.error or found.text in ("", "[]", "[{}]") or "Undefined" in found.text, found.text


def test_a_template_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_SECONDS", 1)
    found = rendered(RUNS_ON)
    assert found.merged == {}
    assert found.problem.startswith("a chat template could not be rendered in 1 seconds and 512.0")


def test_the_clock_counts_where_a_child_cannot_limit_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "_PATIENCE", 0.5)
    assert "said nothing for 0.5 seconds" in rendered(RUNS_ON).problem


def test_what_the_first_template_writes_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_SECONDS", 1)
    found = pair(talking({}, jinja=CHATML), talking({}, jinja=RUNS_ON))[2]
    assert found is not None
    assert list(found.merged) == [CHATML]
    assert found.source == {}
    assert found.problem


def test_without_jinja2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "find_spec", lambda _: None)
    assert rendered("x") == Rendered(
        problem="needs jinja2 to render chat templates: pip install jinja2"
    )
    assert importlib.util.find_spec("jinja2")


def test_a_template_of_megabytes_is_not_rendered() -> None:
    assert "more than 1000000 characters" in rendered("x" * 1_000_001).problem


@pytest.mark.parametrize("template", [None, "x"])
def test_nothing_is_rendered_where_nobody_asks(template: str | None) -> None:
    assert read_rendered(merged_of(talking({}, jinja=template)), None) is None
    assert pair(talking({}, jinja=template), talking({}, jinja=template))[2] is None
    assert pair(talking({}, jinja="x"), talking({}))[2] is None


def test_a_check_of_a_hostile_template_says_what_it_could_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "_SECONDS", 1)
    there, here = checkpoint(tmp_path / "source"), checkpoint(tmp_path / "merged")
    (here / "chat_template.jinja").write_text(RUNS_ON)
    outcome = {o.rule: o for o in check(here, there).outcomes}["chat-template-lost-or-changed"]
    assert outcome.status == "skipped"
    assert "could not be rendered in 1 seconds" in outcome.reason
