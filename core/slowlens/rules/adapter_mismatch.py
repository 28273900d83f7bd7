"""The adapter's config does not fit its tensors, or the model that it is for.

## What it does
Compares adapter_config.json with the header of adapter_model.safetensors, in the checkpoint's own
folder and in the ``lora_adapter/`` that verl's merger writes:

- ``lora_alpha`` is 0: the adapter is multiplied by nothing. verl's merger wrote it so into every
  adapter until February 2026, for the user to set. An ``alpha_pattern`` may override it, so that
  nothing is said then.
- no tensor has the rank ``r`` (those of ``rank_pattern`` count too).
- the shapes do not fit the source, or the weights beside the adapter: it is for another model.
- ``base_model_name_or_path`` is missing from an adapter that lies alone.
- ``modules_to_save`` names modules of which there are no tensors.
- ``use_dora`` and the magnitude vectors, which DoRA needs, are not both there.

An adapter saved as a pickle is not opened, so that only its config is judged.

## Why it is worse
With ``lora_alpha`` 0 the model answers exactly as its base does, and says nothing: the training
seems to have had no effect. Other ranks or shapes stop the load with an error. A module without
tensors stops transformers 4; transformers 5 silently takes the base model's. With ``use_dora`` and
no magnitudes the norms of the base model stand in for the trained ones, silently too.

## Affects
Whoever loads or merges the adapter. Where verl's merger wrote it, the weights beside it are those
of the base model as well, so that every runtime answers as the base model does.

## Fix
By hand: ``lora_alpha`` is in the trainer's config (``lora_alpha`` of verl's
``actor_rollout_ref.model``), then merge again.

## Fix safety
It changes what the model writes, to what was trained.

## References
- https://github.com/verl-project/verl/pull/5326
- https://github.com/verl-project/verl/pull/1821
- https://github.com/verl-project/verl/pull/4704
- https://huggingface.co/docs/peft/package_reference/lora
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import Adapter, Checkpoint, Weights
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import EVERY
from slowlens.facts.weights.adaptermatch import (
    is_lora,
    is_switched_off,
    lost_modules,
    magnitudes_differ,
    misfit,
    wrong_rank,
)
from slowlens.facts.weights.adapters import (
    ADAPTER_CONFIG,
    BASE,
    adapter_value,
    base_model,
    config_file,
    has_weights,
)
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
from slowlens.jsonvalue import ABSENT, Json

TRAINED = "the training has no effect: the answers are those of the base model"
NO_LOAD = "the adapter cannot be loaded or merged"
SET_ALPHA = (
    "Set lora_alpha in {file} to the value of the training run (verl: lora_alpha of "
    "actor_rollout_ref.model), then merge the adapter into the base model."
)
AGAIN = "Save the adapter again from the training run's last checkpoint, with PEFT's own save."
RIGHT_BASE = "Merge it into the model that it was trained on, and give that one as --source."


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield a finding for each thing that does not fit, for each adapter."""
    found = 0
    for adapter in merged.checkpoint.adapters:
        for finding in _check(adapter, merged.checkpoint, source):
            found += 1
            yield finding
    unread = [a for a in merged.checkpoint.adapters if a.config is not None and not a.tensors]
    if unread and not found:
        raise Undecided(f"the tensors beside {config_file(unread[0])} could not be read")


def _check(adapter: Adapter, checkpoint: Checkpoint, source: Source | None) -> Iterator[Finding]:
    if adapter.config is None:
        return
    if not (adapter.folder or has_weights(checkpoint) or base_model(adapter)):
        message = f"{ADAPTER_CONFIG} names no {BASE}, so that nothing says what it belongs to"
        yield _finding(adapter, BASE, message, NO_LOAD, RIGHT_BASE)
    for name in lost_modules(adapter)[:1]:
        listed = f"{config_file(adapter)} lists {name[:100]} in modules_to_save"
        message = f"{listed}, but no tensors of it were saved"
        yield _finding(adapter, "modules_to_save", message, f"without them {NO_LOAD}", AGAIN)
    if is_lora(adapter):
        base = checkpoint if source is None else source.checkpoint
        yield from _lora(adapter, base.weights)


def _lora(adapter: Adapter, weights: Weights) -> Iterator[Finding]:
    file = config_file(adapter)
    if is_switched_off(adapter):
        beside = " and leaves the weights beside it without the training" if adapter.folder else ""
        message = f"{file}: lora_alpha is 0, which switches the adapter off{beside}"
        yield _finding(adapter, "lora_alpha", message, TRAINED, SET_ALPHA.format(file=file))
    if tensor := wrong_rank(adapter):
        stated = adapter_value(adapter, "r")
        message = f"{file} says r {stated}, and {tensor.name[:200]} has rank {tensor.shape[0]}"
        yield _finding(adapter, "r", message, NO_LOAD, AGAIN)
    if magnitudes_differ(adapter):
        said = "there are none" if adapter_value(adapter, "use_dora") is True else "there are some"
        message = f"{file} and its tensors disagree about DoRA: of its magnitude vectors {said}"
        yield _finding(adapter, "use_dora", message, "answers other than the trained ones", AGAIN)
    if pair := misfit(adapter, weights):
        ours, theirs = pair
        message = (
            f"{file} is for another model: {ours.name[:200]} of shape {list(ours.shape)} does not "
            f"fit {theirs.name[:200]} of shape {list(theirs.shape)}"
        )
        yield _finding(adapter, BASE, message, NO_LOAD, RIGHT_BASE)


def _finding(adapter: Adapter, key: str, message: str, cost: str, reason: str) -> Finding:
    config: dict[str, Json] = dict(adapter.config or {})
    return Finding(
        message=message,
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=EVERY,
        evidence=(ValueEvidence(config_file(adapter), (key,), config.get(key, ABSENT)),),
        cost=cost,
        fix=Fix("Put the adapter right", Applicability.MANUAL, reason=reason),
    )


RULE = Rule(
    id="adapter-mismatch",
    title="Adapter that does not fit",
    check=check,
    since="0.1.0",
)
