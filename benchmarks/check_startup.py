"""How long `slowlens check` takes on a 70B-shaped pair, as ratios within one run.

    python benchmarks/check_startup.py [--rounds 15]

The pair has 30 shards and 723 tensors on each side, 141 GB that take no room on the disk (sparse
files). Whole processes, warm file cache; in each round every command runs once, in turn.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from math import prod
from pathlib import Path
from statistics import median

LAYERS, HIDDEN, WIDE, KEYS, VOCABULARY = 80, 8192, 28672, 1024, 128256
SHARDS = 30
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "bos_token_id": 128000,
    "eos_token_id": [128001, 128008, 128009],
    "hidden_size": HIDDEN,
    "intermediate_size": WIDE,
    "max_position_embeddings": 131072,
    "model_type": "llama",
    "num_attention_heads": 64,
    "num_hidden_layers": LAYERS,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-05,
    "rope_theta": 500000.0,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "use_cache": True,
    "vocab_size": VOCABULARY,
}
GENERATION = {"bos_token_id": 128000, "do_sample": True, "eos_token_id": [128001, 128008, 128009]}
REGENERATED = {"_from_model_config": True, "eos_token_id": 128001, "use_cache": False}
Shape = tuple[int, ...]


def main() -> int:
    """Make the pair, time the commands, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        source, merged = Path(folder, "source"), Path(folder, "merged")
        checkpoint(source, CONFIG, GENERATION)
        checkpoint(merged, {**CONFIG, "use_cache": False}, REGENERATED)
        commands = {
            "python -c 'import json'": [sys.executable, "-c", "import json"],
            "from transformers import AutoConfig": [
                *(sys.executable, "-c", "from transformers import AutoConfig")
            ],
            "slowlens --help": [*slowlens(), "--help"],
            "slowlens check MERGED": [*slowlens(), "check", str(merged)],
            "slowlens check MERGED --source SOURCE": [
                *(*slowlens(), "check", str(merged), "--source", str(source))
            ],
        }
        show(timed(commands, rounds), rounds)
    return 0


def slowlens() -> list[str]:
    """Return the command of the interpreter that runs this."""
    return [sys.executable, "-c", "import sys; from slowlens.cli import main; sys.exit(main())"]


def timed(commands: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """Return seconds by command; the first round only warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            done = subprocess.run(command, capture_output=True, check=False)
            if number:
                seconds[name].append(time.perf_counter() - start)
            if done.returncode not in (0, 1):
                raise SystemExit(f"{name} failed:\n{done.stderr.decode()}")
    return seconds


def show(seconds: dict[str, list[float]], rounds: int) -> None:
    """Print medians, and ratios of pairs of the same round."""
    bare, library = list(seconds.values())[:2]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{rounds} rounds, Python {sys.version.split()[0]}, load {load:.1f}\n")
    print(f"{'':<40}{'median':>10}{'fastest':>10}{'x bare':>9}{'x AutoConfig':>14}")
    for name, taken in seconds.items():
        ratios = (
            median(a / b for a, b in zip(taken, base, strict=True)) for base in (bare, library)
        )
        to_bare, to_library = ratios
        print(
            f"{name:<40}{median(taken) * 1000:>7.0f} ms{min(taken) * 1000:>7.0f} ms"
            f"{to_bare:>9.2f}{to_library:>14.3f}"
        )


def checkpoint(folder: Path, config: dict[str, object], generation: dict[str, object]) -> None:
    """Write JSON files, shards that are only headers and holes, and their index."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2))
    tensors = list(shapes().items())
    each = -(-len(tensors) // SHARDS)
    index: dict[str, str] = {}
    for number in range(SHARDS):
        name = f"model-{number + 1:05}-of-{SHARDS:05}.safetensors"
        part = dict(tensors[number * each : (number + 1) * each])
        write_shard(folder / name, part)
        index |= dict.fromkeys(part, name)
    total = sum(prod(shape) * 2 for _, shape in tensors)
    text = json.dumps({"metadata": {"total_size": total}, "weight_map": index}, indent=2)
    (folder / "model.safetensors.index.json").write_text(text)


def shapes() -> dict[str, Shape]:
    """Return the tensors of a 70B Llama."""
    layer: dict[str, Shape] = {
        "input_layernorm.weight": (HIDDEN,),
        "mlp.down_proj.weight": (HIDDEN, WIDE),
        "mlp.gate_proj.weight": (WIDE, HIDDEN),
        "mlp.up_proj.weight": (WIDE, HIDDEN),
        "post_attention_layernorm.weight": (HIDDEN,),
        "self_attn.k_proj.weight": (KEYS, HIDDEN),
        "self_attn.o_proj.weight": (HIDDEN, HIDDEN),
        "self_attn.q_proj.weight": (HIDDEN, HIDDEN),
        "self_attn.v_proj.weight": (KEYS, HIDDEN),
    }
    tensors: dict[str, Shape] = {"model.embed_tokens.weight": (VOCABULARY, HIDDEN)}
    for number in range(LAYERS):
        tensors |= {f"model.layers.{number}.{name}": shape for name, shape in layer.items()}
    return {**tensors, "model.norm.weight": (HIDDEN,), "lm_head.weight": (VOCABULARY, HIDDEN)}


def write_shard(path: Path, tensors: dict[str, Shape]) -> None:
    """Write a header and make the file as long as it says."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in tensors.items():
        start, end = end, end + prod(shape) * 2
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)


if __name__ == "__main__":
    sys.exit(main())
