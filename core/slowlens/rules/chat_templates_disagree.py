"""Two files hold different chat templates, and readers differ in which one counts.

## What it does
Compares the templates of chat_template.jinja, tokenizer_config.json, chat_template.json and
processor_config.json, spaces and comments apart, and says who reads which. A tokenizer takes
chat_template.jinja before tokenizer_config.json. A processor takes chat_template.json before
chat_template.jinja, transformers 5 processor_config.json before both. llama.cpp's converter takes
tokenizer_config.json first. Not reported where the source has the very same pair of templates.

## Why it is worse
The template that was edited may be the one that nobody reads: the model gets the old prompt, and
the same checkpoint answers differently in another runtime. Often a stale file is left behind when
a checkpoint is saved again into the same folder.

## Affects
The runtimes that read another template than most do.

## Fix
By hand: keep the template that is right in chat_template.jinja, and delete the others.

## Fix safety
Not safe: where the template changes, prompts and answers change.

## References
- https://huggingface.co/docs/transformers/chat_templating
- https://github.com/huggingface/transformers/pull/33957
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import Runtime
from slowlens.facts.text.templates import (
    CHATTING,
    JINJA,
    KEY,
    chat_template,
    chat_templates,
    essence,
)
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)

_SHOWN = 60


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding when the templates of two files differ."""
    templates = dict(chat_templates(merged.checkpoint))
    essences = {file: essence(text) for file, text in templates.items()}
    if not merged.checkpoint.generates or len(set(essences.values())) < 2:
        return
    if source is not None and _essences(source.checkpoint) == essences:
        return
    readers = _readers(merged.checkpoint)
    most = max(readers.values(), key=len)
    odd = {essences[file] for file, runtimes in readers.items() if runtimes == most}
    affects = tuple(r for file, rs in readers.items() if essences[file] not in odd for r in rs)
    yield Finding(
        message=f"the chat templates differ: {_who(templates, readers)}",
        severity=Severity.WARNING if affects else Severity.NOTE,
        confidence=Confidence.READ,
        affects=affects,
        evidence=tuple(
            ValueEvidence(file, () if file == JINJA else (KEY,), text[:_SHOWN])
            for file, text in templates.items()
        ),
        cost="other prompts, and so other answers, by runtime" if affects else "",
        fix=Fix(
            "Keep one chat template",
            Applicability.MANUAL,
            reason=f"Keep the right one in {JINJA}, and delete the key or file of the others.",
        ),
    )


def _essences(checkpoint: Checkpoint) -> dict[str, str]:
    return {file: essence(text) for file, text in chat_templates(checkpoint)}


def _readers(checkpoint: Checkpoint) -> dict[str, tuple[Runtime, ...]]:
    """Return the runtimes by the file that they read; there is one, as there are templates."""
    readers: dict[str, tuple[Runtime, ...]] = {}
    for runtime in CHATTING:
        template = chat_template(checkpoint, runtime)
        if template is not None:
            readers[template.file] = (*readers.get(template.file, ()), runtime)
    return readers


def _who(templates: dict[str, str], readers: dict[str, tuple[Runtime, ...]]) -> str:
    said = []
    for file in templates:
        names = ", ".join(runtime.label for runtime in readers.get(file, ()))
        said.append(
            f"{names} read{'s' * (len(readers.get(file, ())) == 1)} {file}"
            if names
            else f"nobody reads {file}"
        )
    return "; ".join(said)


RULE = Rule(
    id="chat-templates-disagree",
    title="Two chat templates at odds",
    check=check,
    since="0.1.0",
)
