"""A page with nothing to show says so, and what to do next; figures have few digits."""

import re
from pathlib import Path

import pytest

from builders import checkpoint
from literals import generation, measurement
from pages import Open, explained, said, store
from sessions import Session
from slowlens.facts.live.trial import Cache, Purpose

DECIMALS = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.]*\d)")
"""No versions and no addresses."""
DIGITS = 4


@pytest.mark.parametrize(
    ("page", "next_step"),
    [
        ("checkpoint", "Name a folder above"),
        ("diff", "Choose a checkpoint"),
        ("live", "Choose a checkpoint"),
        ("fixes", "Choose a checkpoint"),
        ("report", "Choose a checkpoint"),
        ("history", "slowlens measure|measure|Live run"),
        ("compare", "Choose two runs|measure|Live run"),
    ],
)
def test_without_a_checkpoint_and_without_runs(open_page: Open, page: str, next_step: str) -> None:
    at = open_page(page, nothing="1")
    assert not at.exception
    assert len(at.title) == 1
    assert re.search(next_step, said(at))
    assert " " in [block.value for block in at.code], "a page that ends early fetches ahead as well"


@pytest.mark.parametrize("page", ["checkpoint", "diff", "fixes", "report"])
def test_without_findings(open_page: Open, tmp_path: Path, page: str) -> None:
    fine = checkpoint(tmp_path / "fine")
    at = open_page(page, merged=str(fine), source=str(checkpoint(tmp_path / "same")))
    assert not at.exception
    told = {
        "checkpoint": "No rule found anything",
        "diff": "No difference has any effect.",
        "fixes": "Nothing is left to fix",
        "report": "",
    }
    assert told[page] in said(at)


@pytest.mark.parametrize("page", ["checkpoint", "diff", "live", "fixes", "report"])
@pytest.mark.parametrize("kind", ["missing", "empty", "a file", "broken"])
def test_a_folder_that_cannot_be_read_is_explained(
    open_page: Open, tmp_path: Path, page: str, kind: str
) -> None:
    folder = tmp_path / "given"
    if kind == "a file":
        folder.write_text("hello")
    elif kind != "missing":
        folder.mkdir()
    if kind == "broken":
        (folder / "config.json").write_text("{")
    at = open_page(page, merged=str(folder))
    assert not at.exception
    assert "This page could not be drawn" not in said(at)
    if page == "checkpoint":
        alerts = [*at.error, *at.warning]
        assert any(alert.value.strip() for alert in alerts), "what to do next"


def test_figures_have_no_more_digits_than_are_known(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    third = 0.1 / 3
    found = measurement(
        generation(third, third, third, purpose=Purpose.PROOF, cached=False),
        *[generation(3 * third + n * 1e-5, 0.123456, 0.1234567) for n in range(3)],
        *[generation(third, third, third, cache=Cache.ON)] * 3,
    )
    for run in (store(pair, found), store(pair, explained(0.1234567))):
        text = re.sub(r"`[^`]*`", "", said(open_page("live", run=run.id)))
        told = DECIMALS.findall(text)
        assert told
        assert [n for n in told if len(n.replace(".", "").lstrip("0")) > DIGITS] == []


@pytest.mark.parametrize("page", ["checkpoint", "diff", "fixes"])
def test_a_checkpoint_is_not_its_own_source(
    page: str, open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page(page, merged=str(pair[0]), source=str(pair[0]))
    assert not at.exception
    assert "there is nothing to compare" in said(at)
