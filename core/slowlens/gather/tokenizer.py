"""What is needed of the tokenizer, without loading one."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import TOKENIZER_CONFIG, FileProblem, Tokenizer
from slowlens.gather.jsonfile import problem
from slowlens.gather.textfile import decode, read_bytes
from slowlens.gather.tokenizerjson import added_tokens, find_token
from slowlens.jsonvalue import Json, JsonObject

TOKENIZER = "tokenizer.json"
VOCABULARY = "vocab.json"
SPECIAL_TOKENS_MAP = "special_tokens_map.json"
ADDED_TOKENS = "added_tokens.json"
TEMPLATE = "chat_template.jinja"
TEMPLATE_JSON = "chat_template.json"
_DECODER = "added_tokens_decoder"


def read_tokenizer(
    root: Path, names: Collection[str], values: Mapping[str, JsonObject]
) -> tuple[Tokenizer, tuple[FileProblem, ...]]:
    """Read ids, end token and chat template.

    ``names`` are the entries of ``root``, ``values`` what its JSON files say.
    """
    ids, id_problems = _token_ids(root, names, values)
    eos, eos_file = _end_token(values)
    if eos is not None and eos not in ids:
        ids |= _base_token(root, names, eos)
    template, template_problems = _template(root, names, values)
    return Tokenizer(ids, eos, template, eos_file), (*id_problems, *template_problems)


def _token_ids(
    root: Path, names: Collection[str], values: Mapping[str, JsonObject]
) -> tuple[dict[str, int], tuple[FileProblem, ...]]:
    ids = dict(_decoder_ids(values.get(TOKENIZER_CONFIG, {}).get(_DECODER)))
    if not ids:
        legacy = values.get(ADDED_TOKENS, {})
        ids = {token: number for token, number in legacy.items() if type(number) is int}
    if TOKENIZER not in names:
        return ids, ()
    try:
        return ids | added_tokens(root / TOKENIZER), ()
    except SlowlensError as error:
        return ids, (problem(TOKENIZER, error),)


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


def _end_token(values: Mapping[str, JsonObject]) -> tuple[str | None, str]:
    """Return the end token and the file that decides it."""
    order: tuple[str, ...] = (TOKENIZER_CONFIG,)
    if _DECODER not in values.get(TOKENIZER_CONFIG, {}):
        # only then transformers reads the older file at all, and lets it win
        order = (SPECIAL_TOKENS_MAP, TOKENIZER_CONFIG)
    for file in order:
        token = _content(values.get(file, {}).get("eos_token"))
        if token is not None:
            return token, file
    return None, TOKENIZER_CONFIG


def _content(token: Json) -> str | None:
    match token:
        case str(content) | {"content": str(content)}:
            return content
    return None


def _template(
    root: Path, names: Collection[str], values: Mapping[str, JsonObject]
) -> tuple[str | None, tuple[FileProblem, ...]]:
    problems: tuple[FileProblem, ...] = ()
    if TEMPLATE in names:
        try:
            return decode(read_bytes(root / TEMPLATE)), ()
        except SlowlensError as error:
            problems = (problem(TEMPLATE, error),)
    for file in (TOKENIZER_CONFIG, TEMPLATE_JSON):
        template = _default(values.get(file, {}).get("chat_template"))
        if template is not None:
            return template, problems
    return None, problems


def _default(templates: Json) -> str | None:
    """Return the template that is used when none is asked for by name."""
    if not isinstance(templates, list):
        return templates if isinstance(templates, str) else None
    named: dict[str, str] = {}
    for entry in templates:
        match entry:
            case {"name": str(name), "template": str(template)}:
                named.setdefault(name, template)
    return named.get("default") or next(iter(named.values()), None)
