"""The prompt as token ids, and back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transformers import AutoTokenizer

from slowlens.frozen import dataclass

SYNTHETIC_TOKENS = 200
"""Length of the prompt for a model without a tokenizer that fits it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids to start from, how to read those that follow, and what had to be made up."""

    ids: tuple[int, ...]
    decode: Callable[[Sequence[int]], str]
    tokenizer: Any = None
    notes: tuple[str, ...] = ()


def encode(path: str, text: str, vocabulary: int) -> Prompt:
    """Tokenize ``text`` as a chat turn where there is a template; never fails."""
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
        ids, notes = _ids(tokenizer, text)
    except Exception as error:  # noqa: BLE001 - any tokenizer trouble has the same way out
        return _synthetic(vocabulary, f"its tokenizer cannot be used ({_first_line(error)})")
    if not ids:
        return _synthetic(vocabulary, "its tokenizer turns the prompt into nothing")
    if max(ids) >= vocabulary:
        return _synthetic(vocabulary, "its tokenizer has more tokens than the model")

    def decode(tokens: Sequence[int]) -> str:
        decoded: str = tokenizer.decode(
            list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return decoded

    return Prompt(tuple(ids), decode, tokenizer, notes)


def _ids(tokenizer: Any, text: str) -> tuple[list[int], tuple[str, ...]]:  # noqa: ANN401
    notes: tuple[str, ...] = ()
    if getattr(tokenizer, "chat_template", None):
        turns = [{"role": "user", "content": text}]
        try:
            encoded: Mapping[str, list[int]] = tokenizer.apply_chat_template(
                turns, add_generation_prompt=True, tokenize=True, return_dict=True
            )
            return list(encoded["input_ids"]), notes
        except Exception as error:  # noqa: BLE001 - templates are programs of strangers
            notes = (f"its chat template fails ({_first_line(error)}): the prompt is plain text",)
    return list(tokenizer(text)["input_ids"]), notes


def _synthetic(vocabulary: int, why: str) -> Prompt:
    ids = tuple(token % vocabulary for token in range(1, SYNTHETIC_TOKENS + 1))
    note = f"{why}: the prompt is {SYNTHETIC_TOKENS} made-up tokens and the text stays empty"
    return Prompt(ids, lambda _: "", None, (note,))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:120]}" if lines else type(error).__name__
