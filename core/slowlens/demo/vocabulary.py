"""The demo's tokenizer: read from SmolLM2's file, or trained here on a page of text."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from slowlens.frozen import dataclass

END_OF_TEXT: Final = "<|endoftext|>"
TURN_START: Final = "<|im_start|>"
TURN_END: Final = "<|im_end|>"
_SIZE: Final = 1024
_CONTROL: Final = 3  # the token type of GGUF for tokens that are no text
_TEMPLATE: Final = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A tokenizer without its special roles, and the chat template that goes with it."""

    tokenizer: Tokenizer
    chat_template: str

    def token_id(self, token: str) -> int:
        """Return the id of a token that is there."""
        found = self.tokenizer.token_to_id(token)
        assert found is not None, token
        return int(found)


def read_vocabulary(gguf_file: Path) -> Vocabulary:
    """Read tokens, merges and chat template of a GGUF file with a GPT-2 style tokenizer."""
    from gguf import GGUFReader  # not needed, and perhaps not installed, for random weights

    reader = GGUFReader(gguf_file)

    def field(name: str) -> object:
        found = reader.get_field(f"tokenizer.{name}")
        assert found is not None, name
        return found.contents()

    tokens, types = _texts(field("ggml.tokens")), field("ggml.token_type")
    pairs = (merge.split(" ", 1) for merge in _texts(field("ggml.merges")))
    tokenizer = _byte_level(
        models.BPE(
            vocab={token: number for number, token in enumerate(tokens)},
            merges=[(left, right) for left, right in pairs],
        )
    )
    assert isinstance(types, list)
    control = [token for token, kind in zip(tokens, types, strict=True) if kind == _CONTROL]
    tokenizer.add_special_tokens([_special(token) for token in control])
    return Vocabulary(tokenizer, str(field("chat_template")))


def train_vocabulary() -> Vocabulary:
    """Train a small tokenizer with the same end tokens on the text of this package."""
    text = resources.files("slowlens.demo").joinpath("corpus.txt").read_text(encoding="utf-8")
    tokenizer = _byte_level(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=_SIZE,
        special_tokens=[_special(token) for token in (END_OF_TEXT, TURN_START, TURN_END)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text.splitlines(), trainer)
    return Vocabulary(tokenizer, _TEMPLATE)


def _byte_level(model: models.BPE) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _special(token: str) -> AddedToken:
    return AddedToken(token, special=True, normalized=False)


def _texts(values: object) -> Sequence[str]:
    assert isinstance(values, list)
    return [str(value) for value in values]
