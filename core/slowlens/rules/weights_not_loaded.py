"""Tensors that the model has a place for are missing, or stand under names that nobody looks for.

## What it does
Reads names, shapes and layers in the safetensors headers, and reports:

- what training left in names: ``_orig_mod.`` (torch.compile), ``module.`` (DataParallel,
  DeepSpeed), ``_fsdp_wrapped_module.``, ``_checkpoint_wrapped_module.``, ``base_model.model.``,
  ``base_layer.`` and ``modules_to_save.`` (PEFT), a doubled ``model.model.`` and a repeated
  ``language_model.``, which some mergers of FSDP shards write;
- tensors that the source has and this checkpoint lacks, after such prefixes are taken off;
- without a source: layers below ``num_hidden_layers`` that are not there, and a tensor that one
  layer lacks while all others have it;
- tensors without elements, which ZeRO-3 leaves when the parts were not gathered;
- the config of a text model beside the weights of a vision model;
- the vision tower of a LLaVA, Gemma 3 or PaliGemma by the names that it has in memory in
  transformers 5, ``vision_tower.encoder.*``, without ``vision_model.`` between: what savers write
  that do not go through ``save_pretrained`` of a loaded model;
- un-merged FSDP shards where the weights should be.

It stays silent about names that transformers translates: Qwen's ``visual.*`` and
``model.language_model.*`` in either layout, ``language_model.model.*``, names with or without
their first part (``transformer.``); about ``inv_freq``, ``masked_bias`` and other tensors that
the model computes itself; about a tied head, heads for speculative decoding and fused experts,
which have rules of their own; and about parts that the merged class does not have.

## Why it is worse
transformers fills what it does not find with random numbers. It raises nothing; version 4 logs
"newly initialized", version 5 prints a report, and both are often switched off. With a prefix in
the way the whole model is random: the loss of SmolLM2-135M was 10.7 to 11.0, for 2.66. One matrix
missing of 272 costs 0.03 to 0.04 of loss: no eye sees it.

## Affects
Every runtime: transformers loads random numbers, vLLM, SGLang and llama.cpp refuse names that
they do not know. A doubled ``model.`` is repaired by transformers 5, which also reads a vision
tower by either name, where 4.52.4 fills it with random numbers (what engines do with those names
was not tried). Tensors without elements raise an error everywhere.

## Fix
By hand: rename the tensors in the files; the finding has the lines for it. Where tensors are
missing, or an adapter was not merged, save again from the training run: no edit of a JSON file
brings weights back.

## Fix safety
It changes what the model writes, back to what was trained.

## References
- https://github.com/huggingface/transformers/issues/20082
- https://github.com/lm-sys/FastChat/issues/508
- https://github.com/unslothai/unsloth-zoo/pull/1073
- https://github.com/vllm-project/vllm/pull/19054
- https://github.com/hiyouga/LLaMA-Factory/issues/2239
"""

from collections.abc import Iterator, Sequence

from slowlens.facts.checkpoint import CONFIG, Checkpoint, Tensor
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, EVERY, Runtime
from slowlens.facts.weights.adapters import injected
from slowlens.facts.weights.files import unmerged_shards, weight_files
from slowlens.facts.weights.losses import (
    doubled,
    lone_gaps,
    main_stack,
    missing_layers,
    of_a_new_tower,
    of_a_vision_model,
    of_shared_layers,
    unfilled,
    wrappers,
)
from slowlens.facts.weights.renames import grouped
from slowlens.facts.weights.tensors import Changes
from slowlens.facts.weights.tied import text_pointer
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.fixes import MERGE_BEFORE_SAVING
from slowlens.jsonvalue import ABSENT

NOISE = "transformers fills the places with random numbers and says so only in its log"
ALL_NOISE = "every answer is noise (loss 10.7 to 11 for 2.66, SmolLM2-135M)"
SOME_NOISE = "0.03 to 0.04 of loss for one matrix of 272 (SmolLM2-135M), noise for many"
BLIND = "every answer about a picture is noise"
FAILS = "it does not load"
V4 = 4
SHOWN, LONGEST = 3, 120
OF_PEFT = ("base_layer.", "modules_to_save.")
NO_DOUBLE = (Runtime.TRANSFORMERS_4, *ENGINES, Runtime.LLAMA_CPP)
RENAME = (
    "In Python: import re, pathlib as p; from safetensors.torch import load_file, save_file; "
    "o = p.Path('renamed'); o.mkdir(); [save_file({{re.sub(r'{pattern}', '', k): v "
    "for k, v in load_file(f).items()}}, o / f.name, metadata={{'format': 'pt'}}) "
    "for f in p.Path({root}).glob('*.safetensors')]. Rename them in model.safetensors.index.json "
    "too, where there is one, and copy the other files."
)
AGAIN = (
    "Save or merge again from the training run, and compare with --source: weights that are not in "
    "the files cannot be made up."
)
GATHER = (
    "Save again with stage3_gather_16bit_weights_on_model_save: true in the DeepSpeed config, or "
    "run python zero_to_fp32.py . OUT in the folder of the training checkpoint."
)
MERGE_SHARDS = (
    "Merge them: python -m verl.model_merger merge --backend fsdp --local_dir {root} --target_dir "
    "OUT (verl), or python3 scripts/model_merger.py --local_dir {root} (EasyR1)."
)


