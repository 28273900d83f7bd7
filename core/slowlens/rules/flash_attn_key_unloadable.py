"""config.json demands an attention kernel that may not be there.

## What it does
Resolves the attention implementation as each version of transformers does and reports a
``flash_attention_2`` (3, 4) that config.json demands, and a name that transformers does not have.
The keys are those of eager-attention-forced, at the top level of config.json alone. In
generation_config.json, in a nested ``text_config`` or under ``_attn_implementation_internal`` in
transformers 5 the same words do nothing, and nothing is said; neither is a kernel of the hub
(``kernels-community/...``), which may be meant.

## Why it is worse
Where the package is missing, the checkpoint does not load at all: ``ImportError: FlashAttention2
has been toggled on, but it cannot be used``. It loads on the machine that made it and fails on
laptops, in CI, on CPUs and on other accelerators. Without the key transformers would have taken
the best kernel that is there. Some training guides say to write the key into config.json.

## Affects
Everything of transformers that obeys the key: version 4 ``_attn_implementation`` (and
``_attn_implementation_internal``), version 5 ``attn_implementation`` and ``_attn_implementation``.
``flash_attention_3`` is unknown to transformers before 4.53. With the ``kernels`` package,
transformers 5 downloads a kernel in place of the package that is missing. vLLM, SGLang and
llama.cpp do not read it.

## Fix
Takes the key out. To use the kernel where it is installed, pass
``attn_implementation="flash_attention_2"`` to ``from_pretrained``.

## Fix safety
Safe: the same attention, up to rounding. Not safe for a checkpoint with code of its own.

## References
- https://github.com/QwenLM/Qwen3-VL/issues/1682
- https://github.com/huggingface/transformers/issues/31741
- https://huggingface.co/docs/transformers/attention_interface
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.environment import Environment
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import Setting
from slowlens.facts.weights.loading import ATTENTION, attention_key
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
from slowlens.jsonvalue import ABSENT

FLASH: Mapping[str, str] = {
    "flash_attention_2": "flash-attn",
    "flash_attention_3": "flash-attn-3",
    "flash_attention_4": "flash-attn-4",
}
"""The value to the package that it needs."""
BUILT_IN = frozenset({"auto", "eager", "sdpa", "flex_attention", "sdpa_paged", "eager_paged"})
"""What transformers has without a package."""
FAILS = "the checkpoint does not load where the package is missing"
UNKNOWN = "the checkpoint does not load: transformers knows no such implementation"
OWN_CODE = "The checkpoint brings code of its own (auto_map), which may only know this kernel."


def check(merged: Merged, environment: Environment | None) -> Iterator[Finding]:
    """Yield one finding for each value that is demanded, with the runtimes that obey it."""
    if not merged.checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    demanded: dict[str, list[Runtime]] = {}
    for runtime in GENERATE:
        if (value := _demanded(merged.settings[ATTENTION][runtime])) is not None:
            demanded.setdefault(value, []).append(runtime)
    for value, runtimes in demanded.items():
        yield _finding(merged, value, tuple(runtimes), environment)


def _demanded(setting: Setting) -> str | None:
    """Return a value that not every machine can load."""
    value = setting.value
    if not isinstance(value, str) or value.removeprefix("paged|") in BUILT_IN or "/" in value:
        return None
    return value


def _finding(
    merged: Merged, value: str, runtimes: tuple[Runtime, ...], environment: Environment | None
) -> Finding:
    keys = tuple(dict.fromkeys(attention_key(merged.checkpoint, r) for r in runtimes))
    package = FLASH.get(value.removeprefix("paged|"))
    installed = environment is not None and package in environment.packages
    here = "" if environment is None or package is None else _here(package, installed=installed)
    edits = tuple(Edit(CONFIG, (k,), merged.checkpoint.get(CONFIG, k), ABSENT) for k in keys)
    own_code = merged.checkpoint.get(CONFIG, "auto_map") is not ABSENT
    return Finding(
        message=f"{CONFIG} demands {value} ({', '.join(keys)}){here}",
        severity=Severity.WARNING if installed else Severity.ERROR,
        confidence=Confidence.READ,
        affects=(*runtimes, Runtime.FORWARD),
        evidence=tuple(ValueEvidence(CONFIG, edit.pointer, edit.before) for edit in edits),
        cost=FAILS if package else UNKNOWN,
        fix=Fix(
            "Let transformers choose the kernel",
            Applicability.UNSAFE if own_code else Applicability.SAFE,
            edits,
            OWN_CODE if own_code else "",
        ),
    )


def _here(package: str, *, installed: bool) -> str:
    if installed:
        return f"; {package} is installed here, but will not be everywhere"
    return f"; {package} is not installed here"


RULE = Rule(
    id="flash-attn-key-unloadable",
    title="Attention kernel that may be missing",
    check=check,
    since="0.1.0",
)
