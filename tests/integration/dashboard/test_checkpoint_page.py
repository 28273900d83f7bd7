"""Checkpoint: why is it slow, and what do its files say?"""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from builders import CONFIG, checkpoint, write_json
from literals import generation, measurement
from pages import Open, press, query, said, slow_and_fast, store
from slowlens.facts.environment import Device, Hardware
from slowlens.facts.runtimes import Runtime
from slowlens.places import demo_folder
from slowlens_dashboard.measuring import jobs as jobs_module
from slowlens_dashboard.widgets import pair_facts


def choose(at: AppTest, *runtimes: Runtime) -> AppTest:
    """Choose what the findings are judged for."""
    return at.pills(key="judged-pills").set_value([*runtimes]).run()


def opened(at: AppTest, tab: str) -> AppTest:
    """Open a tab of the first page."""
    at.session_state["details"] = tab
    return at.run()


def test_what_concerns_other_runtimes_is_folded_apart_and_not_counted(
    open_page: Open,
) -> None:
    at = open_page()
    at = choose(at, Runtime.LLAMA_CPP)
    assert not at.exception
    assert "without its key-value cache" not in at.title[0].value
    folded = next(e for e in at.expander if e.label.startswith("For other runtimes"))
    texts = [text.value for text in folded.markdown]
    assert any(text.startswith("**Found only under: transformers 4 generate") for text in texts)
    assert any("without its key-value cache" in text for text in texts)
    assert query(at, "runtime") == "llama.cpp"


