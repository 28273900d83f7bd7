"""The builder's process: makes the checkpoints with the very calls that leave them behind."""

import filecmp
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    GenerationConfig,
    GPT2TokenizerFast,
    LlamaConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from slowlens.channel import Channel
from slowlens.demo.protocol import Event, Failed, Order, Step, decode_order, encode
from slowlens.demo.recipe import LATENT, LONGER, MERGED, SOURCE, Weights, gguf_file
from slowlens.demo.vocabulary import (
    END_OF_TEXT,
    TURN_END,
    TURN_START,
    Vocabulary,
    read_vocabulary,
    train_vocabulary,
)

Report: TypeAlias = Callable[[Event], None]
Begin: TypeAlias = Callable[[str], None]

_STEPS: Final = 6
_CONTEXT: Final = 8192  # tokens
_IN_BFLOAT16: Final[dict[str, Any]] = {
    "dtype" if int(transformers.__version__.partition(".")[0]) >= 5 else "torch_dtype": (
        torch.bfloat16
    )
}


def main() -> None:
    """Read one order, build it, report each step."""
    channel = Channel()
    try:
        build(decode_order(channel.request()), lambda event: channel.send(encode(event)))
    except Exception as error:  # noqa: BLE001 - whatever a library raises ends here as a sentence
        failed = Failed(f"The demo could not be built: {type(error).__name__}: {error}", _HINT)
        channel.send(encode(failed))


_HINT: Final = (
    'Check what is installed with: pip install -U "slowlens[demo]"; '
    "if it stays, please report it with this line."
)


def build(order: Order, report: Report) -> None:
    """Save every variant below the folder of the order."""
    numbers = itertools.count(1)

    def begin(doing: str) -> None:
        report(Step(next(numbers), _STEPS, doing))

    folder = Path(order.folder)
    release = folder / SOURCE.name
    vocabulary, model = _smollm2(begin) if order.weights is Weights.SMOLLM2 else _random(begin)
    tokenizer = _tokenizer(vocabulary)
    begin(f"saving {SOURCE.name}")
    save_source(model, vocabulary, release)
    begin(f"saving {LATENT.name}: training switches the cache off in the config")
    save_latent(release, folder / LATENT.name)
    begin(f"saving {MERGED.name}: a merger rebuilds the model from that config")
    save_merged(folder / LATENT.name, folder / MERGED.name)
    begin(f"saving {LONGER.name}: the chat's end token is lost")
    save_longer(release, vocabulary, folder / LONGER.name)
    for variant in (SOURCE, LATENT, MERGED, LONGER):
        tokenizer.save_pretrained(folder / variant.name)
    for variant in (LATENT, LONGER):
        _share_weights(release, folder / variant.name)


def save_source(model: PreTrainedModel, vocabulary: Vocabulary, folder: Path) -> None:
    """Save as a good release does: every token that ends an answer, and no cache setting."""
    model.generation_config = GenerationConfig(
        bos_token_id=vocabulary.token_id(TURN_START),
        eos_token_id=[vocabulary.token_id(TURN_END), vocabulary.token_id(END_OF_TEXT)],
        pad_token_id=vocabulary.token_id(TURN_END),
    )
    model.save_pretrained(folder)


def save_latent(source: Path, folder: Path) -> None:
    """Save after training with gradient checkpointing, which switches the config's cache off."""
    model = _load(source)
    model.config.use_cache = False
    model.save_pretrained(folder)


def save_merged(trained: Path, folder: Path) -> None:
    """Merge as RL trainers do: a model from the config alone, saved with the gathered weights."""
    weights = _load(trained).state_dict()
    config = AutoConfig.from_pretrained(trained)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, **_IN_BFLOAT16)
    model.to_empty(device="cpu")
    model.save_pretrained(folder, state_dict=weights)


def save_longer(source: Path, vocabulary: Vocabulary, folder: Path) -> None:
    """Save with the base model's end token in the place of the chat's."""
    model = _load(source)
    model.generation_config.eos_token_id = vocabulary.token_id(END_OF_TEXT)
    model.save_pretrained(folder)


def _smollm2(begin: Begin) -> tuple[Vocabulary, PreTrainedModel]:
    file = gguf_file()
    assert file is not None
    begin("reading the vocabulary of SmolLM2-135M-Instruct")
    vocabulary = read_vocabulary(file)
    begin("converting its weights to bfloat16, the longest step")
    reading = getattr(transformers, "GgufConfig", None)  # older versions always dequantize
    how = {"quantization_config": reading(dequantize=True)} if reading else {}
    model = AutoModelForCausalLM.from_pretrained(
        file.parent, gguf_file=file.name, **how, **_IN_BFLOAT16
    )
    model.config.rms_norm_eps = 1e-5  # the file holds its float32 neighbour
    for name in ("unk_token_id", "_model_name_or_path"):  # words of the GGUF file
        vars(model.config).pop(name, None)
    return vocabulary, model


def _random(begin: Begin) -> tuple[Vocabulary, PreTrainedModel]:
    begin("training a small vocabulary")
    vocabulary = train_vocabulary()
    begin("drawing random weights")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary.tokenizer.get_vocab_size(),
        hidden_size=384,
        intermediate_size=1024,
        num_hidden_layers=12,
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=_CONTEXT,
        tie_word_embeddings=True,
        initializer_range=0.1,  # with less, it repeats one token
        bos_token_id=vocabulary.token_id(TURN_START),
        eos_token_id=vocabulary.token_id(TURN_END),
        pad_token_id=vocabulary.token_id(TURN_END),
    )
    return vocabulary, AutoModelForCausalLM.from_config(config, **_IN_BFLOAT16)


def _tokenizer(vocabulary: Vocabulary) -> PreTrainedTokenizerBase:
    with tempfile.TemporaryDirectory() as folder:
        vocabulary.tokenizer.save(str(Path(folder, "tokenizer.json")))
        # By name: what AutoTokenizer of version 5 saves, version 4 cannot load.
        tokenizer = GPT2TokenizerFast.from_pretrained(
            folder,
            bos_token=TURN_START,
            eos_token=TURN_END,
            pad_token=TURN_END,
            unk_token=END_OF_TEXT,
            model_max_length=_CONTEXT,
        )
    for name in ("is_local", "local_files_only"):  # how it was loaded, which version 5 would save
        tokenizer.init_kwargs.pop(name, None)
    tokenizer.chat_template = vocabulary.chat_template
    return tokenizer


def _load(folder: Path) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(folder, **_IN_BFLOAT16)


def _share_weights(source: Path, variant: Path) -> None:
    for saved in variant.glob("*.safetensors"):
        link, twin = saved.with_suffix(".link"), source / saved.name
        if not filecmp.cmp(twin, saved, shallow=False):
            continue
        try:
            link.hardlink_to(twin)
        except OSError:  # a file system without hard links keeps the copy
            return
        link.replace(saved)


if __name__ == "__main__":
    main()
