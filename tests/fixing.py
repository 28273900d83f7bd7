"""Checkpoints that ``slowlens fix`` has something to do in, and the command itself."""

from pathlib import Path

import builders
from slowlens.cli import main

SLOW = b"""\
{
  "architectures": ["LlamaForCausalLM"],
  "eos_token_id": 2,
  "model_type": "llama",
  "rms_norm_eps": 1e-06,
  "tie_word_embeddings": true,
  "use_cache": false
}"""
GENERATION = {"_from_model_config": True, "eos_token_id": 2, "use_cache": False}


def laid_out_slow(folder: Path) -> Path:
    """Write a checkpoint whose files turn the cache off, as a merger leaves it."""
    made = builders.checkpoint(folder, generation=GENERATION)
    (made / "config.json").write_bytes(SLOW)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def slowlens(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])
