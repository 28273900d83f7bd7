"""The commands take ids of the hub, and write nothing into what was fetched of one."""

import os
import subprocess
import sys
from pathlib import Path

import builders
from hub import COMMIT, ID, TOKEN, Hub
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.hub.locate import locate


def slowlens(hub: Hub, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": "hf", **more}
    command = [sys.executable, "-m", "slowlens", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_the_commands_take_ids(hub: Hub, tmp_path: Path) -> None:
    sound = builders.checkpoint(tmp_path / "sound", {"eos_token_id": 2}, {"eos_token_id": 2})
    done = slowlens(hub, "inspect", ID, "--revision", "main", HF_TOKEN=TOKEN)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{ID}@0123456  ")
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert slowlens(hub, "diff", str(sound), ID).returncode == 1
    hub.asked.clear()
    done = slowlens(hub, "diff", ID, str(sound), "--revision", "v1", HF_HUB_OFFLINE="1")
    assert done.returncode == 2
    assert "HF_HUB_OFFLINE" in done.stderr
    assert slowlens(hub, "inspect", ID, HF_HUB_OFFLINE="1").returncode == 0
    assert hub.asked == []
    done = slowlens(hub, "inspect", str(sound), "--revision", "main")
    assert done.returncode == 3
    assert "--revision is for models of the Hugging Face hub" in done.stderr


def test_check_takes_ids_on_both_sides(hub: Hub, tmp_path: Path) -> None:
    base = "Qwen/Qwen2.5-7B"
    hub.models[base] = hub.models[ID]
    done = slowlens(hub, "check", ID, "--source", base, "--revision", "main")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{ID}@0123456: ")
    assert f"slowlens fix {ID}@{COMMIT} --source {base}@{COMMIT}" in done.stdout
    done = slowlens(hub, "check", ID, "--source", ID, "--revision", "main")
    assert done.returncode == 3
    assert f"Both are {ID}@main: there is nothing to compare." in done.stderr


def test_nothing_is_written_into_what_was_fetched(hub: Hub, tmp_path: Path) -> None:
    done = slowlens(hub, "fix", ID)
    assert done.returncode == 0
    assert '-  "use_cache": false' in done.stdout
    assert f"hf download {ID}" in done.stdout
    for name, missing in ((ID, 3), (str(locate(ID)), 2)):
        done = slowlens(hub, "fix", name, "--apply")
        assert done.returncode == 2
        assert f"hf download {ID} --revision" in done.stderr
        done = slowlens(hub, "measure", name)
        assert done.returncode == missing, "there is no folder of that name, or no weights in it"
        assert f"hf download {ID}" in done.stderr
    assert read_checkpoint(locate(ID)).get("generation_config.json", "use_cache") is False
