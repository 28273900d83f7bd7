"""``slowlens fix`` and ``slowlens undo`` on checkpoints on disk, through the real check."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import builders
from literals import equality, generation, loaded, measurement
from slowlens.checking import check
from slowlens.cli import main
from slowlens.facts.live.measurement import Status, WarmUp
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.frozen import replace
from slowlens.patch import journal
from slowlens.store import default_store

SLOW = b"""\
{
  "architectures": ["LlamaForCausalLM"],
  "eos_token_id": 2,
  "model_type": "llama",
  "rms_norm_eps": 1e-06,
  "tie_word_embeddings": true,
  "use_cache": false
}"""
GENERATION = {"_from_model_config": True, "eos_token_id": 2, "use_cache": False}


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A checkpoint whose files turn the cache off, as a merger leaves it."""
    folder = builders.checkpoint(tmp_path / "merged", generation=GENERATION)
    (folder / "config.json").write_bytes(SLOW)
    return folder


@pytest.fixture
def endless(tmp_path: Path) -> tuple[Path, Path]:
    """A checkpoint that lost its end token, and its source."""
    source = builders.checkpoint(tmp_path / "source")
    config = {k: v for k, v in builders.CONFIG.items() if k != "eos_token_id"}
    generation = {"do_sample": False}
    return builders.checkpoint(tmp_path / "longer", config, generation), source


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def slowlens(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_what_was_measured_of_these_files_makes_a_fix_unsafe(
    slow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = replace(measurement(), equalities=(equality(cached=0.5),))
    kept = check(slow, None, measured)
    default_store().save(kept)
    assert slowlens("fix", slow) == 0
    shown = capsys.readouterr().out
    assert f"What was measured of these very files counts too: run {kept.id}." in shown
    assert "Left out, because it changes what the model writes" in shown
    assert slowlens("fix", slow, "--apply") == 0
    assert b'"use_cache": false' in contents(slow)["config.json"]
    (slow / "config.json").write_bytes(SLOW.replace(b"1e-06", b"1e-05"))
    capsys.readouterr()
    assert slowlens("fix", slow) == 0
    assert "Turn the key-value cache on (safe)" in capsys.readouterr().out


def test_a_run_that_was_stopped_or_of_another_folder_says_nothing(
    slow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = replace(measurement(), equalities=(equality(cached=0.5),))
    stopped = replace(measured, status=Status.STOPPED)
    default_store().save(check(slow, None, stopped))
    run = check(slow, None, measured)
    default_store().save(replace(run, merged=replace(run.merged, path=str(tmp_path / "other"))))
    assert slowlens("fix", slow) == 0
    assert "Turn the key-value cache on (safe)" in capsys.readouterr().out


def test_a_run_against_another_source_says_nothing_of_this_one(
    slow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = replace(measurement(), equalities=(equality(cached=0.5),))
    source, other = (builders.checkpoint(tmp_path / name) for name in ("source", "other"))
    default_store().save(check(slow, other, measured))
    assert slowlens("fix", slow, "--source", source) == 0
    assert "Turn the key-value cache on (safe)" in capsys.readouterr().out
    assert slowlens("fix", slow, "--source", other) == 0
    assert "Left out, because it changes what the model writes" in capsys.readouterr().out


@pytest.mark.parametrize("flags", [(), ("--diff",)])
def test_the_diff_is_shown_and_nothing_written(
    slow: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    before = contents(slow)
    assert slowlens("fix", slow, *flags) == 0
    shown = capsys.readouterr().out
    assert "Turn the key-value cache on (safe) [gen-use-cache-false]" in shown
    assert '-  "use_cache": false\n+  "use_cache": true\n }\n\\ No newline at end of file' in shown
    assert '-  "_from_model_config": true,\n' in shown
    assert f"Nothing was written. To write this: slowlens fix {slow} --apply" in shown
    assert contents(slow) == before


def test_the_command_that_it_names_applies_what_was_shown(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    arguments = ("--source", source, "--unsafe", "--rule", "eos-lost-or-wrong")
    assert slowlens("fix", merged, *arguments) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.endswith(" ".join(map(str, ("slowlens fix", merged, *arguments, "--apply"))))


def test_apply_writes_says_what_is_left_and_undo_takes_it_back(
    slow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(slow)
    assert slowlens("fix", slow, "--apply") == 0
    shown = capsys.readouterr().out
    assert "Wrote config.json, generation_config.json." in shown
    assert f"slowlens undo {slow}" in shown
    assert "Checked again: nothing is left." in shown
    assert "needs a live run" in shown
    assert (slow / "config.json").read_bytes() == SLOW.replace(b"false", b"true")
    assert json.loads((slow / "generation_config.json").read_bytes()) == {
        "eos_token_id": 2,
        "use_cache": True,
    }
    assert journal.history(slow)[0].titles == ("Turn the key-value cache on",)
    assert slowlens("undo", slow) == 0
    shown = capsys.readouterr().out
    written = r"Took back: Turn the key-value cache on \(written \d{4}-\d\d-\d\d \d\d:\d\d UTC\)\."
    assert re.search(written, shown)
    assert "config.json is as it was before" in shown
    assert contents(slow) == before


def test_what_is_not_safe_needs_a_flag_and_is_said_to(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    before = contents(merged)
    assert slowlens("fix", merged, "--source", source, "--apply") == 0
    shown = capsys.readouterr().out
    assert "Stop at the end of the answer: this changes what the model writes." in shown
    assert "Left out, because it changes what the model writes:\n--- a/generation_config" in shown
    assert '+  "eos_token_id": [' in shown
    assert shown.endswith(f"slowlens fix {merged} --source {source} --unsafe --apply\n")
    assert contents(merged) == before
    assert slowlens("check", merged, "--source", source) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith(f"slowlens fix {merged} --source {source} --unsafe")
    assert slowlens("fix", merged, "--source", source, "--apply", "--unsafe") == 0
    shown = capsys.readouterr().out
    assert "Stop at the end of the answer (changes what the model writes)" in shown
    assert "Add --unsafe" not in shown
    fixed = json.loads((merged / "generation_config.json").read_bytes())
    assert fixed["eos_token_id"] == [0, 2]


def test_what_a_fix_does_not_remove_is_listed_afterwards(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    builders.write_json(merged / "generation_config.json", {"do_sample": False, "use_cache": False})
    assert slowlens("fix", merged, "--source", source, "--apply") == 0
    shown = capsys.readouterr().out
    assert "Wrote generation_config.json." in shown
    assert "Checked again, and this is left:" in shown
    assert "[eos-lost-or-wrong]" in shown.split("Checked again")[1]


def test_a_file_that_the_fix_makes_is_removed_by_undo(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    (merged / "generation_config.json").unlink()
    before = contents(merged)
    assert slowlens("fix", merged, "--source", source, "--apply", "--unsafe") == 0
    assert (merged / "generation_config.json").exists()
    assert slowlens("undo", merged) == 0
    assert "generation_config.json is removed" in capsys.readouterr().out
    assert contents(merged) == before


def test_what_is_safe_goes_first_and_says_that_there_is_more(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    builders.write_json(merged / "generation_config.json", {"do_sample": False, "use_cache": False})
    assert slowlens("fix", merged, "--source", source) == 0
    shown = capsys.readouterr().out
    assert "Add --unsafe to include" in shown
    assert "Left out, because" not in shown
    assert "eos_token_id" not in shown.split("Add --unsafe")[1]


def test_fixes_for_other_runtimes_wait_until_somebody_asks(
    slow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (slow / "config.json").write_bytes(SLOW.replace(b"false", b"true"))
    before = contents(slow)
    assert slowlens("fix", slow, "--runtime", "vllm", "--apply") == 0
    shown = capsys.readouterr().out
    told = " ".join(shown.split())
    assert "it concerns only transformers 4 generate, transformers 5 generate." in told
    assert "add --runtime transformers-4 or --runtime transformers-5." in told
    assert "There is nothing to write." in shown
    assert contents(slow) == before
    options = ("--runtime", "vllm", "--rule", "gen-use-cache-false")
    assert slowlens("fix", slow, *options) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith("--runtime vllm --rule gen-use-cache-false --apply")
    assert slowlens("fix", slow, "--runtime", "transformers-5", "--apply") == 0
    assert "Wrote generation_config.json" in capsys.readouterr().out


def test_what_is_left_for_others_is_told_apart(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    builders.write_json(merged / "generation_config.json", {"do_sample": False, "use_cache": False})
    options = ("--runtime", "forward", "--rule", "gen-use-cache-false", "--apply")
    assert slowlens("fix", merged, "--source", source, *options) == 0
    left = capsys.readouterr().out.split("Checked again")[1]
    first, other, *_ = left.splitlines()
    assert first == ": nothing is left for the runtimes that are judged."
    assert other.startswith("elsewhere under transformers")


def test_another_silence_file_is_read_and_named_again(
    slow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other.toml"
    file.write_text('[[silence]]\nrule = "gen-use-cache-false"\nreason = "we time it"\n')
    assert slowlens("fix", slow, "--config", file) == 0
    assert "this is silenced. we time it" in capsys.readouterr().out
    file.write_text('[[silence]]\nrule = "eos-lost-or-wrong"\nreason = "we stop it"\n')
    assert slowlens("fix", slow, "--config", file) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(f" --config {file} --apply")


def test_a_rule_that_is_none_is_guessed(slow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowlens("fix", slow, "--rule", "gen-use-cash-false") == 3
    assert "Did you mean gen-use-cache-false" in capsys.readouterr().err
    assert slowlens("fix", slow, "--rule", "nosuch") == 3
    told = capsys.readouterr().err
    assert told == "slowlens: there is no rule nosuch\n  `slowlens explain` lists all rules.\n"


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_rule_that_is_told_by_a_run_names_the_rule_that_has_the_fix(
    slow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = "recomputed-steps is told by a live run and has no fix of its own"
    options = ("--runtime", "vllm", "--rule", "recomputed_steps")
    for kept in (False, True):
        if kept:
            steps = generation(1, 1, 1, purpose=Purpose.PROOF, cached=False)
            default_store().save(check(slow, None, measurement(steps)))
        assert slowlens("fix", slow, *options) == 0
        shown = capsys.readouterr().out
        assert f"{own}: that of gen-use-cache-false removes what it shows." in flat(shown)
        last = shown.splitlines()[-1]
        command = f"slowlens fix {slow} --runtime vllm --rule gen-use-cache-false"
        assert last == f"Nothing was written. To see it: {command}"
    assert slowlens(*command.split()[1:]) == 0
    assert '+  "use_cache": true' in capsys.readouterr().out
    assert slowlens("fix", slow, *options, "--rule", "gen-use-cache-false") == 0
    shown = capsys.readouterr().out
    assert f"no fix    {own}" in shown, "beside one that has a fix, too"
    assert '+  "use_cache": true' in shown


def test_a_rule_that_is_named_twice_is_asked_once(
    slow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = ("--rule", "num-beams-left", "--rule", "num_beams_left")
    assert slowlens("fix", slow, *twice) == 0
    shown = capsys.readouterr().out
    assert shown.count("no fix ") == 1
    assert shown.endswith("\n\nThere is nothing to fix.\n"), "and no way back to this command"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("recomputed-steps", "The one of gen-use-cache-false would do, and there is none here."),
        ("launch-bound", "launch-bound was skipped: needs a live run."),
        ("eos-lost-or-wrong", "eos-lost-or-wrong has found nothing."),
        ("first-call-compiles", "first-call-compiles has no fix: slowlens explain first-call-"),
    ],
)
def test_a_rule_without_a_fix_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str, said: str
) -> None:
    folder = builders.checkpoint(tmp_path / "merged")
    if rule == "first-call-compiles":
        first = WarmUp(Subject.MERGED, Cache.AS_SHIPPED, 41, 3, steady=True, last=0.2)
        compiled = (loaded(cache_implementation="static"),)
        measured = replace(measurement(), models=compiled, warm_ups=(first,))
        default_store().save(check(folder, None, measured))
    assert slowlens("fix", folder, "--rule", rule) == 0
    shown = capsys.readouterr().out
    assert said in flat(shown)
    assert shown.endswith("\n\nThere is nothing to fix.\n")


def test_nothing_to_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowlens("fix", builders.checkpoint(tmp_path / "sound")) == 0
    assert capsys.readouterr().out == "There is nothing to fix.\n"


def test_nothing_found_is_no_clean_answer_where_files_were_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = builders.checkpoint(tmp_path / "merged")
    (folder / "generation_config.json").write_bytes(b"{")
    assert slowlens("fix", folder) == 2
    shown = capsys.readouterr().out
    assert "unread    generation_config.json" in shown
    assert "There is nothing to fix in what could be read." in shown


def test_earlier_fixes_are_counted_after_an_undo(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    builders.write_json(merged / "generation_config.json", {"do_sample": False, "use_cache": False})
    slowlens("fix", merged, "--apply")
    slowlens("fix", merged, "--source", source, "--apply", "--unsafe")
    capsys.readouterr()
    assert slowlens("undo", merged) == 0
    assert "Other fixes that can be undone: 1." in capsys.readouterr().out
    assert slowlens("undo", merged) == 0
    assert "Earlier" not in capsys.readouterr().out


def test_undo_without_a_fix(slow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowlens("undo", slow) == 2
    assert "nothing to undo" in capsys.readouterr().err


def test_undo_after_a_change_of_ones_own(slow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slowlens("fix", slow, "--apply")
    (slow / "config.json").write_bytes(SLOW)
    with (slow / "generation_config.json").open("ab") as file:
        file.write(b"\n")
    assert slowlens("undo", slow) == 2
    message = capsys.readouterr().err
    assert "generation_config.json changed after the fix" in message
    assert "Take your own change back first" in message


@pytest.mark.parametrize("arguments", [("--rule",), ("--diff", "--apply")])
def test_wrong_usage(
    slow: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as caught:
        slowlens("fix", slow, *arguments)
    assert caught.value.code == 3
    assert "argument" in capsys.readouterr().err


def test_a_folder_that_is_no_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowlens("fix", tmp_path / "none") == 2
    assert slowlens("undo", tmp_path / "none") == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_it_wants_none(
    slow: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    no_color: str | None,
    coloured: bool,
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    slowlens("fix", slow)
    shown = capsys.readouterr().out
    assert ('\x1b[32m+  "use_cache": true\x1b[0m' in shown) == coloured
    assert ("\x1b" in shown) == coloured


def test_fixing_loads_no_torch(slow: Path) -> None:
    code = (
        "import sys; from slowlens.cli import main; main(sys.argv[1:]); "
        "sys.exit(bool({'torch', 'transformers', 'streamlit'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "fix", str(slow), "--apply"]
    subprocess.run(command, check=True, capture_output=True)


def test_what_is_silenced_is_not_fixed(
    slow: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = ("gen-use-cache-false", "config-use-cache-false-latent")
    text = "".join(f'[[silence]]\nrule = "{rule}"\nreason = "we time it"\n' for rule in rules)
    (tmp_path / "slowlens.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    before = contents(slow)
    assert slowlens("fix", slow, "--apply") == 0
    assert "this is silenced. we time it [gen-use-cache-false]" in capsys.readouterr().out
    assert contents(slow) == before


def test_what_is_silenced_is_not_left_either(
    endless: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    merged, source = endless
    builders.write_json(merged / "generation_config.json", {"do_sample": False, "use_cache": False})
    rule = "eos-lost-or-wrong"
    (tmp_path / "slowlens.toml").write_text(f'[[silence]]\nrule = "{rule}"\nreason = "we stop it"')
    monkeypatch.chdir(tmp_path)
    assert slowlens("fix", merged, "--source", source, "--apply") == 0
    shown = capsys.readouterr().out
    assert "Wrote generation_config.json." in shown
    assert f"[{rule}]" not in shown.split("Checked again")[1]


@pytest.mark.parametrize("verb", ["fix", "undo"])
def test_a_loop_of_links_is_no_bug(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert slowlens(verb, tmp_path / "loop") == 2
    assert "internal error" not in capsys.readouterr().err


def test_undo_of_a_folder_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert slowlens("undo", tmp_path / "nope") == 2
    assert f"there is no folder {tmp_path / 'nope'}" in capsys.readouterr().err
