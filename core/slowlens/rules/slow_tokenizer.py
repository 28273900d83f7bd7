"""There is no tokenizer.json, so the tokenizer is built from older files at every load.

## What it does
Reports a folder with tokenizer.model, vocab.json and merges.txt or the like, but without
tokenizer.json. Not reported: tokenizers that come as remote code, and Mistral's tekken.json,
which have no tokenizer.json by design.

## Why it is slow
transformers converts a sentencepiece file (tokenizer.model and the like) at each start: 90 seconds
for the 32,000 tokens of LLaMA's, and up to 30 minutes where extra tokens were added one by one (as
reported, on ordinary CPUs). Where sentencepiece is not installed it does not load at all.

vocab.json with merges.txt, and vocab.txt, take no longer than a tokenizer.json: 0.1 to 0.3 seconds
for 50,000 tokens (transformers 4.52.4 and 5.23, one core). Whisper's processor saves them like that
in transformers 4. So for them it is a note: what is left is that programs which read tokenizer.json
themselves find none, and that a class without a fast version, in transformers 4, splits text in
Python.

## Affects
transformers 4 and 5, vLLM and SGLang, at each start. Not llama.cpp, which reads the old files when
it converts, and not the speed of the model itself.

## Fix
By hand: copy tokenizer.json from the source if the vocabulary is the same, or save the tokenizer
once with the command of the finding.

## Fix safety
The ids are the same in nearly all cases; compare them on a few texts before you ship it.

## References
- https://github.com/huggingface/transformers/issues/22669
- https://github.com/huggingface/transformers/issues/26375
- https://github.com/young-geng/EasyLM/issues/48
"""

from collections.abc import Iterator
from shlex import quote

from slowlens.facts.checkpoint import TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, GENERATE
from slowlens.facts.text.tokenizing import TOKENIZER, VOCABULARIES
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)
from slowlens.jsonvalue import ABSENT

OWN_FORMAT = "tekken.json"
SENTENCEPIECE = ".model"
LONG = "seconds to 30 minutes per start, by vocabulary and added tokens (reported)"
SHORT = "under a second per start (0.1 to 0.3 s for 50,000 tokens, one core)"


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield a finding when only the older files are there."""
    files = merged.checkpoint.files
    old = [name for name in VOCABULARIES if name in files]
    remote = merged.checkpoint.get(TOKENIZER_CONFIG, "auto_map") is not ABSENT
    if not old or TOKENIZER in files or OWN_FORMAT in files or remote:
        return
    lost = source is not None and TOKENIZER in source.checkpoint.files
    long = old[0].endswith(SENTENCEPIECE)
    yield Finding(
        message=f"there is no {TOKENIZER}: each start converts {old[0]} anew"
        + ("; the source has one" if lost else ""),
        severity=Severity.WARNING if long and (lost or source is None) else Severity.NOTE,
        confidence=Confidence.READ,
        affects=(*GENERATE, *ENGINES),
        evidence=(ValueEvidence(TOKENIZER, (), ABSENT),),
        cost=LONG if long else SHORT,
        fix=Fix(
            f"Save a {TOKENIZER}",
            Applicability.MANUAL,
            reason=_command(merged.checkpoint, source.checkpoint if lost and source else None),
        ),
    )


def _command(here: Checkpoint, there: Checkpoint | None) -> str:
    folder = str(here.root)
    if there is not None:
        copy = f"cp {quote(str(there.root / TOKENIZER))} {quote(folder)}/"
        return f"If training added no tokens: {copy}. Compare the ids of a few texts."
    save = f"AutoTokenizer.from_pretrained({folder!r}).save_pretrained({folder!r})"
    line = f"from transformers import AutoTokenizer; {save}"
    return f"Run this Python, then compare the ids of a few texts: {line}"


RULE = Rule(
    id="slow-tokenizer",
    title="Tokenizer converted at every load",
    check=check,
    since="0.1.0",
)
