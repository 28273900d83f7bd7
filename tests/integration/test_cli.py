"""The commands as a shell sees them: exit codes and streams."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import builders

SLOW = {"use_cache": False, "_from_model_config": True, "eos_token_id": 2}
SOUND = {"eos_token_id": 2}


def slowlens(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slowlens", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    return builders.checkpoint(tmp_path / "merged", {"use_cache": False}, SLOW)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return builders.checkpoint(tmp_path / "source", {"use_cache": True}, SOUND)


def test_a_slow_checkpoint_fails_the_gate(merged: Path, source: Path) -> None:
    done = slowlens("check", merged, "--source", source)
    assert done.returncode == 1
    assert "generation_config.json turns it off" in done.stdout
    assert done.stderr == ""


def test_a_sound_one_passes(source: Path) -> None:
    done = slowlens("check", source)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing in its files makes it slow" in done.stdout


def test_a_note_fails_only_when_asked(tmp_path: Path) -> None:
    latent = builders.checkpoint(tmp_path / "latent", {"use_cache": False}, SOUND)
    assert slowlens("check", latent).returncode == 0
    assert slowlens("check", latent, "--fail-on", "note").returncode == 1


def test_json_has_the_promised_form(merged: Path, tmp_path: Path) -> None:
    done = slowlens("check", merged, "--format", "json")
    values = json.loads(done.stdout)
    assert values["settings"]["use_cache"]["forward"]["decided_by"] == "config.json"
    file = tmp_path / "report.json"
    assert slowlens("check", merged, "--format", "json", "-o", file).stdout == ""
    assert json.loads(file.read_text())["answer"] == values["answer"]


@pytest.mark.parametrize("command", ["check", "inspect"])
def test_what_is_no_checkpoint_is_explained(command: str, tmp_path: Path) -> None:
    done = slowlens(command, tmp_path)
    assert done.returncode == 2
    assert "is not a checkpoint" in done.stderr
    assert done.stdout == ""


def test_a_broken_file_leaves_the_others_checked(merged: Path) -> None:
    (merged / "config.json").write_text("{")
    done = slowlens("check", merged)
    assert done.returncode == 1
    assert "unread    config.json" in done.stdout
    assert slowlens("inspect", merged).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "slowlens: the following arguments are required: COMMAND\n  slowlens --help"),
        (["frobnicate"], "slowlens: there is no command frobnicate.\n  slowlens --help"),
        (["chek"], "slowlens: there is no command chek.\n  Did you mean check?\n"),
        (["check"], "slowlens check: the following arguments are required: MERGED\n  slowlens ch"),
        (["check", "a", "--no"], "slowlens check: unrecognized arguments: --no\n  slowlens che"),
        (["baseline"], "slowlens baseline: the following arguments are required: ACTION\n"),
        (["baseline", "save"], "slowlens baseline save: the following arguments are required: "),
    ],
)
def test_wrong_usage_is_three_and_told_in_two_lines(arguments: list[str], said: str) -> None:
    done = slowlens(*arguments)
    assert done.returncode == 3
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 2


INTERRUPTED = """
import os, sys
class Stop:
    def find_spec(name, path, target=None):
        if name == os.environ["AT"]:
            os.kill(os.getpid(), 2)
