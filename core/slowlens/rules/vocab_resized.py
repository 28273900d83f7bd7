"""The vocabulary has another size than config.json, the tokenizer or the source say.

## What it does
Compares the rows of the embedding and of the head with ``vocab_size``, with the largest id of an
added token, and with the source. Reports rows that do not fit ``vocab_size``, a token whose id
has no row, and, as a note, rows that were added or taken away since the source.

More rows than the tokenizer has tokens are normal: vocabularies are padded. So are models whose
embedding has a few rows more than the head (Llama 3.2 Vision). Token ids beyond the rows are not
judged for models that also see or hear, whose markers are replaced before they are looked up.

## Why it is worse
Rows that do not fit ``vocab_size`` raise an error when the model is loaded. A token without a row
raises "index out of range" when it is first used. New rows start untrained: if they were not
trained since, the model neither understands nor writes their tokens as it should. A number of
rows that 64 does not divide keeps the matrix product of the head off the Tensor Cores of some
GPUs; PyTorch's and NVIDIA's guides say so, and it was not measured here. vLLM pads by itself.

## Affects
Rows that do not fit: every runtime. Rows that 64 does not divide: transformers.

## Fix
``vocab_size`` is set to the number of rows where embedding and head agree. To align rows, resize
by hand; the note has the line.

## Fix safety
Not safe in the strict sense: without it the model does not load, with it, it does.

## References
- https://huggingface.co/docs/transformers/main_classes/model#transformers.PreTrainedModel.resize_token_embeddings
- https://docs.nvidia.com/deeplearning/performance/dl-performance-matrix-multiplication/index.html
- https://github.com/vllm-project/vllm/blob/main/vllm/model_executor/layers/vocab_parallel_embedding.py
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, Checkpoint, Tensor
from slowlens.facts.reading import Merged, Reading, Source
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.facts.weights.head import Ends, ends_of
from slowlens.facts.weights.tied import text_pointer
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.jsonvalue import Json, Pointer, whole

VOCAB_SIZE = "vocab_size"
WHOLE = ("BF16", "F16", "F32", "F64")
ALIGNED = 64
LOADING = (*TRANSFORMERS, *ENGINES)


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield what does not fit, and what changed since the source."""
    if not merged.checkpoint.generates:
        return
    if not merged.checkpoint.weights.tensors:
        raise Undecided("there are no safetensors headers to read")
    ends = ends_of(merged.checkpoint.weights)
    rows = _rows(ends.embedding)
    if not rows or ends.embedding is None:
        return
    fits = {rows, _rows(ends.head) or rows}
    pointer, size = _announced(merged.checkpoint)
    if size and size not in fits:
        yield _misfit(ends.embedding, pointer, size, fits)
    yield from _without_row(merged, source, rows)
    if source is not None:
        yield from _changed(merged, ends, source)


def _rows(tensor: Tensor | None) -> int:
    """Return the rows of a matrix that is not packed; 0 otherwise."""
    plain = tensor is not None and tensor.dtype in WHOLE and len(tensor.shape) > 1
    return tensor.shape[0] if tensor is not None and plain else 0


def _announced(checkpoint: Checkpoint) -> tuple[Pointer, int]:
    nested = text_pointer(checkpoint.values(CONFIG) or {})
    for level in dict.fromkeys((nested, ())):
        size = whole(checkpoint.get(CONFIG, *level, VOCAB_SIZE))
        if size is not None:
            return (*level, VOCAB_SIZE), size
    return (), 0


def _misfit(embedding: Tensor, pointer: Pointer, size: int, fits: set[int]) -> Finding:
    rows = embedding.shape[0]
    where = ".".join(pointer)
    reason = "Without it the model does not load; with it, it does."
    edit = Edit(CONFIG, pointer, before=size, after=rows)
    return Finding(
        message=f"{CONFIG} says {where}: {size}, but {embedding.name} in {embedding.file} has "
        f"{rows} rows",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=LOADING,
        evidence=(_said(pointer, size), ValueEvidence(embedding.file, (), embedding.name)),
        cost="it does not load",
        fix=Fix("Name the rows that are there", Applicability.UNSAFE, (edit,), reason)
        if len(fits) == 1
        else None,
    )


def _without_row(merged: Merged, source: Source | None, rows: int) -> Iterator[Finding]:
    ids = _added(merged.checkpoint)
    token, last = max(ids.items(), key=lambda item: item[1], default=("", 0))
    if last < rows or text_pointer(merged.checkpoint.values(CONFIG) or {}):
        return
    if source is not None and _added(source.checkpoint).get(token) == last:
        before = _rows(ends_of(source.checkpoint.weights).embedding)
        if before == rows:
            return
    yield Finding(
        message=f"the token {token[:60]} has the id {last}, but the embedding has {rows} rows, up "
        f"to id {rows - 1}",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=LOADING,
        evidence=(ValueEvidence("tokenizer_config.json", (), last),),
        cost="an error (index out of range) when the token is used",
        fix=Fix(
            "Bring tokenizer and weights together",
            Applicability.MANUAL,
            reason="Copy the tokenizer's files of the save that the weights are from, or call "
            "model.resize_token_embeddings(len(tokenizer)) and train the new rows.",
        ),
    )


def _added(checkpoint: Checkpoint) -> dict[str, int]:
    return {**checkpoint.tokenizer.token_ids, **checkpoint.tokenizer.added}


def _changed(merged: Merged, ends: Ends, source: Source) -> Iterator[Finding]:
    rows = _rows(ends.embedding)
    before = _rows(ends_of(source.checkpoint.weights).embedding)
    if not before or rows == before or ends.embedding is None:
        return
    odd = rows % ALIGNED != 0 and before % ALIGNED == 0
    untrained = f"; unless they were trained, the {rows - before} new ones are not known to it"
    yield Finding(
        message=f"the embedding has {rows} rows, and {before} in the source"
        + (untrained if rows > before else "")
        + (f"; {ALIGNED} no longer divides their number" if odd else ""),
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=TRANSFORMERS if odd else (),
        evidence=(*_evidence(merged), ValueEvidence(ends.embedding.file, (), ends.embedding.name)),
        cost="a slower matrix product of the head on some GPUs, not measured here" if odd else "",
        fix=_align() if odd else None,
    )


def _align() -> Fix:
    reason = (
        f"In Python: model.resize_token_embeddings(len(tokenizer), pad_to_multiple_of={ALIGNED}), "
        "then model.save_pretrained(...). The added rows belong to no token."
    )
    return Fix("Pad the rows", Applicability.MANUAL, reason=reason)


def _evidence(reading: Reading) -> tuple[ValueEvidence, ...]:
    pointer, size = _announced(reading.checkpoint)
    return (_said(pointer, size),) if pointer else ()


def _said(pointer: Pointer, size: Json) -> ValueEvidence:
    return ValueEvidence(CONFIG, pointer, size)


RULE = Rule(
    id="vocab-resized",
    title="Vocabulary does not fit",
    check=check,
    since="0.1.0",
)
