"""Arguments of ``from_pretrained`` were saved into generation_config.json.

## What it does
Looks for keys in generation_config.json that are arguments of model loading, not generation
parameters: ``attn_implementation``, ``return_dict``, ``trust_remote_code`` and the like. It is a
note: such a key in this file does nothing, ``attn_implementation: flash_attention_2`` included.

## Why it is worse
The keys themselves change nothing. They are the mark of ``SomeModelClass.from_pretrained(path,
use_cache=False, ...)``, which copies its arguments into the generation config, so that the next
``save_pretrained`` writes ``use_cache: false`` where no source file said so (seen in transformers
4.49, 4.51, 4.52 and 5.23). ``AutoModelForCausalLM.from_pretrained`` does not: it sets config.json
alone. VLM-R1's trainer and some of TRL's examples load like that for gradient checkpointing, and
public checkpoints carry the mark. Where training goes on, set ``model.generation_config.use_cache
= True`` after loading, or the next save writes it again.

## Affects
Nobody by itself; see gen-use-cache-false for the key that does harm.

## Fix
Takes the foreign keys out of generation_config.json.

## Fix safety
Safe: no runtime reads them there.

## References
- https://github.com/huggingface/trl/pull/3891
- https://github.com/om-ai-lab/VLM-R1/issues/79
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import GENERATION_CONFIG
from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.decoding.generation import LOADING_ARGUMENTS
from slowlens.facts.reading import Merged
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
from slowlens.jsonvalue import ABSENT


def check(merged: Merged) -> Iterator[Finding]:
    """Yield one finding that names all foreign keys."""
    written = merged.checkpoint.values(GENERATION_CONFIG) or {}
    leaked = {key: written[key] for key in LOADING_ARGUMENTS if key in written}
    if not leaked:
        return
    edits = tuple(Edit(GENERATION_CONFIG, (k,), before=v, after=ABSENT) for k, v in leaked.items())
    use_cache = " together with use_cache: false" if written.get(USE_CACHE) is False else ""
    yield Finding(
        message=(
            f"generation_config.json holds loading arguments ({', '.join(leaked)}){use_cache}: "
            "left by from_pretrained(..., use_cache=False) of a concrete model class"
        ),
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=(),
        evidence=tuple(ValueEvidence(GENERATION_CONFIG, (k,), v) for k, v in leaked.items()),
        cost="nothing by itself",
        fix=Fix("Take the loading arguments out", Applicability.SAFE, edits),
    )


RULE = Rule(
    id="kwargs-leaked-into-generation-config",
    title="Loading arguments in generation_config.json",
    check=check,
    since="0.1.0",
)