sys.meta_path.insert(0, Stop)
"""


@pytest.mark.parametrize("moment", ["signal", "slowlens.cli", "argparse", "slowlens.cli.check"])
def test_ctrl_c_while_it_starts(moment: str, merged: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED)
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    done = slowlens("check", merged, PYTHONPATH=path, AT=moment)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_bug_is_not_a_finding(merged: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import slowlens.gate\n"
        "def boom(*_): raise RuntimeError('a bug')\n"
        "slowlens.gate.exit_code = boom\n"
    )
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    done = slowlens("check", merged, PYTHONPATH=path)
    assert done.returncode == 3
    assert "internal error: RuntimeError: a bug" in done.stderr


def test_a_terminal_is_not_driven_by_a_checkpoint(tmp_path: Path) -> None:
    config = {"model_type": "llama\x1b[31m", "k\x1b]0;x\x07": 1, "eos_token_id": 2}
    hostile = builders.checkpoint(tmp_path / "hostile", config, SOUND)
    sound = builders.checkpoint(tmp_path / "sound", {"eos_token_id": 2}, SOUND)
    for arguments in (["inspect", hostile], ["diff", sound, hostile, "--all"], ["fix", hostile]):
        assert "\x1b" not in slowlens(*arguments).stdout


def test_a_terminal_that_cannot_show_a_character(merged: Path, source: Path) -> None:
    done = slowlens("diff", source, merged, PYTHONIOENCODING="latin-1")
    assert done.returncode == 1
    assert done.stderr == ""


def test_nan_in_a_config_does_not_spoil_the_json(merged: Path) -> None:
    (merged / "generation_config.json").write_text('{"temperature": NaN, "top_p": 1e999}')
    done = slowlens("check", merged, "--format", "json")
    assert json.loads(done.stdout)["settings"]["temperature"]["transformers-5"]["value"] == {
        "__float__": "NaN"
    }


def test_an_adapter_alone_is_not_fine(tmp_path: Path) -> None:
    builders.write_json(tmp_path / "adapter_config.json", {"peft_type": "LORA"})
    done = slowlens("check", tmp_path)
    assert done.returncode == 1
    assert "an adapter alone" in done.stdout
    assert "unmerged-adapter" in done.stdout
    assert "config.json could not be read" not in done.stdout.replace("adapter_config", "")
    assert "rules: there is no config.json" in done.stdout


def test_a_reader_that_leaves_is_no_error(merged: Path) -> None:
    command = f"{sys.executable} -m slowlens check {merged} --format json | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


def test_many_checkpoints_are_one_table(merged: Path, source: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = slowlens("check", merged, source, tmp_path / "empty")
    assert done.returncode == 1
    assert done.stderr == ""
    assert "3 checkpoints: 1 passed, 1 failed, 1 unchecked." in done.stdout
    assert slowlens("check", source, tmp_path / "empty", source).returncode == 2


def test_a_job_of_github_actions(merged: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    done = slowlens("check", merged, "--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=")
    assert len(summary.read_text().splitlines()) == 5


@pytest.mark.parametrize("refused", [{}, {"NO_COLOR": "1"}])
def test_colour_is_for_terminals_that_want_it(merged: Path, refused: dict[str, str]) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    terminal, inside = os.openpty()
    command = [sys.executable, "-m", "slowlens", "check", str(merged)]
    with subprocess.Popen(command, stdout=inside, env=environment | refused):
        os.close(inside)
        shown = b"".join(iter(lambda: read(terminal), b""))
    os.close(terminal)
    assert (b"\x1b[31merror\x1b[0m" in shown) is not bool(refused)
    assert (b"\x1b" in shown) is not bool(refused)


def read(terminal: int) -> bytes:
    """Read what is there; Linux says with an error that the other side has gone."""
    try:
        return os.read(terminal, 10_000)
    except OSError:
        return b""


def test_settings_of_an_unreadable_config_are_not_made_up(merged: Path, source: Path) -> None:
    (source / "config.json").write_text("{")
    done = slowlens("inspect", source)
    assert done.returncode == 2
    first = "effective settings unknown: config.json could not be read"
    assert done.stdout.splitlines()[0] == first
    assert json.loads(slowlens("inspect", source, "--format", "json").stdout)["settings"] == {}
    found = json.loads(slowlens("check", merged, "--source", source, "--format", "json").stdout)
    assert (found["source_settings"], bool(found["settings"])) == ({}, True)


def test_an_empty_prompt_is_wrong_usage(source: Path) -> None:
    done = slowlens("measure", source, "--prompt", "")
    assert done.returncode == 3
    assert "the prompt is empty" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_is_told(source: Path) -> None:
    command = f"{sys.executable} -m slowlens check {source} > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "slowlens: standard output cannot be written: No space left on device\n"
