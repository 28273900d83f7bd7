"""``slowlens measure`` as a user runs it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.live

pytest.importorskip("torch")

from live import tiny  # noqa: E402
from slowlens.facts.live.measurement import Measurement, Status  # noqa: E402
from slowlens.facts.live.timing import Finish  # noqa: E402
from slowlens.store import load  # noqa: E402

QUICK = ["--new-tokens", "4", "--rounds", "1", "--answer-tokens", "5", "--threads", "1"]


@pytest.fixture
def pair(tmp_path: Path) -> list[str]:
    merged = tiny.llama(tmp_path / "m", {"use_cache": False, "eos_token_id": 258})
    source = tiny.llama(tmp_path / "s", {"eos_token_id": 258})
    return [str(merged), "--source", str(source), "--device", "cpu", "--prompt", "Hello."]


def start(tmp_path: Path, *arguments: str, **changes: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "slowlens", "measure", *arguments],
        env=os.environ | {"SLOWLENS_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **changes,
    )


def kept(tmp_path: Path) -> Measurement:
    (file,) = (tmp_path / "home" / "state" / "runs").glob("*.json")
    measurement = load(file).measurement
    assert measurement is not None
    return measurement


def test_the_whole_story(pair: list[str], tmp_path: Path) -> None:
    output = tmp_path / "run.json"
    process = start(tmp_path, *pair, *QUICK, "-o", str(output))
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    assert "25, 26, 27, …" in out
    assert "25, 1, 1, …" in out
    said = " ".join(out.split())
    assert re.search("per token (as|than) merged, cache on(, as far as 1 round can tell)?: ", said)
    assert "merged did not stop by itself within 5 tokens." in out
    assert "[ 4/4] " in error.split("time:\n")[1], "a pair, as shipped and with the cache"
    assert "\x1b" not in error
    assert kept(tmp_path).status is Status.DONE
    assert kept(tmp_path).failures == ()
    assert [found.subject for found in kept(tmp_path).equalities] == ["merged", "source"]
    assert load(output).measurement == kept(tmp_path)


def test_json_is_the_run_and_nothing_else(pair: list[str], tmp_path: Path) -> None:
    out, _ = start(tmp_path, pair[0], *pair[3:], *QUICK, "--format", "json").communicate(
        timeout=300
    )
    run = json.loads(out)
    assert run["measurement"]["status"] == "done"
    found = [o["rule"] for o in run["outcomes"] if o["status"] == "found"]
    assert "recomputed-steps" in found


def test_events_are_streamed(pair: list[str], tmp_path: Path) -> None:
    out, _ = start(tmp_path, pair[0], *pair[3:], *QUICK, "--events").communicate(timeout=300)
    names = [json.loads(line)["event"] for line in out.splitlines()]
    assert names[:2] == ["Started", "Loading"]
    assert set(names[2 : names.index("Loaded")]) <= {"LoadProgress", "Sampled"}
    order = [name for name in names if name in ("Planned", "WarmedUp", "Compared")]
    assert order == ["Planned", *["WarmedUp"] * 3, "Compared"]
    assert names[-1] == "Finished"
    assert "Stepped" in names


def test_ctrl_c_keeps_what_was_measured_and_leaves_nothing(pair: list[str], tmp_path: Path) -> None:
    process = start(tmp_path, *pair, "--new-tokens", "100000", "--threads", "1")
    assert process.stderr
    line = ""
    while "[ 2/" not in line:
        line = process.stderr.readline()
        assert line, "ended before the second trial"
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert not any(child.is_running() for child in children)
    measurement = kept(tmp_path)
    assert measurement.status is Status.STOPPED
    assert measurement.generations[0].recomputes
    assert all(g.finish is not Finish.STOPPED for g in measurement.generations[:2])
    assert "generate() runs without its key-value cache" in out


def test_a_failure_before_the_first_trial_keeps_no_run(pair: list[str], tmp_path: Path) -> None:
    (Path(pair[0]) / "model.safetensors").unlink()
    process = start(tmp_path, *pair, *QUICK)
    _, error = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "loading merged" in error
    assert "no weights" in error
    assert "Traceback" not in error
    assert not (tmp_path / "home" / "state" / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["/no/such/folder"], 3),
        (["--new-tokens", "0"], 3),
        (["--new-tokens", "many"], 3),
        (["--prompt-file", "/no/such/file"], 3),
    ],
)
def test_wrong_usage(arguments: list[str], code: int, pair: list[str], tmp_path: Path) -> None:
    first = [] if arguments[0].startswith("/") else [pair[0]]
    process = start(tmp_path, *first, *arguments)
    _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in error
