"""Fixes: applied, undone, and proved."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builders import CONFIG, GENERATION_CONFIG, write_json
from literals import generation, measurement
from pages import SLOW_CONFIG, Open, explained, press, said, slow_and_fast, store
from sessions import Session
from slowlens.checking import check
from slowlens.facts.live.measurement import Measurement
from slowlens_dashboard import jobs as jobs_module
from slowlens_dashboard.repairs import offers


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def steady() -> Measurement:
    return measurement(*[generation(0.1, 0.1, 0.1)] * 3)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_safe_fixes_are_one_click_beside_what_it_writes_and_undo_is_another(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    merged = pair[0]
    before = bytes_of(merged)
    at = open_page("fixes")
    assert not at.exception
    assert '-  "use_cache": false' in said(at)
    at = at.button(key="apply-all").click().run()
    assert b'"use_cache": true' in (merged / "config.json").read_bytes()
    assert b"_from_model_config" not in (merged / "generation_config.json").read_bytes()
    assert "Fixed" in at.toast[0].value
    assert "applied" in said(at)
    at = press(at, "Undo")
    assert bytes_of(merged) == before
    assert "byte for byte" in at.toast[0].value


def test_one_fix_is_applied_after_a_confirmation(open_page: Open, pair: tuple[Path, Path]) -> None:
    before = bytes_of(pair[0])
    at = open_page("fixes").button(key="apply-fix-0").click().run()
    assert bytes_of(pair[0]) == before, "not yet"
    assert f"in `{pair[0]}`" in said(at)
    at.button(key="write-fix").click().run()
    assert b'"use_cache": true' in (pair[0] / "config.json").read_bytes()


def test_what_changes_what_the_model_writes_is_asked_about(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    before = bytes_of(pair[0])
    at = open_page("fixes").toggle(key="unsafe").set_value(True).run()
    at = at.button(key="apply-all").click().run()
    assert bytes_of(pair[0]) == before, "not yet"
    at.button(key="write-fix").click().run()
    assert bytes_of(pair[0]) != before


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


def test_all_fixes_are_undone_together(open_page: Open, pair: tuple[Path, Path]) -> None:
    before = bytes_of(pair[0])
    for _ in range(2):
        at = open_page("fixes").button(key="apply-fix-0").click().run()
        at.button(key="write-fix").click().run()
    at = press(open_page("fixes"), "Undo all 2")
    assert bytes_of(pair[0]) == before
    assert "Undone: 2 fixes" in at.toast[0].value


def test_undoing_all_stops_at_a_file_that_was_edited(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    for _ in range(2):
        at = open_page("fixes").button(key="apply-fix-0").click().run()
        at.button(key="write-fix").click().run()
    with (pair[0] / "generation_config.json").open("ab") as file:
        file.write(b"\n")
    now = bytes_of(pair[0])
    at = press(open_page("fixes"), "Undo all 2")
    assert "changed after the fix" in said(at)
    assert not at.toast
    assert bytes_of(pair[0]) == now


def test_a_file_that_was_edited_after_a_fix_says_so(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    open_page("fixes").button(key="apply-all").click().run()
    with (pair[0] / "config.json").open("ab") as file:
        file.write(b"\n")
    at = open_page("fixes")
    assert "config.json changed since" in said(at)
    assert "changed after the fix" in said(press(at, "Undo"))


@pytest.mark.parametrize("asked", [False, True])
def test_a_file_that_changed_since_it_was_shown_is_not_overwritten(
    open_page: Open, pair: tuple[Path, Path], asked: bool
) -> None:
    at = open_page("fixes")
    if asked:
        at = at.button(key="apply-fix-0").click().run()
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "rope_theta": 5})
    now = bytes_of(pair[0])
    at = at.button(key="write-fix" if asked else "apply-all").click().run()
    assert "config.json changed after it was read" in said(at).replace("`", "")
    assert bytes_of(pair[0]) == now


@pytest.mark.parametrize("together", [False, True])
def test_a_fix_that_was_tried_is_not_applied_to_other_files(
    open_page: Open, pair: tuple[Path, Path], together: bool
) -> None:
    run = store(pair, explained())
    at = open_page("fixes")
    if not together:
        at = at.button(key="apply-fix-0").click().run()
    (pair[0] / "tokenizer_config.json").write_text('{"padding_side": "right"}')
    now = bytes_of(pair[0])
    at = at.button(key="apply-all" if together else "write-fix").click().run()
    text = said(at).replace("`", "")
    assert "tokenizer_config.json changed after the fix was tried" in text
    assert "so nothing was written" in text
    assert bytes_of(pair[0]) == now
    (pair[0] / "tokenizer_config.json").unlink()
    os.utime(pair[0] / "model.safetensors", (1, 1))
    at = open_page("fixes", merged=str(pair[0]), source=str(pair[1]))
    assert "badge[measured]" not in said(at), f"{run.id} measured other weights"


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
    told = ":blue-badge[measured] Estimated 2 to 24 times, measured 4.00 times ("
    assert told in text
    assert "A token takes 400 ms → 100 ms" in text
    assert "The run that tried it" in text
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
    wait_until(lambda: bool(job.plan.overlays))
    assert (job.plan.merged, job.plan.source) == (str(pair[0]), str(pair[1]))
    (tried,) = job.plan.overlays
    assert tried.titles == ("Turn the key-value cache on",)
    assert json.loads((Path(tried.path) / "config.json").read_bytes())["use_cache"] is True
    assert bytes_of(pair[0]) == before
    for tab in (at, open_page("fixes")):
        assert "nothing is written into the checkpoint" in said(tab)
        assert "Watch it run" in said(tab)
        offered = {button.label for button in tab.button if not button.disabled}
        assert not offered & {"Try it", "Apply", "Apply 1 safe fix"}, "it would measure others"
    at = press(at, "Stop")
    job.join(10)
    at = open_page("fixes")
    assert "The last try was stopped." in said(at)
    assert not at.button(key="try-fix-0").disabled


def test_a_fix_that_measured_no_better_says_so_where_it_can_be_undone(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    before = bytes_of(pair[0])
    store(pair, steady(), id="20260101-000000-aaaa", created="2026-01-01T00:00:00+00:00")
    open_page("fixes").button(key="apply-all").click().run()
    later = {"id": "20990101-000000-aaaa", "created": "2099-01-01T00:00:00+00:00"}
    store(pair, steady(), **later)
    at = open_page("fixes")
    assert "This fix measured no better." in said(at)
    press(at, "Undo")
    assert bytes_of(pair[0]) == before


def test_a_fix_that_was_tried_for_nothing_says_so_before_it_is_applied(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    store(pair, explained(0.1))
    text = said(open_page("fixes"))
    assert ":gray-badge[measured] Measured no better: 1.00 times as fast (" in text
    assert "there is nothing to undo" in text


def test_a_link_leads_to_its_fix(open_page: Open, pair: tuple[Path, Path]) -> None:
    query = {"merged": str(pair[0]), "source": str(pair[1])}
    at = open_page("fixes", **query, finding="eos-lost-or-wrong")
    text = said(at)
    assert "this is what the link leads to" in text
    assert text.index("Stop at the end of the answer") < text.index("key-value cache on**")
    gone = said(open_page("fixes", **query, finding="<b>none"))
    assert "a rule that this Slowlens does not know: \\<b\\>none" in gone


def test_one_fix_and_some_of_several_are_exported(open_page: Open, pair: tuple[Path, Path]) -> None:
    at = open_page("fixes").toggle(key="unsafe").set_value(True).run()
    labels = [button.label for button in at.get("download_button")]
    assert labels.count("For the next merge") == 3, "all, and each of two"
    at = at.checkbox(key="pick-all-1").uncheck().run()
    commands = [block.value for block in at.get("code") if block.language == "bash"]
    assert commands[0].endswith("--rule gen-use-cache-false --to " + f"{pair[0]}-patched")
    at = at.checkbox(key="pick-all-0").uncheck().run()
    first = next(b for b in at.get("download_button") if b.key == "export-diff-all")
    assert first.disabled


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
    at = press(at, "Measure again")
    job = jobs_module.jobs().active
    assert job is not None
    assert job.plan == replace(run.measurement.plan, merged=str(pair[0]), source=str(pair[1]))
    assert "In progress" in said(at)
