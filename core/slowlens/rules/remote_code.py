"""The checkpoint asks for Python code that is not in its folder.

## What it does
Follows `auto_map` in config.json, tokenizer_config.json and the processor's files: each entry names
a Python module beside it (`modeling_x.MyModel`), or one in a repository of the hub
(`org/name--modeling_x.MyModel`). It reports

- a module that is not in the folder: mergers write config.json and the weights, and leave the code
  behind;
- an `auto_map` that the source has and the merged checkpoint lost, for a model type that
  transformers does not know by itself;
- code that is fetched from a repository, which the source brought along.

It says nothing about a checkpoint that has all its modules, nor about a lost `auto_map` where
transformers has the model type: the native class reads the same files. In a folder without weights
and in a download of the hub, which leaves code out, a missing module says nothing.

## Why it is worse
For a model type that transformers does not know, nothing loads. For one that it knows, the same
folder gives two models: without `trust_remote_code=True` the native class is used, with it the
load ends in an OSError, and evaluation harnesses and servers are often started with it. Code from
the hub is not part of the checkpoint: it needs a network, it may have changed since, and old code
may lack the key-value cache or fast attention that the native class has.

## Affects
transformers 4 and 5, each by whether it knows the model type. Engines have registries of their own.

## Fix
Copy the missing modules from the source. Where every transformers version knows the model type,
`auto_map` can be taken away instead, so that the native class is used in any case.

## Fix safety
Not safe: where the native class differs from the checkpoint's own code, so do the answers. Copied
code is run by whoever trusts it: read it first.

## References
- https://huggingface.co/docs/transformers/custom_models
- https://github.com/hiyouga/LLaMA-Factory/issues/1016
- https://github.com/hiyouga/LLaMA-Factory/issues/1161
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from slowlens.facts.checkpoint import CONFIG, TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import TRANSFORMERS, Runtime
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
from slowlens.jsonvalue import ABSENT, Json

MAP = "auto_map"
FILES = (CONFIG, TOKENIZER_CONFIG, "preprocessor_config.json", "processor_config.json")
MAJORS = {Runtime.TRANSFORMERS_4: 4, Runtime.TRANSFORMERS_5: 5, Runtime.FORWARD: 5}
WEIGHTS = (".bin", ".safetensors")
NATIVE = "Where the class of transformers differs from the checkpoint's own code, answers do too."


class _Code(NamedTuple):
    file: str
    entry: str
    reference: str
    """``module.Class``, or ``org/name--module.Class``."""

    @property
    def module(self) -> str:
        """The file that it names, empty where it is in a repository of the hub."""
        if "--" in self.reference:
            return ""
        return self.reference.rpartition(".")[0].replace(".", "/") + ".py"

    @property
    def repository(self) -> str:
        name, mark, _ = self.reference.partition("--")
        return name if mark else ""


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield findings for code that is missing, lost with its map, or somewhere else."""
    codes = tuple(_codes(merged.checkpoint))
    there = () if source is None else tuple(_codes(source.checkpoint))
    # a module in a folder of its own is not listed
    missing = [
        code
        for code in codes
        if code.module and "/" not in code.module and code.module not in merged.checkpoint.files
    ]
    if missing and not _is_whole(merged.checkpoint):
        raise Undecided("the folder holds no weights, or is a cache: more than code is missing")
    if missing:
        yield from _missing(merged, missing)
    here = {code.entry for code in codes if code.file == CONFIG}
    if source is not None and not here and any(code.file == CONFIG for code in there):
        yield from _lost(merged, source)
    brought = {code.entry for code in there if code.module}
    fetched = [code for code in codes if code.repository and code.entry in brought]
    if fetched:
        yield _fetched(fetched)


def _is_whole(checkpoint: Checkpoint) -> bool:
    """Whether it would have its code: not a folder of configs, nor what a download skipped."""
    weights = checkpoint.weights.files or [n for n in checkpoint.files if n.endswith(WEIGHTS)]
    return bool(weights) and not checkpoint.origin


