"""What holds on every page."""

import pytest

from pages import Open, said
from samples import results
from slowlens.facts.environment import Environment
from slowlens.importing import imported_run
from slowlens.store import default_store


@pytest.mark.parametrize("page", ["diff", "live", "fixes", "report"])
def test_pages_without_a_pair_lead_to_the_first_one(open_page: Open, page: str) -> None:
    at = open_page(page, nothing="1")
    assert not at.exception
    assert "Choose a checkpoint" in said(at)


@pytest.mark.parametrize("page", ["checkpoint", "diff", "live", "compare", "fixes", "report"])
def test_a_bug_is_explained_instead_of_a_traceback(
    open_page: Open, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("slowlens_dashboard.pair.current", bug)
    at = open_page(page)
    assert not at.exception
    assert "This page could not be drawn" in said(at)
    assert "ZeroDivisionError" in at.error[0].value


@pytest.mark.parametrize("page", ["checkpoint", "live", "compare", "fixes", "diff", "report"])
def test_pages_beside_imported_runs(open_page: Open, page: str) -> None:
    for name in ("vllm-serve.json", "sglang-one-batch.jsonl"):
        default_store().save(imported_run(results(name)[0], Environment("3.12", "Linux", {})))
    at = open_page(page)
    assert not at.exception
    if page == "live":
        labels = [button.label for button in at.button]
        assert any("merged-7b" in label for label in labels)
        assert any("unnamed model" in label for label in labels)
        assert "Imported from vLLM" in said(at)
