"""The folder holds what only training needs, or the same weights in another format.

## What it does
Adds up the bytes at the top of the folder that no runtime reads: optimizer and scheduler state,
random states, un-merged FSDP shards beside merged weights, weights in a second format
(``pytorch_model.bin`` of the same size beside safetensors, TensorFlow, Flax, ``consolidated.*``).
Folders of DeepSpeed and of the trainer (``global_step*``, ``checkpoint-*``) are named, not
measured. What the source has too is left out, and so is less than a megabyte.

## Why it is worse
The optimizer of Adam alone is twice the size of float32 weights, so that a checkpoint to resume
from is three to six times the size of one to run. It costs disk, upload and download, and nothing
when the model runs.

## Affects
No runtime; everybody who stores or copies the folder.

## Fix
By hand: delete it, unless training is to go on from here. The finding has the command.

## Fix safety
What is loaded stays the same. Deleting cannot be undone, and without optimizer state a training
run cannot be resumed where it was.

## References
- https://huggingface.co/docs/transformers/trainer#checkpoints
- https://www.deepspeed.ai/tutorials/zero/#extracting-weights
- https://verl.readthedocs.io/en/latest/advance/checkpoint.html
"""

import re
import shlex
from collections.abc import Iterator

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.weights.files import same_size, weight_files
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    NumberEvidence,
    Rule,
    Severity,
)

ENOUGH = 1_000_000
"""Bytes below which nobody minds."""
OPTIMIZER, RANDOM, SHARDS = "optimizer and scheduler", "random states", "FSDP shards"
FORMATS, TRAINING = "weights in another format", "folders of training"
KINDS = {
    OPTIMIZER: re.compile(r"(?:optimizer|optim|scheduler|scaler).*\.(?:pt|bin|pth|safetensors)"),
    RANDOM: re.compile(r"(?:rng_state|random_states|extra_state).*\.(?:pth|pkl|pt)"),
    SHARDS: re.compile(r"model_world_size_\d+_rank_\d+\.pt"),
    FORMATS: re.compile(
        r"tf_model.*\.h5|flax_model.*\.msgpack|rust_model\.ot|consolidated.*\.(?:safetensors|pth)"
    ),
}
FOLDERS = re.compile(r"global_step\d*|checkpoint-\d+|optimizer_\d+|pytorch_model_fsdp_\d+")


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one note with the bytes of each kind."""
    checkpoint = merged.checkpoint
    if not (checkpoint.weights.files or weight_files(checkpoint).loaded):
        return
    kinds = _kinds(checkpoint, source)
    folders = _folders(checkpoint, source)
    names = tuple(name for files in kinds.values() for name in files)
    if sum(checkpoint.files[name] for name in names) < ENOUGH:
        kinds, names = {}, ()
    if not (names or folders):
        return
    sizes = {k: sum(checkpoint.files[name] for name in found) for k, found in kinds.items()}
    told = [f"{kind} {size / 1e6:,.0f} MB" for kind, size in sizes.items()]
    told += [f"{TRAINING} ({', '.join(folders)})"] if folders else []
    yield Finding(
        message=f"the folder holds what no runtime reads: {', '.join(told)}",
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=(),
        evidence=tuple(NumberEvidence(kind, float(size), "bytes") for kind, size in sizes.items()),
        cost=f"{sum(sizes.values()) / 1e6:,.0f} MB of disk and transfer, nothing when it runs",
        fix=Fix(
            "Delete what only training needs",
            Applicability.MANUAL,
            reason="Unless training is to go on from here: "
            f"cd {shlex.quote(str(checkpoint.root))} && rm -r -- {shlex.join((*names, *folders))}",
        ),
    )


def _kinds(checkpoint: Checkpoint, source: Source | None) -> dict[str, tuple[str, ...]]:
    usual = {} if source is None else source.checkpoint.files
    found = {
        kind: tuple(n for n in checkpoint.files if pattern.fullmatch(n) and n not in usual)
        for kind, pattern in KINDS.items()
    }
    files = weight_files(checkpoint)
    if same_size(checkpoint, files.pickles, files.loaded):
        found[FORMATS] += tuple(name for name in files.pickles if name not in usual)
    return {kind: names for kind, names in found.items() if names}


def _folders(checkpoint: Checkpoint, source: Source | None) -> tuple[str, ...]:
    usual = () if source is None else source.checkpoint.folders
    return tuple(n for n in checkpoint.folders if FOLDERS.fullmatch(n) and n not in usual)


RULE = Rule(
    id="directory-bloat",
    title="Leftovers of training in the folder",
    check=check,
    since="0.1.0",
)
