"""Merged writes more, or is given more to read, than its source for the same request.

## What it does
Looks at the trials of a live run that both checkpoints ended by themselves: one greedy answer each
to the same request, through each one's own chat template. Two things are told apart from slowness:

- *a longer answer*: more than 1.25 times as many tokens, and more than 16 more. It is a warning
  where merged thinks and the source does not: the template opens a `<think>` block, or the answer
  holds one that the source's lacks; then the share of the text that is thoughts is counted.
  Otherwise it is a note, since writing more may be just what the fine-tuning was for;
- *a longer prompt*: more than 5 % and more than 8 tokens besides those of pictures, for the same
  request. The template adds a system prompt or tools, or the tokenizer cuts text into more pieces.

One greedy answer is a sample of one, and rounding alone makes long answers part: the length is a
suspicion about other requests, whereas the prompt is the same each time. An answer that ran to its
limit belongs to endless-answer. A prompt of made-up tokens, where there is no tokenizer, decides
nothing.

## Why it is slow
The time for an answer is the time to the first token and then that for each further token: with 20
times as many tokens at the same speed it takes 20 times as long. Nothing in the time per token
shows it, and no cache or kernel helps.

## Affects
The version of transformers that the run was made with; the length of an answer concerns them all.

## Fix
None of its own: chat-template-lost-or-changed and chat-templates-disagree name the file where a
template is to blame. A switch that a template offers can be given in each request:
`tokenizer.apply_chat_template(..., enable_thinking=False)`. A model that was trained on short
answers with its thoughts closed by the prompt must get them closed (an empty `<think>` block) when
it answers.

## Fix safety
Not applicable.

## References
- https://github.com/hiyouga/LLaMA-Factory/issues/9765
- https://github.com/hiyouga/LLaMA-Factory/issues/3120
- https://huggingface.co/docs/transformers/chat_templating
"""

from collections.abc import Iterator
from typing import NamedTuple

from slowlens.facts.live.answer_split import split, terms
from slowlens.facts.live.answer_time import answer_time
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import answer_of
from slowlens.facts.live.thoughts import Thoughts, thoughts
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Subject
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided

LONGER, LEAST_TOKENS = 1.25, 16
LONGER_PROMPT, LEAST_PROMPT_TOKENS = 1.05, 8


class _Answer(NamedTuple):
    """One answer, with what its text holds of thoughts, and whether the prompt opens them."""

    generation: Generation
    thoughts: Thoughts
    opened: bool


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield a finding for a longer prompt and one for a longer answer."""
    merged, source = (_answer(measurement, s) for s in (Subject.MERGED, Subject.SOURCE))
    prompts = _prompt_tokens(merged.generation), _prompt_tokens(source.generation)
    longer = _exceeds(*prompts, LONGER_PROMPT, LEAST_PROMPT_TOKENS)
    if longer:
        yield _longer_prompt(measurement, *prompts)
    ends = merged.generation.finish, source.generation.finish
    if ends == (Finish.LENGTH, Finish.LENGTH) and not longer:
        raise Undecided("merged and source both ran to the limit; allow more answer tokens")
    counts = len(merged.generation.steps), len(source.generation.steps)
    if ends == (Finish.EOS, Finish.EOS) and _exceeds(*counts, LONGER, LEAST_TOKENS):
        yield _longer_answer(measurement, merged, source)


def _answer(measurement: Measurement, subject: Subject) -> _Answer:
    generation, model = answer_of(measurement, subject), measurement.model(subject)
    if generation is None or model is None:
        raise Undecided("the live run did not come to an answer of both merged and source")
    if model.thinks is None:
        raise Undecided(f"{subject} has no tokenizer: its answer to made-up tokens says nothing")
    found = thoughts(generation.text, opened=model.thinks)
    return _Answer(generation, found, model.thinks)


def _prompt_tokens(generation: Generation) -> int:
    """Count what template and tokenizer make of the request; pictures are told elsewhere."""
    return generation.prompt_tokens - generation.image_tokens


def _exceeds(ours: int, theirs: int, times: float, least: int) -> bool:
    return ours > times * theirs and ours > theirs + least


def _longer_prompt(measurement: Measurement, ours: int, theirs: int) -> Finding:
    return Finding(
        message=(
            f"the same request is a prompt of {ours} tokens, and of {theirs} in its source: the "
            "chat template or the tokenizer makes more of it"
        ),
        severity=Severity.NOTE,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=_tokens("prompt", ours, theirs),
        cost=f"{ours - theirs} more tokens to read before each answer",
    )


def _longer_answer(measurement: Measurement, merged: _Answer, source: _Answer) -> Finding:
    ours, theirs = len(merged.generation.steps), len(source.generation.steps)
    why = _thinking(merged, source)
    return Finding(
        message=(
            f"in this one answer merged wrote {ours} tokens where its source wrote {theirs}{why}"
        ),
        severity=Severity.WARNING if why else Severity.NOTE,
        confidence=Confidence.SUSPECTED,
        affects=(measurement.runtime,),
        evidence=_tokens("answer", ours, theirs),
        cost=_cost(measurement, ours / theirs),
    )


def _thinking(merged: _Answer, source: _Answer) -> str:
    """Say that it thinks where its source does not; empty otherwise."""
    if source.opened or source.thoughts.characters:
        return ""
    how = ", as its chat template has it" if merged.opened else ""
    if merged.thoughts.characters:
        return f": it thinks{how}, {100 * merged.thoughts.share:.0f} % of its text are thoughts"
    return f": it thinks{how}" if merged.opened else ""


def _cost(measurement: Measurement, times: float) -> str:
    ours, theirs = (
        answer_time(measurement, subject, Cache.AS_SHIPPED)
        for subject in (Subject.MERGED, Subject.SOURCE)
    )
    tokens = f"{times:.1f} times as many tokens"
    if ours is None or theirs is None:
        return tokens
    return f"{tokens}: {', '.join(terms(split(ours, theirs)))}"


def _tokens(what: str, ours: int, theirs: int) -> tuple[NumberEvidence, ...]:
    return (
        NumberEvidence(f"{what} of merged", ours, "tokens"),
        NumberEvidence(f"{what} of the source", theirs, "tokens"),
    )


RULE = Rule(
    id="longer-answer",
    title="Longer answer than the source's, measured",
    check=check,
    since="0.1.0",
)
