"""Keys whose value has a type that no reader of checkpoints expects."""

import json
from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import (
    CONFIG,
    GENERATION_CONFIG,
    TEXT_CONFIG_KEYS,
    TOKENIZER_CONFIG,
    FileProblem,
)
from slowlens.frozen import dataclass
from slowlens.gather.rawfile import shortened
from slowlens.jsonvalue import Json, JsonObject

_HINT = "Correct the value, or copy it from the source checkpoint."


@dataclass(frozen=True, slots=True)
class _Kind:
    """The types that fit, and the type of a list's items where that matters."""

    label: str
    types: tuple[type, ...]
    items: type = object

    def fits(self, value: Json) -> bool:
        if isinstance(value, list) and list in self.types and self.items is not object:
            return all(type(item) is self.items for item in value)
        return value is None or type(value) in self.types


_SWITCH = _Kind("true or false", (bool,))
_INTEGER = _Kind("a whole number", (int,))
_NUMBER = _Kind("a number", (int, float))
_TEXT = _Kind("text", (str,))
_OBJECT = _Kind("an object", (dict,))
_TOKEN_IDS = _Kind("a token id or a list of them", (int, list), int)

_MODEL: Mapping[str, _Kind] = {
    "model_type": _TEXT,
    "architectures": _Kind("a list of class names", (list,), str),
    "text_config": _OBJECT,
    "quantization_config": _OBJECT,
    "use_cache": _SWITCH,
    "tie_word_embeddings": _SWITCH,
    "eos_token_id": _TOKEN_IDS,
    "vocab_size": _INTEGER,
    "hidden_size": _INTEGER,
    "num_hidden_layers": _INTEGER,
}
_GENERATION: Mapping[str, _Kind] = {
    "use_cache": _SWITCH,
    "do_sample": _SWITCH,
    "eos_token_id": _TOKEN_IDS,
    "max_length": _INTEGER,
    "max_new_tokens": _INTEGER,
    "num_beams": _INTEGER,
    "temperature": _NUMBER,
    "top_p": _NUMBER,
    "repetition_penalty": _NUMBER,
}
_TOKENIZER: Mapping[str, _Kind] = {
    "eos_token": _Kind("text, or an object with its content", (str, dict)),
    "chat_template": _Kind("text, or a list of named templates", (str, list, dict)),
    "added_tokens_decoder": _OBJECT,
    "tokenizer_class": _TEXT,
}


def wrong_types(files: Mapping[str, JsonObject]) -> Iterator[FileProblem]:
    """Find values of the wrong type among the keys that decide something; null is fine."""
    for file, kinds in (
        (CONFIG, _MODEL),
        (GENERATION_CONFIG, _GENERATION),
        (TOKENIZER_CONFIG, _TOKENIZER),
    ):
        yield from _check(file, "", files.get(file, {}), kinds)
    for key in TEXT_CONFIG_KEYS:
        nested = files.get(CONFIG, {}).get(key)
        if isinstance(nested, Mapping):
            yield from _check(CONFIG, f"{key}.", nested, _MODEL)


def _check(
    file: str, parent: str, values: JsonObject, kinds: Mapping[str, _Kind]
) -> Iterator[FileProblem]:
    for key, kind in kinds.items():
        value = values.get(key)
        if not kind.fits(value):
            shown = shortened(json.dumps(value))
            yield FileProblem(file, f"has {shown} for {parent}{key}, not {kind.label}", _HINT)
