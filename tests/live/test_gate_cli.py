"""``slowlens gate``, ``baseline`` and ``compare`` as a user runs them, on tiny models."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.live

pytest.importorskip("torch")

from live import tiny  # noqa: E402

QUICK = (
    *("--new-tokens", "4", "--rounds", "3", "--answer-tokens", "4", "--equality-tokens", "0"),
    *("--prompt-tokens", "1500"),
    *("--cache", "shipped", "--cache", "on", "--threads", "1"),
)


def run(tmp_path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "slowlens", *arguments],
        env=os.environ | {"SLOWLENS_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    return done


def test_from_a_baseline_to_the_gate(tmp_path: Path) -> None:
    sound = str(tiny.llama(tmp_path / "sound", {"eos_token_id": 258}))
    slow = str(tiny.llama(tmp_path / "slow", {"eos_token_id": 258, "use_cache": False}))
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Hello.")
    measured = run(
        tmp_path, "measure", sound, "--device", "cpu", "--prompt-file", str(prompt), *QUICK
    )
    assert measured.returncode == 0, measured.stderr
    saved = run(tmp_path, "baseline", "save", "main")
    assert saved.returncode == 0, saved.stderr

    gated = run(tmp_path, "gate", slow, "--baseline", "main", "--rounds", "3", "--format", "json")
    values = json.loads(gated.stdout)
    assert gated.returncode == values["exit_code"]
    assert values["unlike"] == []
    shipped = next(k for k in values["kinds"] if k["label"] == "merged as shipped")
    assert (shipped["verdict"]["candidate_runs"], shipped["verdict"]["reference_runs"]) == (3, 3)
    assert (shipped["before"]["work"], shipped["after"]["work"]) == (
        "the newest token",
        "all tokens again",
    )

    runs = sorted((tmp_path / "home" / "state" / "runs").glob("*.json"))
    assert len(runs) == 2
    compared = run(tmp_path, "compare", "main", values["after"]["run"])
    assert compared.returncode == gated.returncode
    assert "all tokens again" in compared.stdout
    assert compared.returncode, "at this length every step takes many times as long"
    assert "generate() runs without its key-value cache" in " ".join(compared.stdout.split())