def check(merged: Merged, source: Source | None, changes: Changes | None) -> Iterator[Finding]:
    """Yield one finding for each way in which weights are not found."""
    checkpoint = merged.checkpoint
    if shards := unmerged_shards(checkpoint):
        yield _unmerged(checkpoint, shards)
        return
    if not checkpoint.weights.tensors:
        raise Undecided("there are no safetensors headers to read")
    found = [*_misnamed(merged, source), *_empty(merged, source)]
    if not found and not weight_files(checkpoint).complete:
        raise Undecided("not all files with weights could be read")
    found += _missing(merged, source, changes) if weight_files(checkpoint).complete else ()
    yield from found


def _misnamed(merged: Merged, source: Source | None) -> Iterator[Finding]:
    found = wrappers(merged.checkpoint.weights)
    usual = wrappers(source.checkpoint.weights) if found and source is not None else {}
    for wrapper, tensors in found.items():
        if wrapper not in usual:
            yield _wrapped(merged.checkpoint, wrapper, tensors)
    twice = doubled(merged.checkpoint.weights)
    before = source is not None and bool(doubled(source.checkpoint.weights))
    if twice and not before and not text_pointer(merged.checkpoint.values(CONFIG) or {}):
        yield _doubled(merged.checkpoint, twice)
    if (tower := of_a_new_tower(merged.checkpoint)) and V4 in merged.native:
        yield _tower(merged.checkpoint, tower)
    if hidden := of_a_vision_model(merged.checkpoint):
        yield _hidden(merged.checkpoint, hidden)


def _wrapped(checkpoint: Checkpoint, wrapper: str, tensors: Sequence[Tensor]) -> Finding:
    peft = wrapper.startswith(OF_PEFT) or bool(injected(checkpoint))
    ahead = r"(?=(language_model|vis)\w*\.)" if wrapper == "language_model." else ""
    lines = RENAME.format(
        pattern=r"(^|(?<=\.))" + wrapper.replace(".", r"\.") + ahead,
        root=repr(str(checkpoint.root)),
    )
    return _finding(
        _seen(tensors[0]),
        f"{_count(checkpoint, tensors)} have {wrapper} in their names, such as {_like(tensors)}: "
        f"no loader looks for that, and {NOISE}",
        cost=ALL_NOISE if len(tensors) == len(checkpoint.weights.tensors) else SOME_NOISE,
        fix=MERGE_BEFORE_SAVING if peft else _by_hand("Rename", lines),
    )


def _doubled(checkpoint: Checkpoint, tensors: Sequence[Tensor]) -> Finding:
    lines = RENAME.format(pattern=r"^model\.(?=model\.)", root=repr(str(checkpoint.root)))
    return _finding(
        _seen(tensors[0]),
        f"{_count(checkpoint, tensors)} are called model.model.…: transformers 5 repairs that, but "
        "transformers 4 fills the model with random numbers and engines refuse it",
        cost=ALL_NOISE,
        fix=_by_hand("Rename", lines),
        affects=NO_DOUBLE,
    )


def _hidden(checkpoint: Checkpoint, tensors: Sequence[Tensor]) -> Finding:
    reason = (
        f"Copy {CONFIG} of the vision model from the source, or save the text model alone: "
        "model.language_model of the loaded vision model, with save_pretrained."
    )
    return _finding(
        _seen(tensors[0]),
        f"{CONFIG} is of a text model ({checkpoint.model_type}), but the weights are a vision "
        f"model's, such as {_like(tensors)}: {NOISE}",
        cost=ALL_NOISE,
        fix=_by_hand("Bring config and weights together", reason),
    )


def _tower(checkpoint: Checkpoint, tensors: Sequence[Tensor]) -> Finding:
    lines = RENAME.format(pattern=r"vision_tower\.", root=repr(str(checkpoint.root)))
    return _finding(
        _seen(tensors[0]),
        f"{_count(checkpoint, tensors)} are of a vision tower by names that only transformers 5 "
        f"knows, such as {_like(tensors)}: transformers 4 looks for vision_tower.vision_model. and "
        "fills the tower with random numbers",
        cost=BLIND,
        fix=_by_hand("Rename", lines.replace("', '', k)", "', 'vision_tower.vision_model.', k)")),
        affects=(Runtime.TRANSFORMERS_4,),
    )


