"""How long `slowlens check` takes as a whole process, in ratios, and how much memory.

    python benchmarks/check_startup.py [--rounds 15]

- a 70B-shaped pair: 30 shards and 723 tensors on each side
- a 671B-shaped checkpoint: 163 shards, 92,000 tensors, 12.5 MB of headers
- 1,000 small checkpoints in one call

The weights take no room on the disk (sparse files). Warm file cache, and compiled modules, as an
installed package has them; in each round every command runs once, in turn.
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
GIANT: dict[str, object] = {
    "architectures": ["DeepseekV3ForCausalLM"],
    "bos_token_id": 0,
    "eos_token_id": 1,
    "hidden_size": 7168,
    "kv_lora_rank": 512,
    "model_type": "deepseek_v3",
    "n_routed_experts": 256,
    "num_attention_heads": 128,
    "num_hidden_layers": 61,
    "qk_rope_head_dim": 64,
    "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "vocab_size": 129280,
}
REGENERATED = {"_from_model_config": True, "eos_token_id": 128001, "use_cache": False}
Shape = tuple[int, ...]


def main() -> int:
    """Make the checkpoints, time the commands, print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only make the checkpoints")
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.make)
        return 0
    rounds: int = arguments.rounds
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        # in a process of its own, because a child's peak of memory begins at its parent's
        subprocess.run([sys.executable, __file__, "--make", folder], check=True)
        environment = compiled_in(root / "compiled")
        commands = {
            "python -c 'import json'": [sys.executable, "-c", "import json"],
            "from transformers import AutoConfig": [
                *(sys.executable, "-c", "from transformers import AutoConfig")
            ],
            "slowlens --help": [*slowlens(), "--help"],
            "slowlens check MERGED": [*slowlens(), "check", str(root / "merged")],
            "slowlens check MERGED --source SOURCE": [
                *(*slowlens(), "check", str(root / "merged"), "--source", str(root / "source"))
            ],
        }
        show(timed(commands, rounds, environment), rounds)
        many = sorted(map(str, (root / "many").iterdir()))
        commands = {
            "python -c 'import json'": [sys.executable, "-c", "import json"],
            "slowlens check 671B": [*slowlens(), "check", str(root / "giant")],
            "slowlens check of 1,000": [*slowlens(), "check", *many],
        }
        show(timed(commands, max(2, rounds // 5), environment), max(2, rounds // 5))
    return 0


def make(root: Path) -> None:
    """Make all checkpoints."""
    checkpoint(root / "source", CONFIG, GENERATION, dense(), SHARDS)
    checkpoint(root / "merged", {**CONFIG, "use_cache": False}, REGENERATED, dense(), SHARDS)
    checkpoint(root / "giant", GIANT, GENERATION, sparse(), 163)
    tensors: dict[str, Shape] = {"model.embed_tokens.weight": (64, 16), "model.norm.weight": (16,)}
    config = {**CONFIG, "hidden_size": 16, "vocab_size": 64, "tie_word_embeddings": True}
    (root / "many").mkdir()
    for number in range(1000):
        checkpoint(root / "many" / f"{number:04}", config, GENERATION, tensors, 1)


def compiled_in(folder: Path) -> dict[str, str]:
    """Return an environment whose modules are compiled once, as those of a wheel are."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder)}


def slowlens() -> list[str]:
    """Return the command of the interpreter that runs this."""
    return [sys.executable, "-c", "import sys; from slowlens.cli import main; sys.exit(main())"]


def timed(
    commands: dict[str, list[str]], rounds: int, environment: dict[str, str]
) -> dict[str, list[tuple[float, int]]]:
    """Return seconds and peak bytes by command; the first round only warms up."""
    taken: dict[str, list[tuple[float, int]]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            child = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
            )
            assert child.stderr
            said = child.stderr.read()
            _, status, used = os.wait4(child.pid, 0)
            if number:
                taken[name].append((time.perf_counter() - start, used.ru_maxrss * 1024))
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode not in (0, 1):
                raise SystemExit(f"{name} failed:\n{said.decode()}")
    return taken


def show(taken: dict[str, list[tuple[float, int]]], rounds: int) -> None:
    """Print medians, and ratios of pairs of the same round."""
    load = os.getloadavg()[0]
    print(f"\n{rounds} rounds, Python {sys.version.split()[0]}, load {load:.1f}\n")
    print(f"{'':<40}{'median':>10}{'fastest':>10}{'x bare':>9}{'memory':>10}")
    bare = [seconds for seconds, _ in next(iter(taken.values()))]
    for name, runs in taken.items():
        seconds = [one for one, _ in runs]
        ratio = median(a / b for a, b in zip(seconds, bare, strict=True))
        print(
            f"{name:<40}{median(seconds) * 1000:>7.0f} ms{min(seconds) * 1000:>7.0f} ms"
            f"{ratio:>9.2f}{max(size for _, size in runs) / 1e6:>7.0f} MB"
        )


def checkpoint(
    folder: Path,
    config: dict[str, object],
    generation: dict[str, object],
    shapes: dict[str, Shape],
    shards: int,
) -> None:
    """Write JSON files, shards that are only headers and holes, and their index."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2))
    if shards == 1:
        write_shard(folder / "model.safetensors", shapes)
        return
    tensors = list(shapes.items())
    each = -(-len(tensors) // shards)
    index: dict[str, str] = {}
    for number in range(shards):
        name = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = dict(tensors[number * each : (number + 1) * each])
        write_shard(folder / name, part)
        index |= dict.fromkeys(part, name)
    total = sum(prod(shape) * 2 for _, shape in tensors)
    text = json.dumps({"metadata": {"total_size": total}, "weight_map": index}, indent=2)
    (folder / "model.safetensors.index.json").write_text(text)


def dense() -> dict[str, Shape]:
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
    return model(HIDDEN, VOCABULARY, [layer] * LAYERS)


def sparse() -> dict[str, Shape]:
    """Return the tensors of a 671B DeepSeek: 256 experts in 58 layers, each with its scales."""
    attention: dict[str, Shape] = {
        "input_layernorm.weight": (7168,),
        "post_attention_layernorm.weight": (7168,),
        "self_attn.kv_a_layernorm.weight": (512,),
        "self_attn.q_a_layernorm.weight": (1536,),
        **scaled("self_attn.kv_a_proj_with_mqa", 576, 7168),
        **scaled("self_attn.kv_b_proj", 32768, 512),
        **scaled("self_attn.o_proj", 7168, 16384),
        **scaled("self_attn.q_a_proj", 1536, 7168),
        **scaled("self_attn.q_b_proj", 24576, 1536),
    }
    experts: dict[str, Shape] = {"mlp.gate.weight": (256, 7168)}
    for name in (*(f"experts.{number}" for number in range(256)), "shared_experts"):
        experts |= scaled(f"mlp.{name}.down_proj", 7168, 2048)
        experts |= scaled(f"mlp.{name}.gate_proj", 2048, 7168)
        experts |= scaled(f"mlp.{name}.up_proj", 2048, 7168)
    wide = scaled("mlp.down_proj", 7168, 18432) | scaled("mlp.up_proj", 18432, 7168)
    wide |= scaled("mlp.gate_proj", 18432, 7168)
    return model(7168, 129280, [attention | wide] * 3 + [attention | experts] * 58)


def scaled(name: str, rows: int, columns: int) -> dict[str, Shape]:
    """Return a matrix and the scales of its blocks."""
    return {
        f"{name}.weight": (rows, columns),
        f"{name}.weight_scale_inv": (-(-rows // 128), -(-columns // 128)),
    }


def model(hidden: int, vocabulary: int, layers: list[dict[str, Shape]]) -> dict[str, Shape]:
    """Return all tensors of a model."""
    tensors: dict[str, Shape] = {"model.embed_tokens.weight": (vocabulary, hidden)}
    for number, layer in enumerate(layers):
        tensors |= {f"model.layers.{number}.{name}": shape for name, shape in layer.items()}
    return {**tensors, "model.norm.weight": (hidden,), "lm_head.weight": (vocabulary, hidden)}


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
