"""What is needed of the tokenizer, without loading one."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import TOKENIZER_CONFIG, FileProblem, Tokenizer
from slowlens.facts.text.templates import JINJA, LEGACY, default_template
from slowlens.gather.jsonfile import problem
from slowlens.gather.textfile import decode, read_bytes
from slowlens.gather.tokenizerjson import TokenizerHead, find_token, read_head
from slowlens.jsonvalue import Json, JsonObject

TOKENIZER = "tokenizer.json"
VOCABULARY = "vocab.json"
SPECIAL_TOKENS_MAP = "special_tokens_map.json"
ADDED_TOKENS = "added_tokens.json"
TEMPLATE_JSON = LEGACY
_DECODER = "added_tokens_decoder"
_ROLES = ("bos_token", "eos_token", "pad_token", "unk_token")


def read_tokenizer(
    root: Path, names: Collection[str], values: Mapping[str, JsonObject]
) -> tuple[Tokenizer, tuple[FileProblem, ...]]:
    """Read ids, special tokens and chat template.

    ``names`` are the entries of ``root``, ``values`` what its JSON files say.
    """
    head, head_problems = _head(root, names)
    added = {**_listed(values), **head.added}
    special = {role: _special(values, role) for role in _ROLES}
    ids = dict(added)
    for token in (special["eos_token"], special["pad_token"]):
        if token is not None and token not in ids:
            ids |= _base_token(root, names, token)
    template, file, template_problems = _template(root, names, values)
    return Tokenizer(
        ids,
        special["eos_token"],
        template,
        _eos_file(values),
        template_file=file,
        bos_token=special["bos_token"],
        pad_token=special["pad_token"],
        unk_token=special["unk_token"],
        added=added,
        settings=head.settings,
    ), (*head_problems, *template_problems)


def _head(root: Path, names: Collection[str]) -> tuple[TokenizerHead, tuple[FileProblem, ...]]:
    if TOKENIZER not in names:
        return TokenizerHead(), ()
    try:
        return read_head(root / TOKENIZER), ()
    except SlowlensError as error:
        return TokenizerHead(), (problem(TOKENIZER, error),)


def _listed(values: Mapping[str, JsonObject]) -> dict[str, int]:
    """Return the added tokens of the files beside tokenizer.json."""
    ids = dict(_decoder_ids(values.get(TOKENIZER_CONFIG, {}).get(_DECODER)))
    legacy = values.get(ADDED_TOKENS, {})
    return ids or {token: number for token, number in legacy.items() if type(number) is int}


def _decoder_ids(decoder: Json) -> Iterator[tuple[str, int]]:
    for key, token in decoder.items() if isinstance(decoder, Mapping) else ():
        content = _content(token)
        if content is not None and key.isascii() and key.isdecimal() and len(key) < 10:
            yield content, int(key)


def _base_token(root: Path, names: Collection[str], token: str) -> dict[str, int]:
    for name in (TOKENIZER, VOCABULARY):
        number = find_token(root / name, token) if name in names else None
        if number is not None:
            return {token: number}
    return {}


def _special(values: Mapping[str, JsonObject], role: str) -> str | None:
    """Return the special token of this ``role``."""
    return next((token for _, token in _specials(values, role)), None)


def _eos_file(values: Mapping[str, JsonObject]) -> str:
    """Return the file that decides the end token."""
    return next((file for file, _ in _specials(values, "eos_token")), TOKENIZER_CONFIG)


def _specials(values: Mapping[str, JsonObject], role: str) -> Iterator[tuple[str, str]]:
    """Yield file and token, the one that decides first."""
    order: tuple[str, ...] = (TOKENIZER_CONFIG,)
    if _DECODER not in values.get(TOKENIZER_CONFIG, {}):
        # only then transformers reads the older file at all, and lets it win
        order = (SPECIAL_TOKENS_MAP, TOKENIZER_CONFIG)
    for file in order:
        token = _content(values.get(file, {}).get(role))
        if token is not None:
            yield file, token


def _content(token: Json) -> str | None:
    match token:
        case str(content) | {"content": str(content)}:
            return content
    return None


def _template(
    root: Path, names: Collection[str], values: Mapping[str, JsonObject]
) -> tuple[str | None, str, tuple[FileProblem, ...]]:
    """Return the chat template, its file, and what cannot be read."""
    problems: tuple[FileProblem, ...] = ()
    if JINJA in names:
        try:
            return decode(read_bytes(root / JINJA)), JINJA, ()
        except SlowlensError as error:
            problems = (problem(JINJA, error),)
    for file in (TOKENIZER_CONFIG, LEGACY):
        template = default_template(values.get(file, {}).get("chat_template"))
        if template is not None:
            return template, file, problems
    return None, "", problems
