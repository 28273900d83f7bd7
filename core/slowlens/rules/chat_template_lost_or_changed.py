"""The chat template is gone, or writes another prompt than the source's.

## What it does
Finds out which chat template each runtime reads. chat_template.jinja wins over the one in
tokenizer_config.json; a processor (models for pictures) reads chat_template.json before both and
never looks into tokenizer_config.json; llama.cpp's converter prefers tokenizer_config.json. Where
the templates of the checkpoint and of its source differ, both render the same short
conversations (a question, with a system message, several turns, with a tool or a picture where
one of them knows these, with ``enable_thinking`` on and off) and the texts are compared. So
templates that were only reformatted, and comments, are not reported, nor are spaces between two
special tokens. A template that the source never had is no finding: training added it. Where the
whole tokenizer is gone, only `tokenizer-or-processor-files-lost` says so.

Templates are programs. They run in a sandbox in a process of their own with a limit on time and
memory; one that needs more is reported as not checked.

## Why it is slow
The weights only know the prompt that they were trained with. A lost generation prompt, or another
end of turn, makes the model write the user's next turn and run to the limit. A template without
the thinking switch makes a model think that was asked not to: 5 to 20 times the tokens. Without
any template, chat calls fail, or the engine falls back to a format of its own.

## Affects
Every runtime that renders the template: ``apply_chat_template`` of transformers 4 and 5, the chat
routes of vLLM and SGLang, GGUF files made for llama.cpp. Not code that writes its own prompts.

## Fix
Copies the template of the source, into the JSON file where it belongs if there is one, else by
the command that the finding shows.

## Fix safety
Not safe: every prompt changes, and with it every answer. If training used the new template on
purpose, keep it and silence this rule; the wrong template is worse than a long answer.

## References
- https://huggingface.co/docs/transformers/chat_templating
- https://github.com/hiyouga/LLaMA-Factory/issues/9765
- https://github.com/hiyouga/LLaMA-Factory/issues/9092
- https://github.com/QwenLM/Qwen3/issues/1438
"""

from collections.abc import Iterator
from shlex import quote
from typing import NamedTuple

from slowlens.facts.checkpoint import TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import Runtime
from slowlens.facts.text.rendered import Rendered
from slowlens.facts.text.templatechange import template_change
from slowlens.facts.text.templates import (
    CHATTING,
    JINJA,
    KEY,
    LEGACY,
    ChatTemplate,
    chat_template,
    chat_templates,
    has_processor,
)
from slowlens.facts.text.tokenizing import has_tokenizer
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
from slowlens.rules._template_words import RUNS_ON, in_words

_SHOWN = 60


class _Trouble(NamedTuple):
    severity: Severity
    message: str
    cost: str
    template: ChatTemplate | None
    wanted: ChatTemplate


def check(merged: Merged, source: Source, rendered: Rendered | None) -> Iterator[Finding]:
    """Yield a finding for each kind of trouble, with the runtimes that it concerns."""
    lost = has_tokenizer(source.checkpoint) and not has_tokenizer(merged.checkpoint)
    if lost or not merged.checkpoint.generates:
        return  # a tokenizer that was lost is what another rule tells
    troubles, unsure = _troubles(merged, source, rendered or Rendered())
    if unsure and not troubles:
        raise Undecided(unsure)
    for trouble, runtimes in troubles.items():
        yield _finding(merged.checkpoint, source.checkpoint, trouble, runtimes)


def _troubles(
    merged: Merged, source: Source, rendered: Rendered
) -> tuple[dict[_Trouble, tuple[Runtime, ...]], str]:
    """Return each trouble with its runtimes, and why something could not be told."""
    troubles: dict[_Trouble, tuple[Runtime, ...]] = {}
    unsure = ""
    for runtime in CHATTING:
        here = chat_template(merged.checkpoint, runtime)
        there = chat_template(source.checkpoint, runtime)
        if there is None or (here is not None and here.text == there.text):
            continue
        if here is None:
            trouble: _Trouble | None = _lost(there, runtime, merged.checkpoint)
        else:
            try:
                trouble = _changed(merged, source, rendered, here, there)
            except Undecided as undecided:
                unsure = str(undecided)
                continue
        if trouble is not None:
            troubles[trouble] = (*troubles.get(trouble, ()), runtime)
    return troubles, unsure


