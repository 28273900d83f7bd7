"""The case that Slowlens began with: a 7B model, a long prompt, 512 new tokens, 5 s become 2 min.

Makes a Qwen2.5-7B-shaped checkpoint with random weights, saved the way a merger saves it when its
config says use_cache false; measures it as shipped, with the cache fix, and with a static cache as
well, interleaved; waits for one whole run without the cache, to see how far off its prediction was;
and compares the load with plain from_pretrained and with reading the files.

    python benchmarks/gpu/origin_case.py OUT [--prompt-tokens 7000] [--layers N] [--rounds 3]

writes OUT/origin.json and OUT/origin-full.json, which are run files.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from own_process import in_child

from slowlens.checking import check, measured
from slowlens.cli.measuring import failure, follow
from slowlens.codec import decode, encode
from slowlens.facts.live.answer_time import answer_time
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.prediction import predictions
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.frozen import replace
from slowlens.gather.shapes import shape_folder
from slowlens.measure.events import Event, Loaded, Planned, TrialFailed, TrialFinished, WarmedUp
from slowlens.measure.worker.made_up import make
from slowlens.reports.measurement import render
from slowlens.run import Run

NEW_TOKENS = 512


def main() -> None:
    """Do it all, and keep what was done where it breaks off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shape", default="qwen2.5-7b")
    parser.add_argument("--layers", type=int, default=0)
    parser.add_argument("--prompt-tokens", type=int, default=7000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--keep", type=Path, help="make the checkpoint here, or use what is there")
    parser.add_argument("--only", choices=("plan", "full", "loads"), help="one of the three parts")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        merged = asked.keep or Path(folder, "merged")
        if not merged.is_dir():
            in_child(_make, asked.shape, asked.layers, merged, asked.device)
        if asked.only in (None, "loads"):
            _loads(merged, asked.device)
        usual = Plan(
            str(merged),
            new_tokens=NEW_TOKENS,
            prompt_tokens=asked.prompt_tokens,
            answer_tokens=0,
            rounds=asked.rounds,
            device=asked.device,
            settings=(Cache.AS_SHIPPED, Cache.ON, Cache.STATIC),
        )
        found, whole = asked.out / "origin.json", asked.out / "origin-full.json"
        if asked.only in (None, "plan"):
            run = _measured(usual, found)
            print(f"{render(_of(run))}\n{run.answer}\n", flush=True)
        if asked.only in (None, "full"):
            once = replace(usual, settings=(Cache.OFF,), rounds=1, full=True, equality_tokens=0)
            _measured(once, whole)
        if found.exists() and whole.exists():
            print(_summary(_of(decode(found.read_text())), _of(decode(whole.read_text()))))


def _make(shape: str, layers: int, merged: Path, device: str) -> None:
    """Save a model whose config said use_cache false: so does its generation_config.json then."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        config = shape_folder(shape, layers, Path(folder))
        for name in ("config.json", "generation_config.json"):
            path = config / name
            path.write_text(json.dumps(json.loads(path.read_text()) | {"use_cache": False}))
        model = make(config, "bfloat16", torch.device(device))
    model.save_pretrained(merged)
    said = json.loads((merged / "generation_config.json").read_text())
    print(f"made and saved in {time.perf_counter() - began:.0f} s; it says {said}", flush=True)


def _loads(merged: Path, device: str) -> None:
    """Time plain from_pretrained and the files alone, from the page cache, in turns."""
    size = sum(file.stat().st_size for file in merged.glob("*.safetensors"))
    plain, files = [], []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", _LOAD, str(merged), device], check=True)
        plain.append(time.perf_counter() - began)
        began = time.perf_counter()
        for file in merged.glob("*.safetensors"):
            with file.open("rb", buffering=0) as stream:
                while stream.read(1 << 26):
                    pass
        files.append(time.perf_counter() - began)
    print(
        f"{size / 1e9:.1f} GB: a process that imports and loads takes {median(plain):.1f} s "
        f"({min(plain):.1f} to {max(plain):.1f}); reading the files from the page cache "
        f"{median(files):.1f} s ({size / median(files) / 1e9:.1f} GB/s)",
        flush=True,
    )


_LOAD = """
import sys, time, torch
from transformers import AutoModelForCausalLM
torch.zeros(1, device=sys.argv[2])
began = time.perf_counter()
AutoModelForCausalLM.from_pretrained(sys.argv[1], device_map=sys.argv[2], dtype="auto")
if sys.argv[2] == "cuda": torch.cuda.synchronize()
print(f"plain from_pretrained: {time.perf_counter() - began:.2f} s", flush=True)
"""


def _measured(plan: Plan, file: Path) -> Run:
    """Measure in a child, as the command does, and keep the run, or what there is of it."""
    checked = check(plan.merged)
    found = follow(plan, _clock())
    run = measured(checked, found)
    file.write_text(encode(run))
    if failed := failure(found):
        raise failed
    if found.status is Status.STOPPED:
        sys.exit(130)
    return run


def _clock() -> Callable[[Event], None]:
    """Return what prints the milestones with the seconds from now on."""
    began = time.perf_counter()

    def said(event: Event) -> None:
        match event:
            case Loaded() | Planned() | WarmedUp() | TrialFinished() | TrialFailed():
                seconds = time.perf_counter() - began
                print(f"{seconds:7.1f} s  {str(event)[:160]}", flush=True)
            case _:
                pass

    return said


def _of(run: Run) -> Measurement:
    assert run.measurement
    return run.measurement


def _summary(found: Measurement, full: Measurement) -> str:
    lines = ["seconds per answer of 512 tokens:"]
    slow = answer_time(found, Subject.MERGED, Cache.AS_SHIPPED)
    for cache in (Cache.AS_SHIPPED, Cache.ON, Cache.STATIC):
        time_ = answer_time(found, Subject.MERGED, cache)
        if time_ and slow:
            runs = ", ".join(f"{seconds:.1f}" for seconds in time_.runs)
            times = slow.seconds / time_.seconds
            lines.append(
                f"  {cache}: {time_.seconds:.2f} s ({runs}); shipped takes {times:.1f} times"
            )
    whole = full.find(Subject.MERGED, Cache.OFF, Purpose.SPEED)
    for cache in (Cache.AS_SHIPPED, Cache.OFF):
        for number, each in enumerate(predictions(found, Subject.MERGED, cache)):
            for run in whole:
                error = each.total / run.total_seconds - 1
                lines.append(
                    f"  predicted by round {number + 1}, {cache}: {each.total:.1f} s from "
                    f"{100 * each.work:.1f} % of the work; waited for: {run.total_seconds:.1f} s; "
                    f"{100 * error:+.1f} %"
                )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
