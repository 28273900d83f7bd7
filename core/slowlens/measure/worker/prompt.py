"""The prompt as token ids, and back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transformers import AutoTokenizer

from slowlens.facts.live.plan import Plan
from slowlens.frozen import dataclass, field, replace
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.measure.worker.inputs import inputs_for, made_up_inputs, text_ids
from slowlens.measure.worker.oneline import one_line

_LONGEST = 160
"""Characters of an error that are shown."""
_TAIL = 16
"""Tokens at the end of a prompt among which a template opens an answer."""

SYNTHETIC_TOKENS = 200
"""Length of the prompt for a model without a tokenizer that fits it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids to start from, how to read those that follow, and what had to be made up."""

    ids: tuple[int, ...]
    decode: Callable[[Sequence[int]], str]
    tokenizer: Any = None
    notes: tuple[str, ...] = ()
    tensors: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What goes into ``generate()`` besides, for a picture."""
    image_tokens: int = 0
    thinks: bool | None = None
    """Whether the chat template opens a block of thoughts; None without a template."""


def prompt_of(plan: Plan, path: str, model: Any, device: Any) -> Prompt:  # noqa: ANN401
    """Return what the plan asks ``model`` to go on from."""
    text = plan.prompt or DEFAULT_PROMPT
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    if plan.image:
        return _pictured(plan, path, text, model, device)
    if plan.random_weights:
        return _synthetic(vocabulary, "a made-up model has no tokenizer")
    return encode(path, text, vocabulary)


def _pictured(plan: Plan, path: str, text: str, model: Any, device: Any) -> Prompt:  # noqa: ANN401
    if plan.random_weights:
        length = plan.prompt_tokens or SYNTHETIC_TOKENS
        found = made_up_inputs(model, length, plan.image, device)
        plain = _synthetic(model.get_input_embeddings().weight.shape[0], "a made-up model")
    else:
        found = inputs_for(path, text, plan.image, device, model)
        plain = encode(path, text, model.get_input_embeddings().weight.shape[0])
    return replace(
        plain,
        ids=tuple(found.tensors["input_ids"][0].tolist()),
        tensors=found.tensors,
        image_tokens=found.image_tokens,
        notes=found.notes,
    )


def encode(path: str, text: str, vocabulary: int) -> Prompt:
    """Tokenize ``text`` as a chat turn where there is a template; never fails."""
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
        ids, notes = _ids(tokenizer, text)
    except Exception as error:  # noqa: BLE001 - any tokenizer trouble has the same way out
        return _synthetic(vocabulary, f"its tokenizer cannot be used ({one_line(error, _LONGEST)})")
    if not ids:
        return _synthetic(vocabulary, "its tokenizer turns the prompt into nothing")
    if max(ids) >= vocabulary:
        return _synthetic(vocabulary, "its tokenizer has more tokens than the model")

    def decode(tokens: Sequence[int]) -> str:
        decoded: str = tokenizer.decode(
            list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return decoded

    return Prompt(tuple(ids), decode, tokenizer, notes, thinks=_thinks(decode(ids[-_TAIL:])))


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
            notes = (
                f"its chat template fails ({one_line(error, _LONGEST)}): the prompt is plain text",
            )
    return list(tokenizer(text)["input_ids"]), notes


def _thinks(end: str) -> bool:
    """Whether the end of a prompt opens a block of thoughts, or leaves the choice to the model."""
    opened, closed = end.rfind("<think>"), end.rfind("</think>")
    return opened > closed


def _synthetic(vocabulary: int, why: str) -> Prompt:
    ids = tuple(text_ids(vocabulary, SYNTHETIC_TOKENS))
    note = f"{why}: the prompt is {SYNTHETIC_TOKENS} made-up tokens and the text stays empty"
    return Prompt(ids, lambda _: "", None, (note,))
