"""The heads for speculative decoding that came with the model are gone.

## What it does
Looks for the layers that predict several tokens at once (``mtp.*``, ``nextn``, layers behind
``num_hidden_layers``) in the source and in this checkpoint. Reports that the source has them and
this one does not; without a source, that config.json announces them
(``num_nextn_predict_layers``, ``mtp_num_hidden_layers``) and no file holds them, which is only a
note: a model may have been published like that.

## Why it is slow
transformers does not run these heads: its classes list them as names to ignore, so that loading
and saving drops them without a word. An engine that decodes speculatively with them then accepts
nothing it guesses: 1.5 to 2 times slower serving, 30.7 for 248 tokens a second in one report.

## Affects
vLLM and SGLang, where speculative decoding is switched on. Never transformers.

## Fix
By hand: copy the tensors from the source into a file of their own and name them in the index; the
finding has the lines. They were trained with the old weights: the more the training changed, the
fewer of their guesses are accepted.

## Fix safety
The answers stay the same, since each guess is checked by the model itself.

## References
- https://github.com/intel/auto-round/issues/1526
- https://github.com/sgl-project/sglang/issues/35797
- https://github.com/huggingface/transformers/issues/46127
- https://github.com/vllm-project/speculators/issues/844
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES
from slowlens.facts.weights.files import weight_files
from slowlens.facts.weights.mtp import announced, has_mtp, mtp_tensors
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

COST = "1.5 to 2 times slower serving with speculative decoding, nothing without it"


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding when such heads were there, or are announced, and are not there."""
    checkpoint = merged.checkpoint
    if not (checkpoint.weights.tensors and weight_files(checkpoint).complete):
        raise Undecided("not all files with weights could be read")
    if has_mtp(checkpoint):
        return
    pointer, number = announced(checkpoint)
    if source is not None and has_mtp(source.checkpoint):
        lost = mtp_tensors(source.checkpoint)
        wanted = bool(pointer) or not announced(source.checkpoint)[0]
        yield Finding(
            message=f"the source's {len(lost)} tensors for speculative decoding are gone, such as "
            f"{lost[0].name[:120]}: saving with transformers drops them",
            severity=Severity.WARNING if wanted else Severity.NOTE,
            confidence=Confidence.READ,
            affects=ENGINES,
            evidence=(ValueEvidence(CONFIG, pointer, number),) if pointer else (),
            cost=COST,
            fix=_fix(checkpoint, source.checkpoint),
        )
    elif pointer and not (source is not None and source.checkpoint.weights.tensors):
        yield Finding(
            message=f"{CONFIG} announces {'.'.join(pointer)}: {number}, heads for speculative "
            "decoding that no file holds",
            severity=Severity.NOTE,
            confidence=Confidence.SUSPECTED,
            affects=ENGINES,
            evidence=(ValueEvidence(CONFIG, pointer, number),),
            cost=COST,
        )


def _fix(merged: Checkpoint, source: Checkpoint) -> Fix:
    here, there = (repr(str(checkpoint.root)) for checkpoint in (merged, source))
    files = sorted({tensor.file for tensor in mtp_tensors(source)})
    reason = (
        "In Python: import json; from pathlib import Path as P; from safetensors.torch import "
        f"load_file, save_file; i = P({here}) / 'model.safetensors.index.json'; "
        "d = json.loads(i.read_text()); m = d['weight_map']; "
        f"t = {{k: v for f in {files} for k, v in load_file(P({there}) / f).items() "
        f"if k not in m}}; save_file(t, P({here}) / 'mtp.safetensors', "
        "metadata={'format': 'pt'}); "
        "m.update(dict.fromkeys(t, 'mtp.safetensors')); i.write_text(json.dumps(d))"
    )
    return Fix("Copy the heads from the source", Applicability.MANUAL, reason=reason)


RULE = Rule(
    id="mtp-heads-dropped",
    title="Heads for speculative decoding dropped",
    check=check,
    since="0.1.0",
)
