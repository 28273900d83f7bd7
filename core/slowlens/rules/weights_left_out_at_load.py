"""Loading left weights out: some are random now, or were thrown away.

## What it does
Reads what transformers reports when it really loads the checkpoint for a live run: tensors that the
model has a place for and the files have not (*missing*), tensors of another shape (*mismatched*),
and tensors in the files that the model has no place for (*unexpected*). Missing ones are filled
with random numbers, without an exception, and are an error; so are mismatched ones, where
transformers is told to go on in spite of them (`ignore_mismatched_sizes`). Unexpected ones are a
note: often they are harmless leftovers, and together with missing ones they mean that names were
changed.

What the source reports alike is not counted against merged: the same number, under the same names.
Tied heads and buffers that are not saved are not missing: transformers 4.52 and 5.23 leave them out
of the report.

## Why it is worse
A model with random weights answers with noise, and often without end, so it seems slow as well. One
random tensor of 272 changed the loss by 0.03 to 0.04 only: nobody sees that in an answer.

## Affects
The version of transformers that the run was made with: versions know different names.

## Fix
None of its own: weights-not-loaded finds out from the file's headers which prefix or layer is
behind it, for both versions, and says how to rename. tie-head-mismatch is about heads. Do not trust
an evaluation of this checkpoint before that.

## Fix safety
Not applicable.

## References
- https://github.com/unslothai/unsloth-zoo/issues/1073
- https://github.com/hiyouga/LLaMA-Factory/issues/8254
- https://github.com/lm-sys/FastChat/issues/508
"""

from collections.abc import Iterator
from typing import NamedTuple

from slowlens.facts.live.measurement import LoadedModel, Measurement
from slowlens.facts.live.trial import Subject
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided


class _Left(NamedTuple):
    """How many tensors, and the names of the first."""

    number: int
    names: tuple[str, ...]


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield a finding for each kind of tensor that did not fit, unless the source's is alike."""
    merged = measurement.model(Subject.MERGED)
    if merged is None:
        raise Undecided("merged was not loaded")
    source = measurement.model(Subject.SOURCE)
    known = _left(source) if source else {}
    for kind, left in _left(merged).items():
        if left.number and left != known.get(kind):
            yield _finding(measurement, kind, left)


def _left(model: LoadedModel) -> dict[str, _Left]:
    return {
        "missing": _Left(model.missing, model.missing_names),
        "mismatched": _Left(model.mismatched, model.mismatched_names),
        "unexpected": _Left(model.unexpected, model.unexpected_names),
    }


def _finding(measurement: Measurement, kind: str, left: _Left) -> Finding:
    harmless = kind == "unexpected"
    return Finding(
        message=f"{_many(left.number)} {_TOLD[kind]}{_named(left)}",
        severity=Severity.NOTE if harmless else Severity.ERROR,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=(NumberEvidence(f"{kind} tensors", left.number, "tensors"),),
        cost="" if harmless else "noise instead of what these weights had learned",
    )


def _many(count: int) -> str:
    return "1 tensor" if count == 1 else f"{count} tensors"


def _named(left: _Left) -> str:
    more = ", …" if left.number > len(left.names) else ""
    return f": {', '.join(left.names)}{more}" if left.names else ""


_TOLD = {
    "missing": "of the model not found in its files when it was loaded, and filled at random",
    "mismatched": "of another shape than the model's when it was loaded, and filled at random",
    "unexpected": "of its files without a place in the model when it was loaded",
}

RULE = Rule(
    id="weights-left-out-at-load",
    title="Weights left out at load, measured",
    check=check,
    since="0.1.0",
    proves=("weights-not-loaded", "tie-head-mismatch"),
)
