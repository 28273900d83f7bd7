"""config.json turns the cache off, but generation_config.json decides and leaves it on.

## What it does
Reports ``use_cache: false`` in config.json, or in its text config, when ``generate()`` caches
nevertheless because an ordinary generation_config.json stands beside it. Where it does not, the
finding is `gen-use-cache-false` instead.

## Why it is worse
It is not slow today. It becomes slow when a tool drops or regenerates generation_config.json,
and for code that calls ``model(...)`` in a loop of its own, which follows config.json: then every
step computes the whole text again, 2.3 to 14 times as long for SmolLM2-135M by length (see
`gen-use-cache-false`).

It is seldom a mistake of yours: the Trainer of transformers 5 sets ``use_cache`` to its own
argument, false unless told otherwise, and does not set it back. LLaMA-Factory, OpenRLHF and axolotl
switch it off while they train, too.

## Affects
Bare forward loops. Not ``generate()``, not vLLM. It is an error where a bare forward loop alone is
judged (``--runtime forward``), and a note beside ``generate()``.

## Fix
Sets ``use_cache`` to true in config.json and in its text config where it is written.

## Fix safety
Safe: the cache changes speed, not which tokens are chosen, up to rounding.

## References
- https://github.com/huggingface/transformers/pull/41585
- https://huggingface.co/docs/transformers/kv_cache
"""

import json
from collections.abc import Iterator, Sequence

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG
from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import Setting
from slowlens.findings import Confidence, Finding, Rule, Severity, Undecided, ValueEvidence
from slowlens.fixes import cache_switches, turn_cache_on

_NOTHING_TODAY = (
    "nothing today; the full price once generation_config.json is dropped or regenerated"
)
_IN_A_LOOP = (
    "the full price in a bare forward loop; under generate() nothing today, and all of it once "
    "generation_config.json is dropped or regenerated"
)


def check(merged: Merged) -> Iterator[Finding]:
    """Yield one finding when the switch is off and yet changes nothing for ``generate()``."""
    if not merged.checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    settings = merged.settings[USE_CACHE]
    switches = cache_switches(merged.checkpoint)
    if not switches or any(settings[runtime].value is not True for runtime in GENERATE):
        return
    loop = settings[Runtime.FORWARD].value is False
    yield Finding(
        message=_message(switches, _winner(merged), settings[Runtime.FORWARD]),
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=(Runtime.FORWARD,) if loop else (),
        evidence=switches,
        cost=_IN_A_LOOP if loop else _NOTHING_TODAY,
        fix=turn_cache_on(merged.checkpoint, keep_mark=merged.mark_matters),
        alone=Severity.ERROR,
    )


def _message(switches: Sequence[ValueEvidence], winner: str, loop: Setting) -> str:
    if loop.value is False and loop.decided_by == CONFIG:
        read = [one for one in switches if one.file == CONFIG]
        said = _said(max(read, key=lambda one: len(one.pointer)))  # the text part's own wins
        return f"{said}, which only a bare forward loop follows: generate() caches, for {winner}"
    return f"{_said(switches[0])}, but generate() caches: {winner}"


def _said(switch: ValueEvidence) -> str:
    return f"{switch.file} says {'.'.join(switch.pointer)}: {json.dumps(switch.found)}"


def _winner(merged: Merged) -> str:
    if merged.checkpoint.has(GENERATION_CONFIG):
        return "generation_config.json stands beside it and wins"
    return "what is written is not the value false"


RULE = Rule(
    id="config-use-cache-false-latent",
    title="Cache off in config.json, without effect today",
    check=check,
    since="0.1.0",
)
