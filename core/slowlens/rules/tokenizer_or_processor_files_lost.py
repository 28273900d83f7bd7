"""Files or special tokens of the source's tokenizer or processor did not make it here.

## What it does
Compares the tokenizer and processor files with the source's, by what a runtime needs rather than
by name: a tokenizer is complete with tokenizer.json alone, and one processor_config.json of
transformers 5 replaces preprocessor_config.json, but not for transformers 4, which only looks for
the old name. Compares the added tokens as well: one that is no longer listed is split into
ordinary tokens, and one whose id moved is read with the embedding of another.

Not reported: special_tokens_map.json and added_tokens.json (transformers 5 does not write them),
vocab.json and merges.txt beside a tokenizer.json, tokens that training added, and reserved tokens
that training gave another name.

## Why it is worse
A merge script that saves the model alone leaves a folder that cannot be used, and tools then fall
back to the tokenizer of the base. A lost ``<|im_end|>`` becomes seven tokens: prompts get longer,
the model meets a marker that it never saw in pieces, and nothing ends its answers.

## Affects
Each runtime that reads the missing file; a token that is lost or moved affects all of them.

## Fix
By hand: copy the files from the source; the finding has the command. If training added tokens,
save the tokenizer that training used instead.

## Fix safety
Not safe where tokens come back: prompts, and so answers, change to what they should be.

## References
- https://github.com/hiyouga/EasyR1/issues/48
- https://github.com/2U1/Qwen-VL-Series-Finetune/issues/34
- https://github.com/vllm-project/llm-compressor/issues/1305
- https://github.com/gradients-ai/G.O.D/issues/1276
"""

from collections.abc import Iterator, Mapping
from shlex import quote

from slowlens.facts.checkpoint import TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, EVERY, TRANSFORMERS, Runtime
from slowlens.facts.text.tokenizing import TOKENIZER, VOCABULARIES, has_tokenizer
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
from slowlens.jsonvalue import ABSENT, Json

PREPROCESSOR, PROCESSOR = "preprocessor_config.json", "processor_config.json"
NESTED = ("image_processor", "feature_extractor")
_LISTED = 3
_COST = "prompts with it are longer and worse; answers that should end with it run on"


def check(merged: Merged, source: Source) -> Iterator[Finding]:
    """Yield a finding for each file that is missed, and one for the tokens."""
    here, there = merged.checkpoint, source.checkpoint
    yield from _tokenizer_files(here, there)
    yield from _preprocessor(here, there)
    if not has_tokenizer(here):
        return
    unreadable = any(problem.file == TOKENIZER for problem in (*here.problems, *there.problems))
    if unreadable and not (here.tokenizer.added and there.tokenizer.added):
        raise Undecided(f"{TOKENIZER} could not be read")
    if TOKENIZER in here.files or here.tokenizer.added:
        yield from _tokens(here, there)


def _tokenizer_files(here: Checkpoint, there: Checkpoint) -> Iterator[Finding]:
    if has_tokenizer(there) and not has_tokenizer(here):
        names = [name for name in (TOKENIZER, *VOCABULARIES) if name in there.files]
        said = f"there is no tokenizer: the source has {', '.join(names)}"
        yield _file(here, there, said, (*names, TOKENIZER_CONFIG), (*TRANSFORMERS, *ENGINES))
    elif TOKENIZER_CONFIG in there.files and TOKENIZER_CONFIG not in here.files:
        said = f"{TOKENIZER_CONFIG} is missing: special tokens and settings fall back to defaults"
        yield _file(here, there, said, (TOKENIZER_CONFIG,), EVERY, Severity.WARNING)
    if "tokenizer.model" in there.files and "tokenizer.model" not in here.files:
        said = "tokenizer.model is missing, which llama.cpp's converter takes for some models"
        yield _file(here, there, said, ("tokenizer.model",), (Runtime.LLAMA_CPP,), Severity.NOTE)


