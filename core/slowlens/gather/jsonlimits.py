"""How much JSON is read, so that no file takes more memory or time than it should."""

import json
import re

from slowlens.errors import JsonError
from slowlens.jsonvalue import Json

MAX_DEPTH = 100
MAX_VALUES = 4_000_000
"""The index of a 671B model has 92,000; as many values as this take half a gigabyte of memory."""
_MAX_OF_TOKENS = 1_000_000
_MAX_OF_CONFIGS = 100_000
"""Each value is compared with the source's: ten times what the largest known config has."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NO_NEED = "No checkpoint needs that: copy the file from the source."
_COPY = "Correct it in an editor, or copy the file from the source checkpoint."


def most_values(name: str) -> int:
    """Return how many values a file of that name may hold."""
    if name.endswith(".index.json"):
        return MAX_VALUES
    return _MAX_OF_TOKENS if "token" in name else _MAX_OF_CONFIGS


def require_few_values(text: str, limit: int) -> None:
    """JsonError when ``text`` would be more than ``limit`` values once it is parsed."""
    if len(text) > 2 * limit and sum(map(text.count, ",[{")) > limit:
        raise JsonError(f"holds more than {limit:,} values", hint=_NO_NEED)


def require_shallow(values: Json) -> None:
    """JsonError when ``values`` are nested too deep to be walked through."""
    level: list[Json] = [values]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise too_deep()


def too_deep() -> JsonError:
    """Say that JSON is nested too deep."""
    return JsonError(f"is nested more than {MAX_DEPTH} levels deep", hint=_NO_NEED)


def require_whole_characters(values: Json, text: str) -> None:
    """JsonError when ``values``, parsed from ``text``, cannot be written again as UTF-8."""
    if "\\u" in text and _SURROGATE.search(text):
        try:
            json.dumps(values, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            message = "holds half of a character (a lone \\ud… escape)"
            raise JsonError(message, hint=_COPY) from error
        except RecursionError as error:
            raise too_deep() from error


def _children(node: Json) -> list[Json]:
    match node:
        case dict():
            return list(node.values())
        case list():
            return node
    return []
