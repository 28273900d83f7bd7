"""The fast kernels of a hybrid or state-space model are not installed.

## What it does
For model types whose layers are not all attention (Mamba, Jamba, Bamba, Falcon-H1, LFM2,
Qwen3-Next, Qwen3.5, Kimi Linear and others), looks which of the packages that bring their kernels
are installed beside transformers: causal-conv1d, mamba-ssm, flash-linear-attention.

It is about the machine that Slowlens runs on and not about the checkpoint, hence a suspicion: the
source is as slow on this machine, and the checkpoint may be served elsewhere. Nothing is said
without a GPU, which the kernels need, where torch or transformers is not installed, for model types
without such kernels, and where the `kernels` package is there, through which transformers can fetch
them on request.

## Why it is slow
Without the kernels transformers goes on with loops and matrix products in plain torch, one after
the other, with a warning that is easily missed. Long prompts and batches suffer most: a user of a
Qwen3.5 model on an NVIDIA A2 measured 76 ms in place of 72 for one request, and 51 in place of 28
for each of sixteen. A merge is blamed when the new environment lacks a package that the old one
had.

## Affects
transformers 4 and 5 and bare forward loops. vLLM and SGLang have kernels of their own.

## Fix
Install the packages. They need a CUDA device and are compiled for a torch and CUDA version.

## Fix safety
By hand. Kernels round differently: a close call between two tokens can fall the other way.

## References
- https://github.com/Dao-AILab/causal-conv1d
- https://github.com/state-spaces/mamba
- https://github.com/fla-org/flash-linear-attention
- https://github.com/iapp-technology/openthai-systemone/issues/2
- https://github.com/unslothai/unsloth/pull/5434
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.environment import Environment, Hardware
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import TRANSFORMERS
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

CONVOLUTION, STATE_SPACE, DELTA = "causal-conv1d", "mamba-ssm", "flash-linear-attention"
NEEDED = {
    **dict.fromkeys(("lfm2", "lfm2_moe", "lfm2_vl"), (CONVOLUTION,)),
    **dict.fromkeys(
        (
            "bamba",
            "falcon_h1",
            "falcon_mamba",
            "granitemoehybrid",
            "jamba",
            "mamba",
            "mamba2",
            "nemotron_h",
            "zamba",
            "zamba2",
        ),
        (CONVOLUTION, STATE_SPACE),
    ),
    **dict.fromkeys(
        (
            "bailing_hybrid",
            "glm5_next",
            "kimi_linear",
            "olmo_hybrid",
            "qwen3_5",
            "qwen3_5_moe",
            "qwen3_5_moe_text",
            "qwen3_5_text",
            "qwen3_next",
            "qwen4_exp",
        ),
        (CONVOLUTION, DELTA),
    ),
}
"""Model type to the packages whose functions its code calls where they are there."""
HOST = ("torch", "transformers")
COST = (
    "1.05 times (one request) to 1.8 times (a batch of 16) as long for 157 tokens of a Qwen3.5 "
    "model on an NVIDIA A2, as its user reported; more for longer prompts"
)


def check(merged: Merged, environment: Environment, hardware: Hardware) -> Iterator[Finding]:
    """Yield one suspicion for a model type whose kernels are not installed here."""
    needed = NEEDED.get(merged.checkpoint.model_type)
    if needed is None or not hardware.devices:
        return
    there = environment.packages
    if not all(package in there for package in HOST):
        raise Undecided("torch and transformers are not installed here")
    missing = [package for package in needed if package not in there]
    if "kernels" in there or not missing:
        return
    model_type = merged.checkpoint.model_type
    yield Finding(
        message=(
            f"config.json: {model_type} layers run in plain torch here, because "
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.SUSPECTED,
        affects=TRANSFORMERS,
        evidence=(ValueEvidence(CONFIG, ("model_type",), model_type),),
        cost=COST,
        fix=Fix(
            "Install the kernels",
            Applicability.MANUAL,
            reason=f"pip install --no-build-isolation {' '.join(missing)}",
        ),
    )


RULE = Rule(
    id="fast-path-missing",
    title="Fast kernels not installed",
    check=check,
    since="0.1.0",
)
