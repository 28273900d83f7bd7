"""Attention looks back another distance than in the source.

## What it does
Works out how far back the layers look, and how many of them, from ``sliding_window``,
``use_sliding_window``, ``max_window_layers``, ``layer_types``, ``sliding_window_pattern`` and the
defaults of the model's class, and compares that with the source.

The trap is a key that is left out. For Mistral, ``"sliding_window": null`` is no window and no key
at all is a window of 4,096 tokens, in transformers 4 and 5 alike: a tool that drops nulls from
config.json cuts the memory of a model that had none of it. The other way round many differences
are none: a number that ``use_sliding_window: false`` switches off (Qwen publishes 32768 so, and
transformers 5 writes null for it), ``max_window_layers`` at or above the number of layers, a window
as long as the longest text, and ``layer_types`` that transformers 5 writes out. These stay silent.

Versions do not agree to the last layer: with ``use_sliding_window: true`` transformers 4.52 lets
all layers of Qwen slide whatever ``max_window_layers`` says, and honours ``use_sliding_window:
false`` for Mistral too, which later versions do not read there.

## Why it is worse
With a window that the source does not have, the model cannot see what is further back than that:
prompts within the window answer as before, longer ones as if their beginning were missing. Without
a window that it was trained with, it writes worse text beyond that length, and every layer keeps
keys and values of the whole text: more memory, and more time for each token of a long text.

## Affects
transformers, vLLM, SGLang and llama.cpp's converter.

## Fix
Copies the source's keys.

## Fix safety
Not safe: what the model writes changes where a text is longer than the window.

## References
- https://github.com/vllm-project/vllm/issues/2064
- https://github.com/axolotl-ai-cloud/axolotl/pull/1214
- https://github.com/predibase/lorax/pull/128
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.layers.windows import WINDOW, WINDOW_KEYS, Layers
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import EVERY
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
from slowlens.jsonvalue import ABSENT, same

REASON = "What the model writes changes where a text is longer than the window."


def check(merged: Merged, source: Source) -> Iterator[Finding]:
    """Yield one finding when layers look back another distance, or other layers do."""
    for reading in (merged, source):
        if not reading.checkpoint.has(CONFIG):
            raise Undecided(f"{CONFIG} could not be read")
    now, then = merged.layers, source.layers
    if now.window == then.window and (now.sliding == then.sliding or now.count != then.count):
        return
    edits = tuple(_edits(now, then))
    yield Finding(
        message=f"{CONFIG}: {_told(now)}, the source {_told(then)}{_why(now)}",
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=EVERY,
        evidence=tuple(ValueEvidence(CONFIG, edit.pointer, edit.before) for edit in edits),
        cost=_cost(now, then),
        fix=Fix("Restore the source's window", Applicability.UNSAFE, edits, REASON),
    )


def _told(layers: Layers) -> str:
    if layers.window is None:
        return "all layers see the whole text"
    which = "layers" if layers.sliding is None else f"{layers.sliding} of {layers.count} layers"
    return f"{which} see {layers.window} tokens back"


def _why(now: Layers) -> str:
    if now.window is not None and WINDOW not in now.written:
        return f" ({WINDOW} is not written, and that is not the same as null)"
    return ""


def _cost(now: Layers, then: Layers) -> str:
    if _reach(now) < _reach(then):
        return f"worse answers to texts longer than {now.window} tokens"
    return (
        f"other answers to texts longer than {then.window or now.window} tokens, and more memory "
        "and time for each token of them"
    )


def _reach(layers: Layers) -> tuple[float, int]:
    """Order by what all layers together can see."""
    return layers.window or float("inf"), -(layers.sliding or 0)


def _edits(now: Layers, then: Layers) -> Iterator[Edit]:
    for key in WINDOW_KEYS:
        before, after = now.written.get(key, ABSENT), then.written.get(key, ABSENT)
        if not same(before, after):
            yield Edit(CONFIG, (*now.at, key), before=before, after=after)


RULE = Rule(
    id="sliding-window-changed",
    title="Attention window changed",
    check=check,
    since="0.1.0",
)
