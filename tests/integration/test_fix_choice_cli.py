"""Which fixes ``slowlens fix`` takes: by runtime, rule, silence and what was measured."""

from pathlib import Path

import pytest

import builders
from fixing import SLOW, contents, slowlens
from literals import equality, generation, loaded, measurement
from slowlens.checking import check
from slowlens.facts.live.measurement import Status, WarmUp
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.frozen import replace
from slowlens.store import default_store


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


def test_a_checkpoint_is_not_its_own_source(slow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowlens("fix", slow, "--source", slow, "--apply") != 0
    assert f"Both are {slow.resolve()}: there is nothing to compare." in capsys.readouterr().err
    assert contents(slow)["config.json"] == SLOW
    assert slowlens("check", slow, "--source", slow) == 3
    assert "there is nothing to compare" in capsys.readouterr().err
