"""Token ids out of tokenizer.json, which is often too large to parse as a whole."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from slowlens.errors import SlowlensError
from slowlens.gather.rawfile import DOWNLOAD_AGAIN, foreign, regular_file, size_of
from slowlens.jsonvalue import Json

_ADDED = re.compile(r'"added_tokens"\s*:\s*(?=\[)')
_BEGINNINGS = (2**18, 2**22, 2**28)
"""Bytes to try: the list comes early; 256 tokens take 50 kB, Gemma's 6,400 take 1.3 MB."""


def added_tokens(path: Path) -> dict[str, int]:
    """Return content and id of ``added_tokens``; SlowlensError when the file is damaged."""
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
            tokens = _list(file.read(length).decode(errors="replace"))
            if tokens is not None or length >= size:
                break
    if tokens is None:
        raise SlowlensError("has no list of added_tokens that can be read", hint=DOWNLOAD_AGAIN)
    return dict(_ids(tokens))


def find_token(path: Path, token: str) -> int | None:
    """Look a token up in the vocabulary of ``path`` by searching its bytes."""
    key = re.escape(json.dumps(token, ensure_ascii=False).encode())
    try:
        with regular_file(path) as file:
            found = re.search(key + rb"\s*:\s*(\d{1,9})\b", file.read(_BEGINNINGS[-1]))
    except SlowlensError:
        return None
    return int(found[1]) if found else None


def _list(text: str) -> list[Json] | None:
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
