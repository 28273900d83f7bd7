"""Config diff: what changed, ranked by effect."""

from pathlib import Path

from builders import write_json
from pages import SLOW_CONFIG, Open, said


def test_the_diff_is_ranked_and_can_be_searched(open_page: Open) -> None:
    at = open_page("diff")
    assert not at.exception
    assert "`use_cache`" in said(at)
    assert "speed" in said(at)
    at.text_input[0].set_value("eos").run()
    assert "`use_cache`" not in said(at)
    assert "`eos_token_id`" in said(at)
    assert "filtered out" in said(at)


def test_without_a_source_there_is_nothing_to_compare_with(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page("diff", merged=str(pair[0]))
    assert "There is nothing to compare with" in said(at)


def test_what_changes_nothing_is_folded_away(open_page: Open, pair: tuple[Path, Path]) -> None:
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "transformers_version": "5.0.0"})
    at = open_page("diff")
    assert "transformers_version" not in said(at)
    at = at.toggle[0].set_value(True).run()
    assert "change nothing" in at.toggle[0].label
    assert "transformers_version" in said(at)
