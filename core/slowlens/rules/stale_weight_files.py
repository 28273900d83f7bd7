"""Weights of two saves lie in one folder, and the runtime picks one of them by its name.

## What it does
Sorts the files with weights by what a load makes of them, and reports:

- ``model.safetensors`` beside numbered shards: transformers reads the single file alone, vLLM and
  SGLang read the shards that the index names, so that two runtimes may serve two models;
- shards that the index does not name, such as those of a save with another number of shards;
- shards without an index beside ``pytorch_model.bin``: transformers reads the pickle;
- two sets of shards (``-of-00003`` and ``-of-00004``) and no index: engines read both;
- ``pytorch_model.bin`` beside safetensors of another size, which comes last and is not read.

Which of two is the stale one no file tells, so that this is a suspicion where sizes agree. It
stays silent where the pickle and the safetensors have the same size, since many models are
published in both formats (see directory-bloat), about ``consolidated.safetensors`` of Mistral,
and about adapters, which have a rule of their own.

## Why it is worse
save_pretrained of another format or shard count leaves the old files where they are. The model
that is loaded is then the one from before the training, or a mixture of two: a checkpoint that
"did not learn anything".

## Affects
Every runtime, each in its own way: transformers takes ``model.safetensors``, then the index, then
``pytorch_model.bin``, then its index, in version 4 as in 5. vLLM and SGLang take what the index
names, else all safetensors. llama.cpp's converter takes every safetensors file whose name begins
with ``model``, leftovers included.

## Fix
By hand: delete the stale files. The finding has the command; look at the dates first.

## Fix safety
It changes what is loaded, if the wrong one was. Deleting weights cannot be undone.

## References
- https://github.com/huggingface/transformers/blob/main/src/transformers/modeling_utils.py
- https://github.com/vllm-project/vllm/blob/main/vllm/model_executor/model_loader/weight_utils.py
- https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py
"""

import shlex
from collections.abc import Iterator

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import ENGINES, EVERY, Runtime
from slowlens.facts.weights.files import (
    INDEX,
    SINGLE,
    WeightFiles,
    same_size,
    shard_counts,
    weight_files,
)
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)

COST = "the answers of another model: the one from before, or a mixture"


def check(merged: Merged) -> Iterator[Finding]:
    """Yield a finding for each set of files that another hides, or that joins another."""
    checkpoint = merged.checkpoint
    files = weight_files(checkpoint)
    if files.shards:
        yield _two_models(checkpoint, files)
    if files.leftover and INDEX in checkpoint.files:
        yield _unnamed(checkpoint, files)
    elif files.leftover and files.pickled:
        yield _pickle_wins(checkpoint, files)
    elif len(counts := shard_counts(files.leftover)) > 1:
        yield _mixed(checkpoint, files, counts)
    if files.pickles and not same_size(checkpoint, files.pickles, files.loaded):
        yield _old_pickle(checkpoint, files)


def _two_models(checkpoint: Checkpoint, files: WeightFiles) -> Finding:
    alike = same_size(checkpoint, files.shards, (SINGLE,))
    index = tuple(name for name in (INDEX,) if name in checkpoint.files)
    shards = _command(checkpoint, (*files.shards, *index))
    single = _command(checkpoint, (SINGLE,))
    return _finding(
        checkpoint,
        (SINGLE, files.shards[0]),
        f"{SINGLE} and {_counted(files.shards)} such as {files.shards[0]} lie side by side: "
        f"transformers reads {SINGLE} alone, vLLM and SGLang read "
        + ("the shards" if index else "both"),
        severity=Severity.WARNING if alike else Severity.ERROR,
        reason=f"If {SINGLE} is the stale one: {single}. If the shards are: {shards}",
    )


def _unnamed(checkpoint: Checkpoint, files: WeightFiles) -> Finding:
    return _finding(
        checkpoint,
        files.leftover[:1],
        f"{_counted(files.leftover)} such as {files.leftover[0]}, which {INDEX} does not name: "
        "left over from another save, or the index is",
        severity=Severity.WARNING,
        reason=f"If the index is of this save: {_command(checkpoint, files.leftover)}",
    )


def _pickle_wins(checkpoint: Checkpoint, files: WeightFiles) -> Finding:
    pickles = _command(checkpoint, files.loaded)
    return _finding(
        checkpoint,
        (files.loaded[0], files.leftover[0]),
        f"{INDEX} is missing, so that transformers reads {files.loaded[0]} instead of the shards "
        f"such as {files.leftover[0]}, which vLLM and SGLang read",
        severity=Severity.ERROR,
        reason=f"If the shards are of this save: {pickles}, and save the index again",
    )


def _mixed(checkpoint: Checkpoint, files: WeightFiles, counts: tuple[int, ...]) -> Finding:
    totals = " and ".join(f"-of-{count:05d}" for count in counts)
    return _finding(
        checkpoint,
        files.leftover[:1],
        f"shards of {len(counts)} saves lie in one folder ({totals}) and no {INDEX} says which "
        "count: engines read them all, transformers none",
        severity=Severity.ERROR,
        reason="Delete the older set, after a look at the dates (ls -l), and save the index again.",
        affects=(*ENGINES, Runtime.LLAMA_CPP),
    )


def _old_pickle(checkpoint: Checkpoint, files: WeightFiles) -> Finding:
    return _finding(
        checkpoint,
        files.pickles[:1],
        f"{files.pickles[0]} is never read, because {files.loaded[0]} comes first, and the two "
        "differ in size: if the pickle is the newer one, an old model is loaded",
        severity=Severity.WARNING,
        reason=f"If the pickle is the stale one: {_command(checkpoint, files.pickles)}. If not: "
        f"{_command(checkpoint, files.loaded)}",
    )


def _finding(
    checkpoint: Checkpoint,
    evidence: tuple[str, ...],
    message: str,
    *,
    severity: Severity,
    reason: str,
    affects: tuple[Runtime, ...] = EVERY,
) -> Finding:
    return Finding(
        message=message,
        severity=severity,
        confidence=Confidence.SUSPECTED,
        affects=affects,
        evidence=tuple(ValueEvidence(f, (), checkpoint.files.get(f, 0)) for f in evidence),
        cost=COST,
        fix=Fix("Delete what is stale", Applicability.MANUAL, reason=reason),
    )


def _counted(names: tuple[str, ...]) -> str:
    return f"{len(names)} {'shard' if len(names) == 1 else 'shards'}"


def _command(checkpoint: Checkpoint, names: tuple[str, ...]) -> str:
    return f"cd {shlex.quote(str(checkpoint.root))} && rm -- {shlex.join(names)}"


RULE = Rule(
    id="stale-weight-files",
    title="Weights of two saves in one folder",
    check=check,
    since="0.1.0",
)
