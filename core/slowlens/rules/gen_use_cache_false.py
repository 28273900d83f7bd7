"""``generate()`` runs without its key-value cache.

## What it does
Resolves ``use_cache`` as transformers 4 and 5 do, from generation_config.json, config.json, its
nested text config and the ``_from_model_config`` mark, and reports where the answer is false, or
where generation_config.json says null: that is no cache under transformers 4, and up to 4.52 an
error about sizes at the second step.

``use_cache: false`` in config.json beside an ordinary generation_config.json is not reported here:
``generate()`` does cache then (`config-use-cache-false-latent`). It counts where
generation_config.json is missing or is no JSON, and under transformers 4 also where that file is
marked ``_from_model_config`` and config.json holds a generation parameter such as
``repetition_penalty``: the file is thrown away then, whatever it says. Models without text to write
are left alone.

## Why it is slow
Without the cache every step runs the model over the whole text so far instead of over one
token, so the time for a token grows with its position. SmolLM2-135M (float32, one CPU thread,
transformers 5) took 2.3 times as long for 16 tokens after a prompt of 32, 8.2 times for 64 after
256, and 14.1 times for 32 after 768. With a picture of one to two thousand tokens before the
answer, EasyR1's users reported 2 minutes instead of 5 seconds. The tokens were the same each time.

## Affects
``generate()`` of transformers 4 or 5, and loops around ``model(...)`` where config.json says
false too. vLLM, SGLang and llama.cpp read none of these keys.

## Fix
Sets ``use_cache`` to true in config.json, in its nested text config and in
generation_config.json where it is written, and takes ``_from_model_config`` away: a fix of one
file alone can fail.

## Fix safety
Safe: the cache changes speed, not which tokens are chosen, up to rounding. Not safe where the
checkpoint brings code of its own, or shares keys and values between layers (Gemma's E series),
where the cache changes the numbers in some versions, nor where a live run found that the cache
changes the results (`cache-changes-results`). What a live run found stands beside the fix.

## References
- https://huggingface.co/docs/transformers/kv_cache
- https://github.com/hiyouga/EasyR1/issues/265
- https://github.com/om-ai-lab/VLM-R1/issues/79
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.live.agreement import judgement_of
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.findings import Confidence, Finding, Rule, Severity, Undecided
from slowlens.fixes import cache_switches, turn_cache_on

COST = "2 to 24 times as long per answer: the longer prompt and answer are, the worse"


def check(merged: Merged, measurement: Measurement | None = None) -> Iterator[Finding]:
    """Yield one finding when a version of ``generate()`` ends up without the cache."""
    settings = merged.settings[USE_CACHE]
    slow = {r: settings[r] for r in GENERATE if settings[r].value is not True}
    if not slow and not merged.checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    if not slow or not merged.checkpoint.generates:
        return
    measured = None if measurement is None else judgement_of(measurement)
    forward = (Runtime.FORWARD,) if settings[Runtime.FORWARD].value is False else ()
    yield Finding(
        message=_message(slow),
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(*slow, *forward),
        evidence=cache_switches(merged.checkpoint),
        cost="" if any(setting.fails for setting in slow.values()) else COST,
        fix=turn_cache_on(merged.checkpoint, keep_mark=merged.mark_matters, measured=measured),
    )


def _message(slow: dict[Runtime, Setting]) -> str:
    setting = next(iter(slow.values()))
    if setting.fails:
        return f"{setting.decided_by}: use_cache is {setting.note}"
    who = "the class default" if setting.decided_by == DEFAULT else setting.decided_by
    versions = "" if len(slow) > 1 else f" under {next(iter(slow)).label}"
    because = f" ({setting.note})" if setting.note else ""
    return f"generate() runs without its key-value cache{versions}: {who} turns it off{because}"


RULE = Rule(
    id="gen-use-cache-false",
    title="Generation without the key-value cache",
    check=check,
    since="0.1.0",
    slows=True,
)
