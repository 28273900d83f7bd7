"""What stands before the vocabulary in tokenizer.json, often too large to parse as a whole."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from slowlens.errors import SlowlensError
from slowlens.frozen import dataclass, field
from slowlens.gather.jsonlimits import (
    MAX_VALUES,
    require_few_values,
    require_shallow,
    require_whole_characters,
)
from slowlens.gather.rawfile import DOWNLOAD_AGAIN, foreign, regular_file, size_of
from slowlens.jsonvalue import Json

SETTINGS = ("truncation", "padding", "post_processor")
_ADDED_TOKENS = "added_tokens"
_ADDED = re.compile(r'"added_tokens"\s*:\s*(?=\[)')
_SPACE = re.compile(r"\s*")
_COLON = re.compile(r"\s*:\s*")
_COMMA = re.compile(r"\s*,\s*")
_BEGINNINGS = (2**18, 2**22, 2**26)
"""Bytes to try: the list comes early; 256 tokens take 50 kB, Gemma's 6,400 take 1.3 MB."""
_MOST_KEYS = 100
"""Before the vocabulary; there are nine."""


@dataclass(frozen=True, slots=True)
class TokenizerHead:
    """The added tokens with their ids, and the settings of the tokenizer."""

    added: Mapping[str, int] = field(default_factory=dict[str, int])
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])


def read_head(path: Path) -> TokenizerHead:
    """Read what comes before the vocabulary; SlowlensError when the file is damaged."""
    with regular_file(path) as file:
        size = size_of(file)
        if wrong := foreign(file.read(200)):
            raise wrong
        file.seek(max(0, size - 200))
        if not file.read(200).rstrip().endswith(b"}"):
            message = "is cut off: it does not end with a closing brace"
            raise SlowlensError(message, hint=DOWNLOAD_AGAIN)
        for length in _BEGINNINGS:
            file.seek(0)
            text = file.read(length).decode(errors="replace")
            require_few_values(text, MAX_VALUES)
            values, whole = _values(text)
            enough = whole or length >= size
            tokens = values.get(_ADDED_TOKENS, _list(text) if enough else None)
            if length >= size or (enough and tokens is not None):
                break
    if not isinstance(tokens, list):
        raise SlowlensError("has no list of added_tokens that can be read", hint=DOWNLOAD_AGAIN)
    settings = {key: values[key] for key in SETTINGS if key in values}
    require_shallow([tokens, settings])
    require_whole_characters([tokens, settings], text)
    return TokenizerHead(dict(_ids(tokens)), settings)


def find_token(path: Path, token: str) -> int | None:
    """Look a token up in the vocabulary of ``path`` by searching its bytes."""
    key = re.escape(json.dumps(token, ensure_ascii=False).encode())
    try:
        with regular_file(path) as file:
            found = re.search(key + rb"\s*:\s*(\d{1,9})\b", file.read(_BEGINNINGS[-1]))
    except SlowlensError:
        return None
    return int(found[1]) if found else None


def _values(text: str) -> tuple[dict[str, Json], bool]:
    """Return the values before the vocabulary, and whether ``text`` reaches as far as that."""
    values: dict[str, Json] = {}
    decoder = json.JSONDecoder()
    here = _after(_SPACE, text, 0) + 1
    try:
        while True:
            key, here = decoder.raw_decode(text, _after(_SPACE, text, here))
            here = _after(_COLON, text, here)
            if key == "model" or not isinstance(key, str) or len(values) > _MOST_KEYS:
                return values, True
            values[key], here = decoder.raw_decode(text, here)
            here = _after(_COMMA, text, here)
    except (ValueError, RecursionError):
        return values, False


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _list(text: str) -> list[Json] | None:
    """Find the list wherever it stands, even behind the vocabulary."""
    start = _ADDED.search(text)
    if start is None:
        return None
    try:
        tokens, _ = json.JSONDecoder().raw_decode(text, start.end())
    except (ValueError, RecursionError):
        return None
    return list(tokens)


def _ids(tokens: Iterable[Json]) -> Iterator[tuple[str, int]]:
    for token in tokens:
        match token:
            case {"id": int(number), "content": str(content)}:
                yield content, number
