"""Links that a teammate opens: a finding, a tab, the filters of the diff, a run's finding."""

import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from builders import checkpoint, write_json
from pages import SLOW_CONFIG, SLOW_GENERATION, Open, query, said, slow_and_fast, store
from sessions import Session
from slowlens_dashboard.widgets.linked import KEY

RULE = "gen-use-cache-false"
MARK = "this is what the link leads to"
ALIVE = re.compile(r"(?<!\\)<img|(?<!\\)\*\*x|(?<!\\)\[y|(?<!\\)\$z")
HOSTILE = "<img src=x onerror=alert(1)>**x** [y](http://evil) :material/bug_report: $z$"


def at_finding(open_page: Open, pair: tuple[Path, Path], name: str, **query: str) -> AppTest:
    at = open_page(merged=str(pair[0]), source=str(pair[1]), finding=name, **query)
    assert not at.exception
    return at


def marked(at: AppTest) -> bool:
    """Whether something is marked as what the link leads to."""
    return MARK in said(at)


def links(at: AppTest, label: str) -> list[dict[str, list[str]]]:
    found = (link.proto for link in at.get("page_link"))
    return [parse_qs(each.query_string) for each in found if each.label == label]


def test_a_card_links_to_itself_and_the_link_opens_it(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page()
    assert not marked(at)
    queries = links(at, "Link to this finding")
    assert [RULE] in [each["finding"] for each in queries]
    for each in queries:
        assert each["merged"] == [str(pair[0])]
        assert each["source"] == [str(pair[1])]
        other = open_page(**{key: values[0] for key, values in each.items()})
        assert said(other).count(MARK) == 1, each


def test_a_finding_for_other_runtimes_is_unfolded(open_page: Open, pair: tuple[Path, Path]) -> None:
    at = at_finding(open_page, pair, RULE, runtime="llama.cpp")
    (fold,) = [e for e in at.expander if e.label.startswith("For other runtimes")]
    assert fold.proto.expanded
    assert MARK in [m.value.split("link: ")[-1].rstrip("]") for m in fold.markdown]
    plain = open_page(merged=str(pair[0]), source=str(pair[1]), runtime="llama.cpp")
    (fold,) = [e for e in plain.expander if e.label.startswith("For other runtimes")]
    assert not fold.proto.expanded


def test_a_finding_that_was_fixed_is_told_plainly(open_page: Open, pair: tuple[Path, Path]) -> None:
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "use_cache": True})
    write_json(pair[0] / "generation_config.json", {**SLOW_GENERATION, "use_cache": True})
    at = at_finding(open_page, pair, RULE)
    assert not marked(at)
    (warning,) = at.warning
    assert "no longer found here" in warning.proto.title
    assert "fixed" in warning.value


@pytest.mark.parametrize("page", ["checkpoint", "diff", "live", "fixes"])
def test_hostile_parts_of_an_address_are_inert(
    open_page: Open, pair: tuple[Path, Path], page: str
) -> None:
    names = ("finding", "tab", "search", "effect", "unchanged", "runtime", "run")
    given = {"merged": str(pair[0]), "source": str(pair[1]), **dict.fromkeys(names, HOSTILE)}
    at = open_page(page, **given)
    assert not at.exception
    outside_code = re.sub(r"(`+).*?\1", "", said(at))
    assert not ALIVE.search(outside_code)


def test_folders_of_an_address_stay_below_the_root(open_page: Open, tmp_path: Path) -> None:
    for merged in ("/etc", f"{tmp_path}/../../etc", "\x00"):
        at = open_page(merged=merged, finding=RULE)
        assert not at.exception
        assert at.error
        assert not marked(at)
        assert "merged" not in at.query_params


def test_the_open_tab_is_in_the_address(open_page: Open, pair: tuple[Path, Path]) -> None:
    at = open_page(merged=str(pair[0]), source=str(pair[1]), tab="settings")
    assert "What each runtime ends up with" in said(at)
    assert "About this rule" not in [button.label for button in at.button]
    at = open_page(merged=str(pair[0]), source=str(pair[1]), tab="settings", finding=RULE)
    assert marked(at), "a finding is in the first tab"


def test_the_filters_of_the_diff_are_in_the_address(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "transformers_version": "5.0.0"})
    at = open_page("diff")
    at.text_input(key="search").set_value("cache").run()
    assert query(at, "search") == "cache"
    at.toggle(key="unchanged").set_value(True).run()
    assert query(at, "unchanged") == "yes"
    at.text_input(key="search").set_value("").run()
    assert "search" not in at.query_params

    given = {"merged": str(pair[0]), "source": str(pair[1])}
    shared = open_page("diff", **given, search="eos", effect="length,nonsense", unchanged="yes")
    assert not shared.exception
    assert shared.text_input(key="search").value == "eos"
    assert "`eos_token_id`" in said(shared)
    assert "`use_cache`" not in said(shared)
    assert shared.toggle(key="unchanged").value is True


def test_a_finding_of_a_run_opens_though_the_files_have_changed(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    run = store(pair, slow_and_fast())
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "use_cache": True})
    write_json(pair[0] / "generation_config.json", {**SLOW_GENERATION, "use_cache": True})
    at = open_page("live", run=run.id, finding=RULE)
    assert not at.exception
    assert marked(at)
    assert "Generation without the key-value cache" in said(at)
    assert {"run": [run.id], "finding": [RULE]} in links(at, "Link to this finding")
    folded = open_page("live", run=run.id)
    assert "Link to this finding" not in said(folded)


def test_a_link_to_another_pair_changes_what_is_shown(
    open_page: Open, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    other = checkpoint(tmp_path / "other")
    at = open_page()
    at.query_params["merged"] = str(other)
    at.query_params.pop("source")
    at.run()
    assert at.text_input(key="merged-text").value == str(other)
    assert query(at, "merged") == str(other)


def test_only_one_thing_is_marked(open_page: Open, pair: tuple[Path, Path]) -> None:
    assert said(at_finding(open_page, pair, RULE)).count(MARK) == 1
    assert KEY == "linked", "looks.css draws it"
