"""How long `slowlens check --scan-weights` takes, next to only reading the same files.

    python benchmarks/scan_weights.py [--gigabytes 2] [--rounds 3]

Random bfloat16 in four shards, really on the disk, warm file cache; each round runs everything
once, in turn. Beside a source that differs everywhere the scan stops reading a tensor of it at the
first block; beside one that is the same to the byte it has to read both to the end.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from check_startup import CONFIG, compiled_in, slowlens, timed

SHARDS, SIDE = 4, 4096
PARTS = ("self_attn.q_proj", "self_attn.o_proj", "mlp.up_proj", "mlp.down_proj")
READ = """
import sys
buffer = bytearray(4 * 2**20)
for path in sys.argv[1:]:
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
"""


def main() -> int:
    """Make the checkpoints, time the commands, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only make the checkpoints")
    arguments = parser.parse_args()
    layers = max(1, round(arguments.gigabytes * 1e9 / (len(PARTS) * SIDE * SIDE * 2)))
    if arguments.make:
        make(arguments.make, layers)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        # in a process of its own, because a child's peak of memory begins at its parent's
        command = [sys.executable, __file__, "--make", folder]
        subprocess.run([*command, "--gigabytes", str(arguments.gigabytes)], check=True)
        root = Path(folder)
        taken = timed(commands(root), arguments.rounds, compiled_in(root / "compiled"))
        show(taken, layers * len(PARTS) * SIDE * SIDE * 2)
    return 0


def commands(root: Path) -> dict[str, list[str]]:
    """Return what is timed, each scan behind the reading of what it has to read."""
    merged, other, same = (root / name for name in ("merged", "other", "same"))
    scan = [*slowlens(), "check", str(merged), "--scan-weights"]
    return {
        "reading MERGED": reading(merged),
        "check MERGED": [*slowlens(), "check", str(merged)],
        "scan of MERGED": scan,
        "scan, another SOURCE": [*scan, "--source", str(other)],
        "reading MERGED and SOURCE": reading(merged, same),
        "scan, the same SOURCE": [*scan, "--source", str(same)],
    }


def reading(*folders: Path) -> list[str]:
    """Return a command that reads all weights of the folders and does nothing with them."""
    files = (file for folder in folders for file in sorted(folder.glob("*.safetensors")))
    return [sys.executable, "-c", READ, *map(str, files)]


def make(root: Path, layers: int) -> None:
    """Make a checkpoint, one that differs from it everywhere, and one that is it to the byte."""
    checkpoint(root / "merged", layers, seed=0)
    checkpoint(root / "other", layers, seed=1)
    checkpoint(root / "same", layers, seed=0)


def checkpoint(folder: Path, layers: int, seed: int) -> None:
    """Write four shards of random weights, their index and a config."""
    folder.mkdir()
    config = {**CONFIG, "hidden_size": SIDE, "num_hidden_layers": layers}
    (folder / "config.json").write_text(json.dumps(config))
    names = [f"model.layers.{n}.{part}.weight" for n in range(layers) for part in PARTS]
    random = matrices(seed)
    index: dict[str, str] = {}
    for number in range(SHARDS):
        file = f"model-{number + 1:05}-of-{SHARDS:05}.safetensors"
        part = names[number::SHARDS]
        shard(folder / file, part, random)
        index |= dict.fromkeys(part, file)
    text = json.dumps({"metadata": {}, "weight_map": index})
    (folder / "model.safetensors.index.json").write_text(text)


def matrices(seed: int) -> Iterator[bytes]:
    """Yield the bytes of random matrices, each another shift of the same numbers."""
    import numpy as np  # it would count in the memory of every child

    random = np.random.default_rng(seed)
    numbers = random.standard_normal(SIDE * SIDE, np.float32).view(np.uint32) >> 16
    halves = numbers.astype(np.uint16)
    while True:
        yield np.roll(halves, random.integers(halves.size)).tobytes()


def shard(path: Path, names: list[str], random: Iterator[bytes]) -> None:
    """Write one file of square matrices."""
    size = SIDE * SIDE * 2
    header = {
        name: {"dtype": "BF16", "shape": [SIDE, SIDE], "data_offsets": [n * size, (n + 1) * size]}
        for n, name in enumerate(names)
    }
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _ in names:
            file.write(next(random))


def show(taken: dict[str, list[tuple[float, int]]], size: int) -> None:
    """Print medians, the ratio to the reading in the same round, and the peak of memory."""
    print(f"{size / 1e9:.1f} GB of bfloat16 in {SHARDS} shards, Python {sys.version.split()[0]}\n")
    print(f"{'':<28}{'median':>10}{'fastest':>10}{'x reading':>11}{'memory':>10}")
    bare: list[float] = []
    for name, runs in taken.items():
        seconds = [one for one, _ in runs]
        bare = seconds if name.startswith("reading") else bare
        ratio = median(a / b for a, b in zip(seconds, bare, strict=True))
        print(
            f"{name:<28}{median(seconds) * 1000:>7.0f} ms{min(seconds) * 1000:>7.0f} ms"
            f"{ratio:>11.2f}{max(peak for _, peak in runs) / 1e6:>7.0f} MB"
        )


if __name__ == "__main__":
    sys.exit(main())
