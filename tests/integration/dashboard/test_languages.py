"""The pages in Chinese: nothing that a reader sees is left in English."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages import Open, explained, slow_and_fast, store
from samples import results
from slowlens.facts.environment import Environment
from slowlens.importing import imported_run
from slowlens.store import default_store
from slowlens_dashboard.server import HERE
from slowlens_dashboard.wording.language import KEY, Language

VIEWS = sorted(path.stem for path in (HERE / "views").glob("[a-z]*.py"))
CODE = re.compile(r"`+[^`]*`+|\]\([^)]*\)|:[a-z-]+\[|&\w+;|\bslowlens [a-z]+( [A-Z]+)?|--[a-z-]+")
ENGLISH = re.compile(r"[A-Za-z]{2,},? [a-z]{2,},? [a-z]{2,}")
"""Three words, the second and the third no names."""
NAMES = re.compile(
    r"transformers [45] generate|llama.cpp|a shape of .*|.*the GPU is full.*|Take fewer tokens."
)
KINDS = (
    "button", "caption", "checkbox", "download_button", "error", "expander", "header", "info",
    "markdown", "metric", "multiselect", "number_input", "page_link", "pills", "selectbox",
    "subheader", "success", "tab", "text_area", "text_input", "toggle", "warning",
)  # fmt: skip


def read(at: AppTest) -> list[str]:
    """Return what stands on a page, and what is told of its parts."""
    found: list[str] = []
    for kind in KINDS:
        for element in at.get(kind):
            proto = element.proto
            names = ("label", "body", "help", "placeholder", "title", "value")
            values = [getattr(proto, name, "") for name in names]
            found += [text for text in values if isinstance(text, str)]
    for table in at.get("table"):
        found += [*map(str, table.value.columns), *map(str, table.value.to_numpy().ravel())]
    return found


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("measured", [False, True], ids=["checked", "measured"])
def test_no_english_is_left(
    view: str,
    open_page: Open,
    pair: tuple[object, object],
    monkeypatch: pytest.MonkeyPatch,
    *,
    measured: bool,
) -> None:
    query = {"merged": str(pair[0]), "source": str(pair[1])}
    if measured:
        query["run"] = store(pair, explained()).id  # type: ignore[arg-type]
    monkeypatch.setattr("slowlens_dashboard.wording.language.spoken", lambda _: Language.CHINESE)
    at = open_page(view, **query)
    assert at.session_state[KEY] == Language.CHINESE
    told = (NAMES.sub("", CODE.sub("", text)) for text in read(at))
    assert [text for text in dict.fromkeys(told) if ENGLISH.search(text)] == []


def test_no_english_is_left_where_runs_are_compared(
    open_page: Open, pair: tuple[object, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = store(pair, slow_and_fast(0.1), id="20260102-030400-abcd")  # type: ignore[arg-type]
    slow = store(pair, slow_and_fast(), id="20260102-030401-abcd")  # type: ignore[arg-type]
    other, another = (
        imported_run(results(name)[0], Environment("3.12", "Linux", {}))
        for name in ("vllm-serve.json", "guidellm.json")
    )
    for run in (other, another):
        default_store().save(run)
    monkeypatch.setattr("slowlens_dashboard.wording.language.spoken", lambda _: Language.CHINESE)
    at = open_page("compare", run=[fast.id, slow.id])
    texts = read(at)
    assert any("recomputed-steps" in text for text in texts), "a proof, with the id of its rule"
    texts += read(open_page("compare", run=[other.id, another.id]))
    assert any("并发数" in text for text in texts), "settings of other tools have Chinese names"
    told = (NAMES.sub("", CODE.sub("", text)) for text in texts)
    assert [text for text in dict.fromkeys(told) if ENGLISH.search(text)] == []
