"""Fixes: applied, undone, linked to and carried away."""

from pathlib import Path

import pytest

from builders import CONFIG, write_json
from pages import SLOW_CONFIG, Open, press, said
from slowlens.checking import check
from slowlens_dashboard import findinglinks
from slowlens_dashboard.repairs import offers


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


def test_a_link_leads_to_its_fix(open_page: Open, pair: tuple[Path, Path]) -> None:
    query = {"merged": str(pair[0]), "source": str(pair[1])}
    at = open_page("fixes", **query, finding="eos-lost-or-wrong")
    text = said(at)
    assert "this is what the link leads to" in text
    assert text.index("Stop at the end of the answer") < text.index("key-value cache on**")
    gone = said(open_page("fixes", **query, finding="<b>none"))
    assert "a rule that this Slowlens does not know: \\<b\\>none" in gone


def test_why_a_rule_was_not_asked_is_no_markdown(
    open_page: Open, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reason may name a folder of the checkpoint."""
    monkeypatch.setattr(findinglinks, "_unchecked", lambda _: "beside **x** [y](http://evil)")
    query = {"merged": str(pair[0]), "source": str(pair[1])}
    at = open_page("fixes", **query, finding="launch-bound")
    (info,) = [each for each in at.info if "was not checked here" in each.proto.title]
    assert "\\*\\*x\\*\\* \\[y\\](" in info.value


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