def _preprocessor(here: Checkpoint, there: Checkpoint) -> Iterator[Finding]:
    if PREPROCESSOR in here.files or not _prepares(there):
        return
    if _prepares(here):
        said = f"transformers 4 finds no {PREPROCESSOR}: {PROCESSOR} is only read by transformers 5"
        yield _file(here, there, said, (PREPROCESSOR,), (Runtime.TRANSFORMERS_4,))
    else:
        names = tuple(name for name in (PREPROCESSOR, PROCESSOR) if name in there.files)
        said = f"pictures or sound cannot be prepared: the source has {' and '.join(names)}"
        yield _file(here, there, said, names, (*TRANSFORMERS, *ENGINES))


def _prepares(checkpoint: Checkpoint) -> bool:
    """Whether one of its files says how pictures or sound are prepared."""
    if PREPROCESSOR in checkpoint.files:
        return True
    return any(checkpoint.get(PROCESSOR, key) is not ABSENT for key in NESTED)


def _file(
    here: Checkpoint,
    there: Checkpoint,
    said: str,
    names: tuple[str, ...],
    affects: tuple[Runtime, ...],
    severity: Severity = Severity.ERROR,
) -> Finding:
    found = [str(there.root / name) for name in names if name in there.files]
    command = f"cp {' '.join(map(quote, found))} {quote(str(here.root))}/"
    if not found:
        command = (
            f"save it with the image processor of the source under transformers 4 as {names[0]}"
        )
    return Finding(
        message=said,
        severity=severity,
        confidence=Confidence.READ,
        affects=affects,
        evidence=(ValueEvidence(names[0], (), ABSENT),),
        cost="does not load, or a base model's files are taken instead"
        if severity is Severity.ERROR
        else "",
        fix=Fix(
            "Take the files of the source",
            Applicability.MANUAL,
            reason=f"Unless training added tokens: {command}",
        ),
    )


def _tokens(here: Checkpoint, there: Checkpoint) -> Iterator[Finding]:
    ours, theirs = here.tokenizer.added, there.tokenizer.added
    renamed = {number for token, number in ours.items() if token not in theirs}
    gone = {token: number for token, number in theirs.items() if token not in ours}
    lost = {t: n for t, n in gone.items() if n not in renamed or _matters(there, t)}
    moved = {t: n for t, n in theirs.items() if t in ours and ours[t] != n}
    for tokens, said in ((lost, "no longer listed as tokens"), (moved, "with other ids")):
        if tokens:
            yield _degraded(here, there, tokens, said)


def _degraded(here: Checkpoint, there: Checkpoint, tokens: Mapping[str, int], said: str) -> Finding:
    used = [token for token in tokens if _matters(there, token)]
    names = used or [*tokens]
    shown = ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
    file = TOKENIZER if TOKENIZER in here.files else TOKENIZER_CONFIG
    listed: list[Json] = [*names[:_LISTED]]
    return Finding(
        message=f"added tokens of the source {said} in {file} ({len(tokens)}): {shown}",
        severity=Severity.ERROR if used else Severity.WARNING,
        confidence=Confidence.READ,
        affects=EVERY,
        evidence=(ValueEvidence(file, ("added_tokens",), listed),),
        cost=_COST,
        fix=Fix(
            "Take the tokenizer of the source, or the one that training used",
            Applicability.MANUAL,
            reason="Prompts and answers change. Save the tokenizer that training used into this "
            f"folder, or: cp {quote(str(there.root / file))} {quote(str(here.root))}/",
        ),
    )


def _matters(there: Checkpoint, token: str) -> bool:
    """Whether the source's prompts or ends of answers have ``token``."""
    tokenizer = there.tokenizer
    return token == tokenizer.eos_token or token in (tokenizer.chat_template or "")


RULE = Rule(
    id="tokenizer-or-processor-files-lost",
    title="Tokenizer or processor files lost",
    check=check,
    since="0.1.0",
)
