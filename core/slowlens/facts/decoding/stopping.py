"""The tokens that should end an answer, as the tokenizer and its chat template tell."""

from collections.abc import Iterable, Mapping

from slowlens.facts.checkpoint import Tokenizer
from slowlens.frozen import dataclass, field

END_OF_TURN = (
    "<|im_end|>",
    "<|eot_id|>",
    "<end_of_turn>",
    "<turn|>",
    "<|end|>",
    "<|end_of_turn|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|return|>",
)
"""Tokens that chat models write after an answer."""
HARMONY = "<|return|>"
"""Where a template writes it, ``<|end|>`` only ends a part of an answer, such as its thoughts."""


@dataclass(frozen=True, slots=True)
class StopTokens:
    """Name to id of the tokens that should end an answer; empty where nothing says so."""

    eos: Mapping[str, int]
    """The tokenizer's own end token."""
    end_of_turn: Mapping[str, int]
    """Known end-of-turn tokens that the chat template writes."""
    names: Mapping[int, str] = field(default_factory=dict[int, str])
    """The added tokens by id."""

    @property
    def ids(self) -> frozenset[int]:
        """All of them."""
        return frozenset((*self.eos.values(), *self.end_of_turn.values()))

    def describe(self, ids: Iterable[int]) -> str:
        """Write ids with their names where these are known: ``2 (<|im_end|>)``."""
        named = ((i, self.names.get(i)) for i in sorted(ids))
        return ", ".join(f"{i} ({name})" if name else str(i) for i, name in named)


def stop_tokens(tokenizer: Tokenizer) -> StopTokens:
    """Find the end token and the template's end-of-turn tokens among the added tokens."""
    ids, template = tokenizer.token_ids, tokenizer.chat_template or ""
    eos = {name: ids[name] for name in (tokenizer.eos_token,) if name is not None and name in ids}
    turns = {name: ids[name] for name in END_OF_TURN if name in ids and name in template}
    if HARMONY in turns:
        turns.pop("<|end|>", None)
    return StopTokens(eos, turns, {i: name for name, i in ids.items()})