def _empty(merged: Merged, source: Source | None) -> Iterator[Finding]:
    before = () if source is None else _without_elements(source.checkpoint)
    names = {tensor.name for tensor in before}
    found = [t for t in _without_elements(merged.checkpoint) if t.name not in names]
    if found:
        yield _finding(
            _seen(found[0]),
            f"{_count(merged.checkpoint, found)} have no elements, such as {_like(found)}: they "
            "were shared between processes (ZeRO-3) and saved without gathering them",
            cost=FAILS,
            fix=_by_hand("Gather, then save", GATHER),
        )


def _without_elements(checkpoint: Checkpoint) -> tuple[Tensor, ...]:
    return tuple(tensor for tensor in checkpoint.weights.tensors if 0 in tensor.shape)


def _missing(merged: Merged, source: Source | None, changes: Changes | None) -> Iterator[Finding]:
    checkpoint = merged.checkpoint
    if source is not None and changes is not None:
        if lost := unfilled(changes, checkpoint, source.checkpoint):
            yield _lost(checkpoint, source.checkpoint, lost)
        if unbuilt := of_shared_layers(changes, checkpoint):
            yield _unbuilt(checkpoint, unbuilt)
        return
    stack = main_stack(checkpoint)
    if layers := missing_layers(checkpoint, stack):
        yield _finding(
            _unseen(checkpoint),
            f"{CONFIG} announces layers that no file holds ({_some([*map(str, layers)])}): {NOISE}",
            cost=ALL_NOISE,
            fix=_by_hand("Save again", AGAIN),
        )
    elif gaps := lone_gaps(checkpoint, stack):
        yield _finding(
            _unseen(checkpoint),
            f"no file holds {_some(gaps)}, which all other layers have: if the model has a place "
            f"for it, {NOISE}",
            cost=SOME_NOISE,
            fix=_by_hand("Save again", AGAIN),
            confidence=Confidence.SUSPECTED,
        )


def _lost(checkpoint: Checkpoint, source: Checkpoint, lost: Sequence[Tensor]) -> Finding:
    kinds = dict.fromkeys(grouped(tensor.name) for tensor in lost)
    names = [lost[0].name] if len(lost) == 1 else [*kinds]
    whole = len(source.weights.tensors)
    return _finding(
        _unseen(checkpoint),
        f"{len(lost)} of the source's {whole} tensors are in no file ({_some(names)}): {NOISE}",
        cost=SOME_NOISE if len(lost) < whole else ALL_NOISE,
        fix=_by_hand("Save again", AGAIN),
    )


def _unbuilt(checkpoint: Checkpoint, lost: Sequence[Tensor]) -> Finding:
    return _finding(
        _unseen(checkpoint),
        f"{len(lost)} tensors of layers that share keys and values are in no file, such as "
        f"{_like(lost)}: transformers does not need them and drops them as it saves, vLLM refuses "
        "to load without",
        cost=FAILS,
        fix=_by_hand("Copy them from the source", "Copy these tensors from the source's files."),
        affects=ENGINES,
        confidence=Confidence.SUSPECTED,
    )


def _unmerged(checkpoint: Checkpoint, shards: Sequence[str]) -> Finding:
    many = "shards" if len(shards) > 1 else "shard"
    return Finding(
        message=f"the folder holds {len(shards)} un-merged FSDP {many}, such as {shards[0]}, and "
        "no weights that any runtime loads",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=EVERY,
        evidence=(ValueEvidence(shards[0], (), checkpoint.files[shards[0]]),),
        cost=FAILS,
        fix=_by_hand("Merge the shards", MERGE_SHARDS.format(root=repr(str(checkpoint.root)))),
    )


def _finding(
    evidence: ValueEvidence,
    message: str,
    *,
    cost: str,
    fix: Fix,
    affects: tuple[Runtime, ...] = EVERY,
    confidence: Confidence = Confidence.READ,
) -> Finding:
    return Finding(
        message=message,
        severity=Severity.ERROR,
        confidence=confidence,
        affects=affects,
        evidence=(evidence,),
        cost=cost,
        fix=fix,
    )


def _seen(tensor: Tensor) -> ValueEvidence:
    return ValueEvidence(tensor.file, (), tensor.name)


def _unseen(checkpoint: Checkpoint) -> ValueEvidence:
    return ValueEvidence(checkpoint.weights.files[0], (), ABSENT)


def _by_hand(title: str, reason: str) -> Fix:
    return Fix(title, Applicability.MANUAL, reason=reason)


def _count(checkpoint: Checkpoint, tensors: Sequence[Tensor]) -> str:
    return f"{len(tensors)} of {len(checkpoint.weights.tensors)} tensors"


def _like(tensors: Sequence[Tensor]) -> str:
    return tensors[0].name[:LONGEST]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(name[:LONGEST] for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


RULE = Rule(
    id="weights-not-loaded",
    title="Weights that no loader finds",
    check=check,
    since="0.1.0",
)
