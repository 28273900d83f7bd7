"""Report: what a run comes to, as it will be handed on, and the ways there."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages import Open, explained, query, said, store
from planting import with_prompt
from samples import results
from slowlens.facts.environment import Environment
from slowlens.importing import imported_run
from slowlens.run import Run
from slowlens.store import default_store

PROMPT = "tell me all that you know of it"


@pytest.fixture
def run(pair: tuple[Path, Path]) -> Run:
    made = with_prompt(store(pair, explained()), PROMPT, "well, what can I say")
    default_store().save(made)
    return made


def unfolded(at: AppTest) -> AppTest:
    """Open every fold, as the reader's clicks would: what it holds is drawn then."""
    for fold in at.get("expander"):
        key = "report-fold-" + fold.proto.id.partition("-report-fold-")[2]
        at.session_state[key] = True
    return at.run()


def labels(at: object, kind: str) -> list[str]:
    return [element.proto.label for element in at.get(kind)]  # type: ignore[attr-defined]


def test_a_finished_run_is_shown_as_it_will_be_handed_on(open_page: Open, run: Run) -> None:
    at = unfolded(open_page("report", run=run.id))
    assert not at.exception
    text = said(at)
    for title in ("What to change", "What was measured", "The evidence", "The environment"):
        assert title in text
    assert "4.00 times as long per token" in text
    assert "2 texts: the prompt and what was written" in text
    assert len(at.get("plotly_chart")) == 3
    assert labels(at, "download_button") == [
        "HTML, one file",
        "Markdown, for a pull request",
        "JSON, a run file",
    ]
    assert not [block for block in at.get("code") if PROMPT in block.value]
    assert run.merged.path not in text


def test_what_is_told_is_chosen_and_in_the_address(open_page: Open, run: Run) -> None:
    at = open_page("report", run=run.id)
    at.get("button_group")[0].set_value(["paths", "prompt"]).run()
    assert not at.exception
    assert query(at, "with") == "paths,prompt"
    assert not [block for block in at.get("code") if PROMPT in block.value], "it is folded away"
    assert [block for block in unfolded(at).get("code") if PROMPT in block.value]
    again = open_page("report", run=run.id, **{"with": "prompt,nonsense"})
    told = unfolded(again).get("code")
    assert not [block for block in told if PROMPT in block.value], "an address of no sense"
    shared = open_page("report", run=run.id, **{"with": "prompt"})
    assert [block for block in unfolded(shared).get("code") if PROMPT in block.value]
    assert "2 texts" not in said(shared)


def test_without_a_run_it_is_the_diagnosis_of_the_pair(open_page: Open) -> None:
    at = open_page("report")
    assert not at.exception
    text = said(at)
    assert "runs without its key-value cache" in text
    assert "only the files were checked" in text
    assert "from source" in text


def test_an_import_and_a_run_that_is_gone(open_page: Open) -> None:
    imported = imported_run(results("vllm-serve.json")[0], Environment("3.12", "Linux", {}))
    default_store().save(imported)
    at = open_page("report", run=imported.id)
    assert not at.exception
    assert "What was measured" in said(at)
    assert "What to change" not in said(at)
    gone = open_page("report", run="20200101-000000-ffff")
    assert not gone.exception
    assert "There is no run 20200101-000000-ffff here." in said(gone)
    assert "There is nothing to report yet." in said(gone)


def test_a_run_leads_to_its_report(open_page: Open, run: Run) -> None:
    links = [link.proto for link in open_page("live", run=run.id).get("page_link")]
    (link,) = [link for link in links if link.label == "Report"]
    assert run.id in link.query_string


def test_the_answer_of_the_pair_has_its_report(open_page: Open) -> None:
    at = open_page("checkpoint")
    assert not at.exception
    assert "HTML, one file" in labels(at, "download_button")
    assert "Read it first, or tell more" in said(at)