def _lost(there: ChatTemplate, runtime: Runtime, merged: Checkpoint) -> _Trouble:
    reader = "processor" if has_processor(merged) else "tokenizer"
    if runtime is Runtime.LLAMA_CPP:
        message = "there is no chat template to put into a GGUF file: llama.cpp takes ChatML"
        return _Trouble(Severity.WARNING, message, RUNS_ON, None, there)
    if any(True for _ in chat_templates(merged)):
        message = f"no chat template where the {reader} reads it"
    else:
        message = f"the chat template is gone (the source has it in {there.file})"
    return _Trouble(Severity.ERROR, message, "chat calls fail", None, there)


def _changed(
    merged: Merged, source: Source, rendered: Rendered, here: ChatTemplate, there: ChatTemplate
) -> _Trouble | None:
    ours, theirs = rendered.merged.get(here.text), rendered.source.get(there.text)
    if ours is None or theirs is None:
        raise Undecided(rendered.problem or "the chat templates were not rendered")
    tokens = {*merged.checkpoint.tokenizer.added, *source.checkpoint.tokenizer.added}
    change = template_change(theirs, ours, tokens)
    if change is None:
        return None
    severity, said, cost = in_words(change, merged.checkpoint.tokenizer.added)
    return _Trouble(severity, f"the chat template in {here.file} {said}", cost, here, there)


def _finding(
    merged: Checkpoint, source: Checkpoint, trouble: _Trouble, runtimes: tuple[Runtime, ...]
) -> Finding:
    here = trouble.template
    file = trouble.wanted.file if here is None else here.file
    evidence = ValueEvidence(
        file,
        () if file == JINJA else (KEY,),
        ABSENT if here is None else here.text[:_SHOWN],
    )
    return Finding(
        message=trouble.message,
        severity=trouble.severity,
        confidence=Confidence.READ,
        affects=runtimes,
        evidence=(evidence,),
        cost=trouble.cost,
        fix=_fix(merged, source, trouble),
    )


def _fix(merged: Checkpoint, source: Checkpoint, trouble: _Trouble) -> Fix:
    here, wanted = trouble.template, trouble.wanted
    title = "Take the chat template of the source"
    file = here.file if here is not None else LEGACY if has_processor(merged) else TOKENIZER_CONFIG
    before = merged.get(file, KEY)
    if file != JINJA and (merged.has(file) or file not in merged.files):
        reason = "Every prompt changes, and with it the answers; training may have meant this."
        edit = Edit(file, (KEY,), before=before, after=wanted.text)
        return Fix(title, Applicability.UNSAFE, (edit,), reason)
    return Fix(title, Applicability.MANUAL, reason=_command(merged, source, wanted))


def _command(merged: Checkpoint, source: Checkpoint, wanted: ChatTemplate) -> str:
    old, new = source.root / wanted.file, merged.root / JINJA
    if wanted.file == JINJA:
        return f"Prompts and answers change. Run: cp {quote(str(old))} {quote(str(new))}"
    if not isinstance(source.get(wanted.file, KEY), str):
        return f"Prompts and answers change. Put the default template of {old} into {new}."
    return (
        "Prompts and answers change. Run this Python: import json, pathlib; "
        f"pathlib.Path({str(new)!r}).write_text("
        f"json.load(open({str(old)!r}, encoding='utf-8'))['chat_template'], encoding='utf-8')"
    )


RULE = Rule(
    id="chat-template-lost-or-changed",
    title="Chat template lost or changed",
    check=check,
    since="0.1.0",
)
