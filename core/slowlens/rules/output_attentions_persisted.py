"""The model returns attention matrices, hidden states or scores that nobody asked for.

## What it does
Looks for ``output_attentions`` and ``output_hidden_states`` that are true in config.json, which
every call of the model obeys and every save passes on, and for these and ``output_scores`` and
``output_logits`` in generation_config.json, which ``generate()`` obeys.

The same keys with the value false are what transformers 5 writes, and are not reported. Nor are
scores and logits that ``generate()`` throws away because it returns no dict, nor
``return_dict_in_generate`` by itself, which keeps nothing. What the source says too is a note.

## Why it is worse
An attention matrix has a number for each pair of tokens, in every head of every layer: 4,096
tokens are 16.8 million a head, 2 bytes each. To hand it out, the fast kernels are left for the
eager one. Hidden states are one vector a layer and token; scores are one number for each entry of
the vocabulary and new token, 152,064 times 4 bytes with Qwen2.5. With a 135M
model and short texts on a CPU it cost 3 to 10 % of the time; memory is the real price.

## Affects
``generate()`` of both versions, and every other call of the model where config.json says so.
vLLM, SGLang and llama.cpp read none of these keys.

## Fix
Sets the flags to false.

## Fix safety
Safe: the tokens stay the same. Code that reads these tensors has to ask for them in its call.

## References
- https://huggingface.co/docs/transformers/main_classes/output
- https://huggingface.co/docs/transformers/attention_interface
"""

from collections.abc import Iterator

from slowlens.facts.decoding.outputs import Output, outputs
from slowlens.facts.reading import Merged, Source
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)

COSTS = {
    "output_attentions": "layers * heads * length² numbers for a prompt, and no fast kernel",
    "output_hidden_states": "layers * hidden size numbers per token",
    "output_scores": "4 bytes * vocabulary per new token",
    "output_logits": "4 bytes * vocabulary per new token",
}
REASON = "Code that reads these tensors has to ask for them in its call."


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield a finding for each flag that is on and costs something."""
    there = () if source is None else tuple(outputs(source.checkpoint, source.settings))
    known = {output.key for output in there}
    for output in outputs(merged.checkpoint, merged.settings):
        yield _finding(output, known=output.key in known)


def _finding(output: Output, *, known: bool) -> Finding:
    edit = Edit(output.file, output.pointer, before=True, after=False)
    kept = "keeps them for every token" if output.kept_by else "computes them in every step"
    also = ", as in its source" if known else ""
    return Finding(
        message=f"{output.file} sets {'.'.join(output.pointer)} to true{also}: generate() {kept}",
        severity=_severity(output, known=known),
        confidence=Confidence.READ,
        affects=output.runtimes,
        evidence=(ValueEvidence(output.file, output.pointer, found=True),),
        cost=COSTS[output.key],
        fix=Fix("Turn the extra outputs off", Applicability.SAFE, (edit,), REASON),
    )


def _severity(output: Output, *, known: bool) -> Severity:
    costly = output.key == "output_attentions" or bool(output.kept_by)
    return Severity.WARNING if costly and not known else Severity.NOTE


RULE = Rule(
    id="output-attentions-persisted",
    title="Extra outputs switched on for good",
    check=check,
    since="0.1.0",
    slows=True,
)