def test_a_link_says_what_is_judged_and_the_other_pages_keep_it(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page(merged=str(pair[0]), runtime="vllm,sglang,nonsense")
    assert at.pills(key="judged-pills").value == [Runtime.VLLM, Runtime.SGLANG]
    assert "judged for vLLM, SGLang" in said(at.switch_page("views/fixes.py").run())
    at = choose(at.switch_page("views/checkpoint.py").run())
    assert "runtime" not in at.query_params, "nothing chosen stands for the usual ones"
    assert Runtime.FORWARD in at.pills(key="judged-pills").value


def test_a_silenced_finding_is_folded_apart_with_its_reason(
    open_page: Open, tmp_path: Path
) -> None:
    silence = '[[silence]]\nrule = "gen-use-cache-false"\nreason = "only for training"\n'
    (tmp_path / "slowlens.toml").write_text(silence)
    at = open_page()
    folded = next(e for e in at.expander if e.label.startswith("Silenced"))
    assert any("only for training" in caption.value for caption in folded.caption)
    assert "without its key-value cache" not in at.title[0].value
    assert "Turn the key-value cache on" not in said(open_page("fixes"))
    press(open_page("live"), "Start")
    assert [job.run.silences[0].rule for job in jobs_module.jobs()._all()] == [
        "gen-use-cache-false"
    ]


def test_a_broken_slowlens_toml_is_explained(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "slowlens.toml").write_text("[[silence]]\nrule = 1\n")
    at = open_page()
    assert "slowlens.toml" in said(at)
    assert "could not be drawn" not in said(at)


def test_the_page_of_a_rule_opens_from_its_finding(open_page: Open) -> None:
    at = press(open_page(), "About this rule")
    assert not at.exception
    assert "\n# Why it is slow" in said(at), "a dialog draws headings smaller"


GPU = Hardware((Device("cuda", "a GPU", memory=80 * 2**30),))


@pytest.mark.parametrize(
    ("found", "where"), [(None, "In memory"), (Hardware(()), "In memory"), (GPU, "In GPU memory")]
)
def test_who_wrote_it_and_what_it_takes_in_memory(
    open_page: Open,
    pair: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    found: Hardware | None,
    where: str,
) -> None:
    monkeypatch.setattr(pair_facts, "hardware", lambda: found)
    pair_facts.gpu_here.cache_clear()
    (pair[0] / "mergekit_config.yml").write_text("x: 1\n")
    text = said(open_page())
    pair_facts.gpu_here.cache_clear()
    assert "Written by: probably mergekit" in text
    assert f"{where}: " in text


def test_rules_are_grouped_by_what_came_of_them(open_page: Open) -> None:
    at = opened(open_page(), "Rules")
    assert not at.exception
    texts = [text.value for text in at.markdown]
    assert sum("not checked: needs a live run" in text for text in texts) == 1
    assert any("passed**" in text for text in texts)
    at = at.selectbox(key="rule-to-read").set_value("eos-lost-or-wrong").run()
    assert "### What it does" in said(at)


def test_every_weight_is_read_when_that_is_asked_for(open_page: Open) -> None:
    at = opened(open_page(), "Rules")
    assert "needs the weights themselves" in said(at)
    at = press(at, "Read every weight now")
    assert not at.exception
    assert "needs the weights themselves" not in said(at)


def test_settings_are_told_by_runtime_where_runtimes_differ(open_page: Open) -> None:
    at = opened(open_page(), "Effective settings")
    differing, alike = (table.value for table in at.get("table"))
    assert "transformers 4 generate" in differing
    assert "**`use_cache`**" in set(differing["Setting"])
    assert "**`eos_token_id`**" in set(alike["Setting"])


def test_the_answer_stands_on_top_and_the_finding_below(open_page: Open) -> None:
    at = open_page()
    assert not at.exception
    assert "without its key-value cache" in at.title[0].value
    text = said(at)
    assert "Generation without the key-value cache" in text
    assert "Fix: Turn the key-value cache on" in text
    assert "not checked" in text
    assert at.query_params["merged"]


def test_without_a_pair_the_page_invites(open_page: Open, tmp_path: Path) -> None:
    at = open_page(nothing="1")
    assert not at.exception
    assert "Why is it slow?" in said(at)
    assert "There are no demo checkpoints yet" in said(at)


def test_the_demo_is_offered_where_it_was_built(open_page: Open) -> None:
    for name in ("source", "merged"):
        checkpoint(demo_folder() / name)
    at = open_page(nothing="1")
    assert "merged" in said(at)
    at = press(at, "Check it")
    assert at.text_input[0].value == str(demo_folder() / "merged")
    assert at.text_input[1].value == str(demo_folder() / "source")
    assert not at.exception


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/etc", "outside the folders that this dashboard may read"),
        ("no-such-folder", "There is no folder"),
        ("org/model", "hf download org/model"),
        ("empty", "checkpoint"),
    ],
)
def test_a_bad_path_is_explained(open_page: Open, tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    at = open_page(nothing="1")
    at.text_input[0].set_value(path)
    at = press(at, "Check")
    assert not at.exception
    assert message in said(at)
    assert at.error[0].value, "an error says what to do"


def test_a_link_to_a_forbidden_folder_shows_nothing_of_it(open_page: Open) -> None:
    at = open_page(merged="/etc")
    assert "outside the folders" in said(at)
    assert [title.value for title in at.title] == ["Checkpoint"], "and no answer"


def test_an_unreadable_file_is_told_and_the_rest_is_checked(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    (pair[0] / "generation_config.json").write_text("{broken")
    at = open_page()
    assert "generation_config.json" in said(at)
    assert at.warning
    assert at.warning[0].value
    assert "key-value cache" in said(at)


def test_settings_of_an_unreadable_config_are_not_made_up(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    (pair[0] / "config.json").write_text("{broken")
    at = opened(open_page(), "Effective settings")
    shown = [caption.value for caption in at.caption]
    assert "Unknown without a config.json that can be read." in shown
    assert not any("that no file touches" in toggle.label for toggle in at.toggle)
    assert not at.exception


def test_a_measured_run_of_these_very_files_counts(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    store(pair, slow_and_fast())
    assert "4.00 times" in said(open_page())
    write_json(pair[0] / "config.json", CONFIG)
    assert "4.00 times" not in said(open_page())


def test_a_cause_and_its_proof_are_one_finding(open_page: Open, pair: tuple[Path, Path]) -> None:
    before = open_page()
    store(pair, slow_and_fast())
    at = open_page()
    assert at.header[0].value == before.header[0].value, "the run adds no error"
    text = said(at)
    assert "Steps recomputed" not in text
    assert ":blue-badge[measured] The run proves it: no key-value cache: " in text


def test_what_was_measured_is_told_with_its_run(open_page: Open, pair: tuple[Path, Path]) -> None:
    assert "is from the run" not in said(open_page())
    told = store(pair, slow_and_fast(), id="20260102-1", created="2026-01-02T12:04:05+00:00")
    store(pair, measurement(generation(0.1, 0.1, 0.1)), id="20260103-1")
    at = open_page()
    assert "4.00 times" in said(at), "one quick round does not push it aside"
    (link,) = [e for e in at.get("page_link") if "is from the run" in e.proto.label]
    when = "the run that ended 2026-01-02 12:04 UTC, 3 rounds"
    assert link.proto.label == f"What was measured is from {when}"
    assert link.proto.query_string == f"run={told.id}"


@pytest.mark.parametrize("side", [0, 1])
def test_a_measured_run_of_other_weights_does_not_count(
    open_page: Open, pair: tuple[Path, Path], side: int
) -> None:
    store(pair, slow_and_fast())
    os.utime(pair[side] / "model.safetensors", (1, 1))  # merged again: the size stays
    assert "4.00 times" not in said(open_page())


def test_a_dangling_link_is_explained_by_the_engine(open_page: Open, tmp_path: Path) -> None:
    folder = tmp_path / "dangling"
    folder.mkdir()
    (folder / "config.json").symlink_to(tmp_path / "gone")
    text = said(open_page(merged=str(folder)))
    assert "could not be drawn" not in text
    assert "config.json" in text


def test_what_else_to_choose_is_offered_without_what_is_chosen(
    open_page: Open, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    def offered() -> list[str]:
        keys = (button.key or "" for button in open_page().button)
        return [key for key in keys if key.startswith("choose-")]

    store(pair, slow_and_fast())
    assert offered() == []
    other = checkpoint(tmp_path / "other")
    store((other, pair[1]), slow_and_fast())
    assert offered() == [f"choose-{other}-{pair[1]}"]
