"""Make each rule that only a GPU can show fire on a real one, and a sound pair fire none.

    python benchmarks/gpu/live_rules.py [CASE ...]

sound: a model against itself. mbu: the source ships a static cache, merged lost it. compile: merged
ships it, so its first call compiles. offload: merged in float32 does not fit beside a program that
holds most of the GPU, its source in bfloat16 does. memory: beside such a program there is room for
a long prompt without the cache and none with it. Prints what each live rule says. fixes: `slowlens
measure --try-fixes`, as a user calls it, on a model that lost its cache. gate: `slowlens gate` and
`slowlens compare`, of the model that lost it and of a sound copy. lookup: a checkpoint whose files
ask for tokens to be guessed from the prompt.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from own_process import in_child

from slowlens.checking import check
from slowlens.cli.measuring import failure, follow
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache
from slowlens.gather.shapes import shape_folder
from slowlens.measure.worker.made_up import make
from slowlens.places import HOME_VARIABLE
from slowlens.reports.measurement import render

LIVE = (
    *("layers-off-gpu", "mbu-below-source", "first-call-compiles", "runtime-precision-differs"),
    *("decode-slows-with-position", "weights-left-out-at-load", "several-sequences"),
    *("recomputed-steps", "launch-bound", "attention-plans", "throttled-or-shared-gpu"),
)
LEFT = 3.6e9
"""Bytes that are left of the GPU: room for the 3.1 GB of bfloat16, not for twice that."""
ROOM = 6e9
"""Room for a pass over a long prompt, not for its cache as well."""
LONG = 24_000
ASKED = ("--prompt-tokens", "8000", "--new-tokens", "24", "--answer-tokens", "0")


def main() -> None:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="all of them, if none is named")
    parser.add_argument("--shape", default="qwen2.5-1.5b")
    parser.add_argument("--device", default="cuda")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ[HOME_VARIABLE] = str(root / "home")  # none of these runs is the user's own
        cases = {
            "sound": lambda: _run(root, "plain", "plain"),
            "mbu": lambda: _run(root, "plain", "static"),
            "compile": lambda: _run(root, "static", "plain"),
            "offload": lambda: _offload(root),
            "memory": lambda: _memory(root),
            "fixes": lambda: _fixes(root),
            "gate": lambda: _gate(root),
            "lookup": lambda: _run(root, "lookup", "plain", answer_tokens=48),
        }
        chosen = asked.cases or list(cases)
        in_child(_make, asked.shape, root, torch.device(asked.device), "offload" in chosen)
        for name in chosen:
            print(f"== {name}", flush=True)
            cases[name]()


def _make(shape: str, root: Path, device: torch.device, full: bool) -> None:
    """Save one model, doubles with other generation settings and, if ``full``, one in float32."""
    model = make(shape_folder(shape, 0, root / "shape"), "bfloat16", device)
    model.save_pretrained(root / "plain")
    _double(root, "static", cache_implementation="static")
    _double(root, "uncached", use_cache=False)
    _double(root, "lookup", prompt_lookup_num_tokens=4)
    _double(root, "twin")
    if full:
        model.float().save_pretrained(root / "float32")


def _double(root: Path, name: str, **keys: object) -> None:
    shutil.copytree(root / "plain", root / name)
    file = root / name / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | keys))


def _run(root: Path, merged: str, source: str, **changes: Any) -> None:  # noqa: ANN401
    settings: dict[str, Any] = {"new_tokens": 48, "prompt_tokens": 512, "answer_tokens": 0}
    settings |= {"equality_tokens": 0, "settings": (Cache.AS_SHIPPED,)} | changes
    plan = Plan(str(root / merged), str(root / source), **settings)
    found = follow(plan, lambda _: None)
    if failed := failure(found):
        raise failed
    if found.status is Status.STOPPED:
        sys.exit(130)
    print(render(found))
    for outcome in check(root / merged, root / source, found).outcomes:
        if outcome.rule in LIVE:
            print(f"{outcome.rule}: {outcome.status} {outcome.reason}".rstrip())
            for finding in outcome.findings:
                print(f"  {finding.severity}: {finding.message}\n    {finding.cost}")


def _offload(root: Path) -> None:
    with _hog(LEFT):
        _run(root, "float32", "plain", device_map="auto", new_tokens=12, rounds=2)


def _memory(root: Path) -> None:
    settings = (Cache.ON, Cache.OFF)
    with _hog(ROOM):
        _run(root, "plain", "plain", prompt_tokens=LONG, new_tokens=8, rounds=1, settings=settings)


def _fixes(root: Path) -> None:
    _slowlens("measure", root / "uncached", "--source", root / "plain", "--try-fixes", *ASKED)


def _gate(root: Path) -> None:
    for merged in ("uncached", "twin"):
        _slowlens("gate", root / merged, "--source", root / "plain", "--cache", "shipped", *ASKED)
    runs = [root / f"{name}.json" for name in ("plain", "uncached")]
    for run in runs:
        _slowlens("measure", root / run.stem, "--cache", "shipped", *ASKED, "-o", run)
    _slowlens("compare", *runs)


def _slowlens(*command: object) -> None:
    done = subprocess.run([sys.executable, "-m", "slowlens", *map(str, command)], check=False)
    print(f"slowlens {command[0]}: {done.returncode}", flush=True)


@contextmanager
def _hog(left: float) -> Iterator[None]:
    """Hold all of the GPU but ``left`` bytes, as another program would."""
    torch.cuda.empty_cache()
    free = torch.cuda.mem_get_info()[0]
    held = torch.empty(int(free - left), dtype=torch.uint8, device="cuda")
    try:
        yield
    finally:
        del held
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
