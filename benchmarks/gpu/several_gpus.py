"""One model on one GPU, in whole layers over two, and with every layer divided over two.

    python benchmarks/gpu/several_gpus.py OUT [--shape qwen2.5-7b] [--minutes 4] [--only tp]

Makes a checkpoint with random weights and measures it three ways: alone; with tensor parallelism
over two processes (tp); with `--device-map auto` while so much of both GPUs is held that some 60 %
of the weights fit on each (map). Prints what each took, and writes OUT/alone.json, OUT/tp.json and
OUT/map.json, which are run files. What is not done when its share of the time is over is stopped
and told all the same; from six minutes on, map is timed with a static cache too. On a CPU
(`--device cpu --layers 2 --shape qwen2.5-0.5b`) map is left out.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from own_process import in_child

from slowlens.checking import check, measured
from slowlens.codec import encode
from slowlens.errors import SlowlensError
from slowlens.facts.live.explanation import waterfalls
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache
from slowlens.facts.live.waterfall import sentence
from slowlens.frozen import replace
from slowlens.gather.shapes import shape_folder
from slowlens.measure.events import Event, Loaded, Planned, Started, TrialFailed, WarmedUp
from slowlens.measure.recorder import Recorder
from slowlens.measure.session import measure
from slowlens.measure.worker.made_up import make

FITS = 0.6
"""Of the weights, on each GPU, while the other memory is held."""
ROOM = 3e9
"""Bytes beside them: the context of CUDA, activations, and what accelerate keeps free."""
WAYS = {"alone": 0.4, "tp": 0.42, "map": 0.18}
"""And the part of the time that each gets: compiling a static cache takes most of it."""
ENOUGH = 6.0
"""Minutes from which map is compiled too."""


def main() -> None:
    """Make the checkpoint, measure it in each way, and keep what was done when one breaks off."""
    asked = _asked()
    over = time.monotonic() + 60 * asked.minutes
    asked.out.mkdir(parents=True, exist_ok=True)
    ways = [asked.only] if asked.only else [way for way in WAYS if _possible(way, asked.device)]
    with tempfile.TemporaryDirectory() as folder:
        merged = asked.keep or Path(folder, "merged")
        if not merged.is_dir():
            in_child(_make, asked.shape, asked.layers, merged, asked.device)
        for number, way in enumerate(ways):
            share = (over - time.monotonic()) * WAYS[way] / sum(WAYS[w] for w in ways[number:])
            print(f"\n== {way}, for at most {share:.0f} s", flush=True)
            _measure(_plan(asked, merged, way), way, asked.out / f"{way}.json", share)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shape", default="qwen2.5-7b")
    parser.add_argument("--layers", type=int, default=0)
    parser.add_argument("--prompt-tokens", type=int, default=1000)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--keep", type=Path, help="make the checkpoint here, or use what is there")
    parser.add_argument("--only", choices=WAYS)
    return parser.parse_args()


def _possible(way: str, device: str) -> bool:
    return way == "alone" or (way == "tp" and device == "cpu") or torch.cuda.device_count() > 1


def _plan(asked: argparse.Namespace, merged: Path, way: str) -> Plan:
    usual = Plan(
        str(merged),
        new_tokens=asked.new_tokens,
        rounds=2,
        prompt_tokens=asked.prompt_tokens,
        answer_tokens=0,
        equality_tokens=0,
        device=asked.device,
        settings=(Cache.AS_SHIPPED, Cache.STATIC),
    )
    more: dict[str, Any] = {"map": {"device_map": "auto"}, "tp": {"tensor_parallel": 2}}
    if asked.minutes < ENOUGH:
        more["map"]["settings"] = (Cache.AS_SHIPPED,)
    return replace(usual, **more.get(way, {}))


def _make(shape: str, layers: int, merged: Path, device: str) -> None:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        config = shape_folder(shape, layers, Path(folder))
        make(config, "bfloat16", torch.device(device)).save_pretrained(merged)
    print(f"made and saved in {time.perf_counter() - began:.0f} s", flush=True)


def _measure(plan: Plan, way: str, file: Path, seconds: float) -> None:
    """Measure in a child, as the command does, print what came of it, and keep the run."""
    recorder, status, error = Recorder(plan), Status.DONE, ""
    size = sum(each.stat().st_size for each in Path(plan.merged).glob("*.safetensors"))
    began = time.perf_counter()
    with _hog(size) if way == "map" else _nothing(), measure(plan) as events:
        timer = threading.Timer(seconds, events.stop)
        timer.start()
        try:
            for event in events:
                recorder.apply(event)
                _say(event, began)
        except SlowlensError as found:
            status, error = Status.FAILED, f"{found} {found.hint}"
        status = Status.STOPPED if timer.finished.is_set() else status
        timer.cancel()
    found = recorder.measurement(status, error)
    file.write_text(encode(measured(check(plan.merged), found)))
    _tell(found)


def _say(event: Event, began: float) -> None:
    if isinstance(event, Started | Planned | Loaded | WarmedUp | TrialFailed):
        print(f"{time.perf_counter() - began:7.1f} s  {str(event)[:300]}", flush=True)


def _tell(found: Measurement) -> None:
    print(f"{found.status} {found.error}".rstrip())
    for model in found.models:
        print(f"loaded in {model.seconds:.1f} s, {model.weights_read / 1e9:.3g} GB read a step")
        print(f"  weights by place {_gb(model.placed)}, by process {model.shards}")
        print(f"  held by torch after the load {_gb(model.memory)}")
    uuids = sorted({look.device for look in found.samples})
    for uuid in uuids:
        used = [look.memory_used or 0 for look in found.samples if look.device == uuid]
        print(f"  in use at most on {uuid or 'the machine'}: {max(used) / 1e9:.2f} GB")
    peaks = [g.memory_peak for g in found.generations if g.memory_peak]
    print(f"  torch held at most on the first GPU: {max(peaks, default=0) / 1e9:.2f} GB")
    for subject, cache in found.timed:
        if speed := speed_of(found, subject, cache):
            print(f"{cache}: {milliseconds(speed.tpot)} a token, {len(speed.runs)} runs")
    for each in waterfalls(found):
        print(sentence(each))
        for part in each.parts:
            print(f"  {milliseconds(part.seconds):>10}  {part.share}")
    for failure in found.failures:
        print(f"FAILED {failure.trial.label} ({failure.trial.purpose}): {failure.message}")


def _gb(sizes: Any) -> str:  # noqa: ANN401
    return ", ".join(f"{place} {size / 1e9:.2f} GB" for place, size in sorted(sizes.items()))


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _hog(size: int) -> Iterator[None]:
    """Hold so much of every GPU, as other programs would, that some 60 % of ``size`` fit on it."""
    held = []
    for number in range(torch.cuda.device_count()):
        free = torch.cuda.mem_get_info(number)[0]
        spare = int(max(0, free - FITS * size - ROOM))
        held.append(torch.empty(spare, dtype=torch.uint8, device=f"cuda:{number}"))
        print(f"held on cuda:{number}: {spare / 1e9:.1f} of {free / 1e9:.1f} GB free", flush=True)
    try:
        yield
    finally:
        held.clear()
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
