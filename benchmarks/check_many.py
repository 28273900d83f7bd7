"""What one more small checkpoint costs `slowlens check`, next to a bare Python start.

    python benchmarks/check_many.py [--checkpoints 1000] [--rounds 5]

Processor time of whole processes, warm file cache; in each round every command runs once, in turn.
The cost of one more is the difference between many and one, by their number.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "eos_token_id": 2,
    "hidden_size": 64,
    "model_type": "llama",
    "num_hidden_layers": 2,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
    "vocab_size": 32,
}
GENERATION = {"eos_token_id": 2, "use_cache": False}
TENSORS = {f"model.layers.{n}.mlp.up_proj.weight": (64, 64) for n in range(2)}
BARE = [sys.executable, "-c", "import json"]
CHECK = [
    sys.executable,
    "-c",
    "import sys; from slowlens.cli import main; sys.exit(main())",
    "check",
]


def main() -> int:
    """Make the checkpoints, time the commands, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--checkpoints", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    number: int = arguments.checkpoints
    with tempfile.TemporaryDirectory() as folder:
        source = make(Path(folder, "source"))
        merged = [str(make(Path(folder, "runs", str(n)))) for n in range(number)]
        commands = {
            "python -c 'import json'": BARE,
            "one": [*CHECK, merged[0]],
            f"{number}": [*CHECK, *merged],
            f"{number} --source": [*CHECK, *merged, "--source", str(source)],
            f"{number} --format sarif": [*CHECK, *merged, "--format", "sarif"],
        }
        show(timed(commands, arguments.rounds), number)
    return 0


def make(folder: Path) -> Path:
    """Write a checkpoint with JSON files, a header and a hole for the weights."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2))
    (folder / "generation_config.json").write_text(json.dumps(GENERATION, indent=2))
    header, end = {}, 0
    for name, shape in TENSORS.items():
        start, end = end, end + shape[0] * shape[1] * 2
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)
    return folder


def timed(commands: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """Return processor seconds by command; the first round only warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            start = spent()
            done = subprocess.run(command, capture_output=True, check=False)
            if turn:
                seconds[name].append(spent() - start)
            if done.returncode not in (0, 1):
                raise SystemExit(f"{name} failed:\n{done.stderr.decode()}")
    return seconds


def spent() -> float:
    """Return the processor time of all children so far."""
    times = os.times()
    return times.children_user + times.children_system


def show(seconds: dict[str, list[float]], number: int) -> None:
    """Print medians, ratios to a bare start, and what one more checkpoint costs."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    bare, one = (median(list(seconds.values())[n]) for n in (0, 1))
    print(f"{number} checkpoints, Python {sys.version.split()[0]}, load {load:.1f}\n")
    print(f"{'':<26}{'median':>10}{'x bare':>9}{'one more':>11}")
    for name, taken in seconds.items():
        more = (median(taken) - one) / (number - 1) if name.startswith(str(number)) else None
        cost = f"{more * 1000:>8.2f} ms" if more is not None else ""
        print(f"{name:<26}{median(taken) * 1000:>7.0f} ms{median(taken) / bare:>9.1f}{cost:>11}")


if __name__ == "__main__":
    sys.exit(main())
