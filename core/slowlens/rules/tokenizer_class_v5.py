"""tokenizer_config.json was written by transformers 5 in words that transformers 4 does not know.

## What it does
Reports a ``tokenizer_class`` that only transformers 5 has (TokenizersBackend and its like), and an
``extra_special_tokens`` that is a list: transformers 4 expects an object there. Each alone stops
``AutoTokenizer`` of transformers 4, with or without a source to compare with. Not reported: the
``backend`` and ``is_local`` keys, which it ignores, and a missing special_tokens_map.json,
added_tokens.json or ``added_tokens_decoder``: tokenizer.json has all of it.

## Why it is worse
Saving once under transformers 5 is enough. Where the load fails loudly ("Tokenizer class
TokenizersBackend does not exist", "'list' object has no attribute 'keys'", or a complaint about
protobuf that is none), an hour is lost. Where a script catches the error and takes the tokenizer
or the whole model of the base instead, the fine-tuned checkpoint is never used, and nobody says so.

## Affects
transformers 4, and engines and tools that bundle it. transformers 5 reads both spellings.

## Fix
Sets ``tokenizer_class`` to PreTrainedTokenizerFast, which both versions load from tokenizer.json
as it is, and moves the list to ``additional_special_tokens``, which both read. Where no file says
which inputs the tokenizer makes, ``model_input_names`` keeps transformers 4 from adding
``token_type_ids``, which generate() of most models refuses. Without a tokenizer.json only the
source's tokenizer files help. PreTrainedTokenizerFast pads on the right; where the class of the
source padded on the left in transformers 4 (Llama 2, Mistral, Gemma), `padding-side-right` says so
as soon as the tokenizer loads.

## Fix safety
Safe: transformers 5 loads the same tokenizer with the same special tokens as before.

## References
- https://github.com/huggingface/transformers/issues/47553
- https://github.com/ml-explore/mlx-lm/issues/661
- https://github.com/ml-explore/mlx-lm/issues/683
- https://github.com/modelscope/ms-swift/issues/8186
- https://github.com/unslothai/unsloth/issues/8444
- https://github.com/gradients-ai/G.O.D/issues/1276
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import Runtime
from slowlens.facts.text.tokenizing import NEW_CLASSES, TOKENIZER
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
from slowlens.jsonvalue import ABSENT, Json

CLASS, EXTRA, ADDITIONAL = "tokenizer_class", "extra_special_tokens", "additional_special_tokens"
INPUTS = "model_input_names"
GENERIC = "PreTrainedTokenizerFast"


def check(merged: Merged) -> Iterator[Finding]:
    """Yield one finding with all that transformers 4 cannot read."""
    checkpoint = merged.checkpoint
    if TOKENIZER_CONFIG in checkpoint.files and not checkpoint.has(TOKENIZER_CONFIG):
        raise Undecided(f"{TOKENIZER_CONFIG} could not be read")
    evidence = tuple(_unreadable(checkpoint))
    if not evidence:
        return
    said = " and ".join(_said(found) for found in evidence)
    yield Finding(
        message=f"transformers 4 cannot load this tokenizer: {TOKENIZER_CONFIG} says {said}",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=evidence,
        cost="does not load, or the base model's tokenizer is taken instead",
        fix=_fix(checkpoint),
    )


def _unreadable(checkpoint: Checkpoint) -> Iterator[ValueEvidence]:
    name = checkpoint.get(TOKENIZER_CONFIG, CLASS)
    if isinstance(name, str) and name in NEW_CLASSES:
        yield ValueEvidence(TOKENIZER_CONFIG, (CLASS,), name)
    extra = checkpoint.get(TOKENIZER_CONFIG, EXTRA)
    if isinstance(extra, list):
        yield ValueEvidence(TOKENIZER_CONFIG, (EXTRA,), extra)


def _said(found: ValueEvidence) -> str:
    key = found.pointer[0]
    return f"{key}: {found.found}" if key == CLASS else f"{key} as a list, not an object"


def _fix(checkpoint: Checkpoint) -> Fix:
    title = "Write it so that both versions can read it"
    named = checkpoint.get(TOKENIZER_CONFIG, CLASS) in NEW_CLASSES
    if named and TOKENIZER not in checkpoint.files:
        reason = (
            f"There is no {TOKENIZER} that another class could load: copy the tokenizer files of "
            "the source over these, or convert the tokenizer under transformers 5 first."
        )
        return Fix(title, Applicability.MANUAL, reason=reason)
    edits = (*(_class_edits(checkpoint) if named else ()), *_list_edits(checkpoint))
    return Fix(title, Applicability.SAFE, edits)


def _class_edits(checkpoint: Checkpoint) -> Iterator[Edit]:
    before = checkpoint.get(TOKENIZER_CONFIG, CLASS)
    yield Edit(TOKENIZER_CONFIG, (CLASS,), before=before, after=GENERIC)
    if checkpoint.get(TOKENIZER_CONFIG, INPUTS) is ABSENT:
        names: Json = ["input_ids", "attention_mask"]
        yield Edit(TOKENIZER_CONFIG, (INPUTS,), before=ABSENT, after=names)


def _list_edits(checkpoint: Checkpoint) -> Iterator[Edit]:
    extra = checkpoint.get(TOKENIZER_CONFIG, EXTRA)
    if not isinstance(extra, list):
        return
    yield Edit(TOKENIZER_CONFIG, (EXTRA,), before=extra, after=ABSENT)
    others = checkpoint.get(TOKENIZER_CONFIG, ADDITIONAL)
    known = others if isinstance(others, list) else []
    after = [*known, *(token for token in extra if token not in known)]
    if after != known:
        yield Edit(TOKENIZER_CONFIG, (ADDITIONAL,), before=others, after=after)


RULE = Rule(
    id="tokenizer-class-v5",
    title="Tokenizer that only transformers 5 can load",
    check=check,
    since="0.1.0",
)