def _codes(checkpoint: Checkpoint) -> Iterator[_Code]:
    for file in FILES:
        entries = checkpoint.get(file, MAP)
        if isinstance(entries, Mapping):
            for entry, value in entries.items():
                yield from (_Code(file, entry, name) for name in _names(value))


def _names(value: Json) -> Iterator[str]:
    """Tokenizers name two classes, either of which may be null."""
    for name in value if isinstance(value, list) else [value]:
        if isinstance(name, str) and "." in name:
            yield name


def _missing(merged: Merged, missing: list[_Code]) -> Iterator[Finding]:
    """One finding for runtimes that cannot load it, one for those that can without the code."""
    modules = sorted({code.module for code in missing})
    model = any(code.file == CONFIG for code in missing)
    unknown = _unknown(merged) if model else ()
    others = tuple(runtime for runtime in TRANSFORMERS if runtime not in unknown)
    what = f"{missing[0].file}: {MAP} names {', '.join(modules)}, which is not in the folder"
    evidence = tuple(
        ValueEvidence(
            code.file, (MAP, code.entry), merged.checkpoint.get(code.file, MAP, code.entry)
        )
        for code in missing
    )
    fix = _fix(merged, modules, native=model and not unknown)
    if unknown:
        yield Finding(
            f"{what}, and transformers has no model type {merged.checkpoint.model_type} of its own",
            Severity.ERROR,
            Confidence.READ,
            unknown,
            evidence,
            fix=fix,
        )
    if others:
        yield Finding(
            f"{what}: with trust_remote_code=True loading fails, without it the class of "
            "transformers is used",
            Severity.WARNING,
            Confidence.READ,
            others,
            evidence,
            fix=fix,
        )


def _fix(merged: Merged, modules: list[str], *, native: bool) -> Fix:
    before = merged.checkpoint.get(CONFIG, MAP)
    if native:
        edit = Edit(CONFIG, (MAP,), before=before, after=ABSENT)
        return Fix("Use the class of transformers", Applicability.UNSAFE, (edit,), NATIVE)
    lines = "cp " + " ".join(f"SOURCE/{module}" for module in modules)
    return Fix(
        "Copy the code from the source",
        Applicability.MANUAL,
        reason=f"{lines} {merged.checkpoint.root}/, and whatever these modules import from there",
    )


def _lost(merged: Merged, source: Source) -> Iterator[Finding]:
    unknown = _unknown(merged)
    if not unknown:
        return
    yield Finding(
        f"config.json lost {MAP}, and transformers has no model type "
        f"{merged.checkpoint.model_type} of its own: it does not load",
        Severity.ERROR,
        Confidence.READ,
        unknown,
        (ValueEvidence(CONFIG, (MAP,), ABSENT),),
        fix=Fix(
            "Copy map and code from the source",
            Applicability.MANUAL,
            reason=(
                f"cp {source.checkpoint.root}/*.py {merged.checkpoint.root}/, and copy the key "
                f"{MAP} from the source's config.json"
            ),
        ),
    )


def _fetched(fetched: list[_Code]) -> Finding:
    repositories = sorted({code.repository for code in fetched})
    return Finding(
        f"{fetched[0].file}: {MAP} fetches the code from {', '.join(repositories)}, where the "
        "source has it in its folder: it needs a network, and may change",
        Severity.NOTE,
        Confidence.READ,
        TRANSFORMERS,
        tuple(ValueEvidence(c.file, (MAP, c.entry), c.reference) for c in fetched),
    )


def _unknown(merged: Merged) -> tuple[Runtime, ...]:
    """Return the runtimes that do not know the model type."""
    if not merged.checkpoint.model_type:
        return ()
    return tuple(runtime for runtime, major in MAJORS.items() if major not in merged.native)


RULE = Rule(
    id="remote-code",
    title="Code that is not in the folder",
    check=check,
    since="0.1.0",
)
