"""The chat template writes the begin token, and the tokenizer adds another.

## What it does
Renders a question with the chat template and asks whether it begins with the begin token, and
whether the tokenizer puts one before every text itself. In transformers 5 the post-processor of
tokenizer.json decides that; in transformers 4 ``add_bos_token`` does for the tokenizers of Llama 2,
Code Llama, Gemma, Cohere and GPT-NeoX (for the first four a missing key means true).

Most models are published in this state, Llama 3, Gemma and Mistral among them, and work well. So
only what the source does not do is reported, and nothing without a source.

## Why it is worse
Two begin tokens are something that the model never saw in training: answers become slightly worse,
and no error tells. It happens to code that renders the conversation to text and then tokenizes the
text. ``apply_chat_template(tokenize=True)`` and the chat routes of servers add nothing, so they
are right.

## Affects
transformers 4 and 5, and ``LLM.generate()`` of vLLM, for text that went through the template.

## Fix
By hand: render with ``tokenize=True``, or tokenize with ``add_special_tokens=False``; or take the
tokenizer files of the source.

## Fix safety
Not safe: prompts change by one token, to what the model was trained with.

## References
- https://huggingface.co/docs/transformers/chat_templating
- https://github.com/vllm-project/vllm/pull/27515
- https://github.com/huggingface/open-r1/pull/462
- https://github.com/huggingface/transformers/issues/37686
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import TOKENIZER_CONFIG
from slowlens.facts.reading import Merged, Reading, Source
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.text.conversations import Case
from slowlens.facts.text.rendered import Rendered, Renderings
from slowlens.facts.text.templates import ChatTemplate, chat_template, chat_templates
from slowlens.facts.text.tokenizing import ADD_BOS, adds_bos, may_begin_twice, opens_with_bos
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

READERS = (*GENERATE, Runtime.VLLM)


def check(merged: Merged, source: Source, rendered: Rendered | None) -> Iterator[Finding]:
    """Yield one finding with the runtimes where a prompt begins twice."""
    if not merged.checkpoint.generates:
        return
    rendered = rendered or Rendered()
    affects = tuple(r for r in READERS if _is_new(merged, source, rendered, r))
    if not affects:
        return
    bos = merged.checkpoint.tokenizer.bos_token
    yield Finding(
        message=f"the chat template writes {bos} and the tokenizer adds it again, "
        "which the source does not",
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=affects,
        evidence=(
            ValueEvidence(
                TOKENIZER_CONFIG, (ADD_BOS,), merged.checkpoint.get(TOKENIZER_CONFIG, ADD_BOS)
            ),
        ),
        cost="slightly worse answers where a rendered conversation is tokenized as text",
        fix=Fix(
            "Begin a prompt once",
            Applicability.MANUAL,
            reason="Prompts change by a token. Use apply_chat_template(messages, tokenize=True), "
            "or tokenizer(text, add_special_tokens=False) for text that a template made.",
        ),
    )


def _is_new(merged: Merged, source: Source, rendered: Rendered, runtime: Runtime) -> bool:
    """Whether a prompt begins twice here, and not in the source."""
    here = chat_template(merged.checkpoint, runtime)
    if here is None or not may_begin_twice(merged.checkpoint, runtime):
        return False
    adds = adds_bos(source.checkpoint, runtime)
    if adds and any(here.text == text for _, text in chat_templates(source.checkpoint)):
        return False
    there = chat_template(source.checkpoint, runtime)
    if there is None or not adds:
        return _opens(merged, here, rendered.merged, rendered.problem)
    opened = _opens(source, there, rendered.source, rendered.problem)
    return not opened and _opens(merged, here, rendered.merged, rendered.problem)


def _opens(
    reading: Reading, template: ChatTemplate, texts: Mapping[str, Renderings], problem: str
) -> bool:
    """Whether a conversation begins with the begin token."""
    if opens_with_bos(template):
        return True
    if template.text not in texts:
        raise Undecided(problem or "the chat template was not rendered")
    bos = str(reading.checkpoint.tokenizer.bos_token)
    return texts[template.text][Case.QUESTION].text.startswith(bos)


RULE = Rule(
    id="bos-doubled",
    title="Begin token written twice",
    check=check,
    since="0.1.0",
)
