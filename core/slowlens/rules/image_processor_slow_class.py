"""Pictures are prepared by the slow class, on the processor, one by one.

## What it does
Looks at the class that ``image_processor_type`` names for each version. transformers 4.52 takes
the slow class, which works with PIL and NumPy, unless the name ends with ``Fast``: a file that
lost the suffix its source has made it slow. A name that ends with ``Pil`` is one that only
transformers 5 knows. transformers 5 looks at the machine instead: without torchvision it takes
the class for PIL without a word.

A slow name that the source has as well is not reported, nor is the name in transformers 5, where
it decides nothing.

## Why it is slow
Measured on one CPU core with Qwen2-VL's processor and a 1920x1080 picture: 0.11 s with PIL
against 0.05 s with torchvision under transformers 5.23, 0.16 s against 0.13 s under 4.52. Larger
pictures take in proportion, and the slow class cannot use a GPU. It is time before the first
token; tokens per second stay the same.

## Affects
transformers 4 where the name is to blame, transformers 5 where the machine is.

## Fix
Writes the source's name, or takes ``Pil`` away; for transformers 5, a torchvision that fits the
torch at hand.

## Fix safety
Another class scales pictures with small differences, so answers may change: not safe. Taking
``Pil`` away is safe: transformers 5 picks the class by the machine anyway.

## References
- https://github.com/huggingface/transformers/issues/33810
- https://github.com/huggingface/transformers/pull/39591
- https://github.com/QwenLM/Qwen3-VL/issues/491
"""

from collections.abc import Iterator

from slowlens.facts.environment import Environment
from slowlens.facts.pictures.processors import ProcessorPart, image_part
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import Runtime
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

TYPE = "image_processor_type"
SLOWER = "1.2 times (transformers 4.52) to 2.3 times (5.23) the CPU time for a 1920x1080 picture"
REASON = "The fast class scales pictures with small differences, so answers may change."
INSTALL = (
    "Install the torchvision that was built for the torch at hand, for example: "
    "pip install torchvision --index-url https://download.pytorch.org/whl/cpu"
)


def check(
    merged: Merged, source: Source | None, environment: Environment | None
) -> Iterator[Finding]:
    """Yield a finding for the name that transformers 4 reads, and one for this machine."""
    part = image_part(merged.checkpoint, Runtime.TRANSFORMERS_4)
    name = "" if part is None else part.values.get(TYPE)
    if part is not None and isinstance(name, str):
        wanted = "" if source is None else _name(source)
        if name.endswith("Pil"):
            yield _unknown(part, name)
        elif wanted == f"{name}Fast":
            yield _slow(part, name, wanted)
    if environment is not None and image_part(merged.checkpoint, Runtime.TRANSFORMERS_5):
        yield from _without_torchvision(environment)


def _name(source: Source) -> str:
    part = image_part(source.checkpoint, Runtime.TRANSFORMERS_4)
    name = "" if part is None else part.values.get(TYPE)
    return name if isinstance(name, str) else ""


def _unknown(part: ProcessorPart, name: str) -> Finding:
    edit = Edit(part.file, (*part.pointer, TYPE), before=name, after=name.removesuffix("Pil"))
    return Finding(
        message=f"{part.file} names {name}, which transformers 4 does not know: loading fails",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=(ValueEvidence(edit.file, edit.pointer, name),),
        cost="the processor cannot be loaded",
        fix=Fix("Take Pil off the name", Applicability.SAFE, (edit,)),
    )


def _slow(part: ProcessorPart, name: str, wanted: str) -> Finding:
    edit = Edit(part.file, (*part.pointer, TYPE), before=name, after=wanted)
    return Finding(
        message=(
            f"{part.file} names {name} where the source names {wanted}: transformers 4.52 prepares "
            "pictures with PIL"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=(ValueEvidence(edit.file, edit.pointer, name),),
        cost=SLOWER,
        fix=Fix("Name the fast class", Applicability.UNSAFE, (edit,), REASON),
    )


def _without_torchvision(environment: Environment) -> Iterator[Finding]:
    version = environment.packages.get("transformers", "")
    if not version.startswith("5.") or "torchvision" in environment.packages:
        return
    yield Finding(
        message=f"torchvision is not installed here: transformers {version} falls back to PIL",
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_5,),
        cost=SLOWER,
        fix=Fix("Install torchvision", Applicability.MANUAL, reason=INSTALL),
    )


RULE = Rule(
    id="image-processor-slow-class",
    title="Pictures prepared by the slow class",
    check=check,
    since="0.1.0",
)
