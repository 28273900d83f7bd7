"""Fixes: applied, undone, and proved."""

import json
import os
from dataclasses import replace
from pathlib import Path

from builders import CONFIG, GENERATION_CONFIG, write_json
from pages import SLOW_CONFIG, Open, explained, press, said, slow_and_fast, store
from sessions import Session
from slowlens.checking import check
from slowlens_dashboard import jobs as jobs_module
from slowlens_dashboard.repairs import offers


def test_a_fix_shows_its_diff_and_is_applied_after_a_confirmation(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    merged = pair[0]
    before = {path.name: path.read_bytes() for path in merged.iterdir()}
    at = open_page("fixes")
    assert not at.exception
    assert '-  "use_cache": false' in said(at)
    at = at.button(key="apply-all").click().run()
    assert (merged / "config.json").read_bytes() == before["config.json"], "not yet"
    at = at.button(key="write-fix").click().run()
    assert b'"use_cache": true' in (merged / "config.json").read_bytes()
    assert b"_from_model_config" not in (merged / "generation_config.json").read_bytes()
    assert "Fixed" in at.toast[0].value
    assert "applied" in said(at)
    at = press(at, "Undo")
    assert {path.name: path.read_bytes() for path in merged.iterdir()} == before
    assert "byte for byte" in at.toast[0].value


def test_fixes_are_undone_one_by_one(open_page: Open, pair: tuple[Path, Path]) -> None:
    before = {path.name: path.read_bytes() for path in pair[0].iterdir()}
    for _ in range(2):
        at = open_page("fixes").toggle(key="unsafe").set_value(True).run()
        at = at.button(key="apply-fix-0").click().run()
        at.button(key="write-fix").click().run()
    at = open_page("fixes")
    assert said(at).count(":green-badge[applied]") == 2
    assert at.button(key="undo-1").disabled
    assert not at.button(key="undo-2").disabled
    at = at.button(key="undo-2").click().run()
    at.button(key="undo-1").click().run()
    assert {path.name: path.read_bytes() for path in pair[0].iterdir()} == before


def test_a_file_that_was_edited_after_a_fix_says_so(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page("fixes").button(key="apply-all").click().run()
    at.button(key="write-fix").click().run()
    with (pair[0] / "config.json").open("ab") as file:
        file.write(b"\n")
    at = open_page("fixes")
    assert "config.json changed since" in said(at)
    assert "changed after the fix" in said(press(at, "Undo"))


def test_a_file_that_changed_meanwhile_is_not_overwritten(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page("fixes").button(key="apply-all").click().run()
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "use_cache": None})
    at = at.button(key="write-fix").click().run()
    assert "no longer" in said(at)
    assert b'"use_cache": null' in (pair[0] / "config.json").read_bytes()


def test_two_fixes_of_one_rule_can_each_be_applied(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    write_json(pair[0] / "config.json", {**CONFIG, "max_position_embeddings": 64, "rope_theta": 1})
    write_json(pair[1] / "config.json", {**CONFIG, "max_position_embeddings": 128})
    rules = [offer.findings[0].rule for offer in offers(check(*pair)) if offer.fix.edits]
    assert len(rules) > len(set(rules)), "one rule offers two fixes"
    at = open_page("fixes")
    assert "could not be drawn" not in said(at)
    assert [button.label for button in at.button].count("Apply") == len(rules)


def test_what_is_to_be_done_by_hand_can_be_copied(open_page: Open, pair: tuple[Path, Path]) -> None:
    adapter = {"peft_type": "LORA", "r": 8, "lora_alpha": 8, "base_model_name_or_path": "x"}
    write_json(pair[0] / "adapter_config.json", adapter)
    (pair[0] / "adapter_model.safetensors").write_bytes(b"")
    at = open_page("fixes")
    commands = [block.value for block in at.get("code") if block.language == "bash"]
    assert any(command.startswith(f"cd {pair[0]} && mkdir") for command in commands)


def test_nothing_to_fix(open_page: Open, pair: tuple[Path, Path]) -> None:
    at = open_page("fixes", merged=str(pair[1]))
    assert "Nothing is left to fix" in said(at)


def test_fixes_that_change_the_output_are_asked_for(open_page: Open) -> None:
    at = open_page("fixes")
    assert at.button(key="apply-all").label == "Apply 1 safe fix"
    at = at.toggle(key="unsafe").set_value(True).run()
    assert at.button(key="apply-all").label == "Apply 2 fixes"


def test_a_safe_fix_promises_no_more_than_its_rule(open_page: Open) -> None:
    badges = [text.value for text in open_page("fixes").markdown if "badge[safe" in text.value]
    assert badges
    assert all("badge[safe: the same tokens, up to rounding]" in badge for badge in badges)


def test_what_was_measured_of_a_fix_stands_beside_its_estimate(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    before = said(open_page("fixes"))
    assert "Costs: 2 to 24 times" in before
    assert "badge[measured]" not in before
    store(pair, explained())
    text = said(open_page("fixes"))
    assert "Estimated cost: 2 to 24 times" in text
    measured = ":blue-badge[measured] An answer takes 1.2 s less: "
    assert measured in text
    assert "What was measured is from the run that ended 20" in text
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "max_position_embeddings": 64})
    assert "badge[measured]" not in said(open_page("fixes")), "other files were measured"


def test_a_fix_is_tried_before_it_is_applied(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    before = {path.name: path.read_bytes() for path in pair[0].iterdir()}
    at = open_page("fixes")
    at = press(at, "Try it")
    job = jobs_module.jobs().active
    assert job is not None
    assert (job.plan.merged, job.plan.source) == (str(pair[0]), str(pair[1]))
    (tried,) = job.plan.overlays
    assert tried.titles == ("Turn the key-value cache on",)
    assert json.loads((Path(tried.path) / "config.json").read_bytes())["use_cache"] is True
    assert "In progress" in said(at)
    assert {path.name: path.read_bytes() for path in pair[0].iterdir()} == before


def test_before_and_after_once_both_were_measured(open_page: Open, pair: tuple[Path, Path]) -> None:
    store(pair, slow_and_fast(), id="20260101-000000-aaaa")
    assert "Before and after" not in said(open_page("fixes"))
    write_json(pair[0] / "config.json", CONFIG)
    write_json(pair[0] / "generation_config.json", GENERATION_CONFIG)
    store(pair, slow_and_fast(0.1), id="20260102-000000-bbbb")
    at = open_page("fixes")
    assert "4.00 times faster" in said(at)
    assert at.metric[0].value == "100 ms"
    assert "4.00 times faster" in said(open_page("live", run="20260102-000000-bbbb"))
    assert "Before and after" not in said(open_page("live", run="20260101-000000-aaaa"))


def test_other_weights_are_not_what_became_of_a_fix(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    store(pair, slow_and_fast(), id="20260101-000000-aaaa")
    os.utime(pair[0] / "model.safetensors", (1, 1))
    write_json(pair[0] / "config.json", CONFIG)
    store(pair, slow_and_fast(0.1), id="20260102-000000-bbbb")
    assert "Before and after" not in said(open_page("fixes"))


def test_measure_again_starts_the_same_plan(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    run = store(pair, slow_and_fast())
    assert run.measurement
    at = open_page("fixes").button(key="apply-all").click().run()
    at = at.button(key="write-fix").click().run()
    at = press(at, "Measure again")
    job = jobs_module.jobs().active
    assert job is not None
    assert job.plan == replace(run.measurement.plan, merged=str(pair[0]), source=str(pair[1]))
    assert "In progress" in said(at)
