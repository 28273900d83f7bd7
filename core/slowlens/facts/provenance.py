"""Who most likely wrote a checkpoint, by the traces that tools leave in its files."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import chain

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.decoding.generation import FROM_MODEL_CONFIG
from slowlens.facts.weights.dtypes import KEYS
from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Json, same

VISION_PAD, VISION_PAD_ID = "<|vision_pad|>", 151654
"""What Unsloth pads Qwen's texts with."""


class Likelihood(StrEnum):
    """How sure a trace makes us."""

    PROBABLY = "probably"
    """Hardly anybody else writes it."""
    POSSIBLY = "possibly"
    """Others write it too, or a user by hand."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A file, or a key in it, that a tool left."""

    file: str
    key: str = ""
    """A dotted path, empty for the file itself."""
    found: Json = None


@dataclass(frozen=True, slots=True)
class Writer:
    """A tool that most likely had a hand in a checkpoint, and why we think so."""

    name: str
    likelihood: Likelihood
    traces: tuple[Trace, ...]


def provenance(checkpoint: Checkpoint) -> tuple[Writer, ...]:
    """Return every tool whose traces are there, what is telling before what many write."""
    found = [
        Writer(name, likelihood, traces)
        for name, likelihood, look in FINGERPRINTS
        if (traces := tuple(look(checkpoint)))
    ]
    return (*sorted(found, key=lambda writer: writer.likelihood == Likelihood.POSSIBLY),)


def _merger(checkpoint: Checkpoint) -> Iterator[Trace]:
    """Find a generation config that was derived from the model's, with two ids and nothing else.

    With an id to begin with, it is what transformers writes for any model without such a file.
    """
    values = checkpoint.values(GENERATION_CONFIG) or {}
    end, pad = values.get("eos_token_id"), values.get("pad_token_id")
    known = {FROM_MODEL_CONFIG, "use_cache", "transformers_version", "eos_token_id", "pad_token_id"}
    derived = values.get(FROM_MODEL_CONFIG) is True and known >= values.keys()
    if derived and type(end) is int and type(pad) is int and end != pad:
        yield Trace(GENERATION_CONFIG, FROM_MODEL_CONFIG, found=True)


def _leaked(checkpoint: Checkpoint) -> Iterator[Trace]:
    yield from _key(checkpoint, GENERATION_CONFIG, "attn_implementation")


def _mergekit(checkpoint: Checkpoint) -> Iterator[Trace]:
    yield from _file(checkpoint, "mergekit_config.yml")


def _verl(checkpoint: Checkpoint) -> Iterator[Trace]:
    for adapter in checkpoint.adapters:
        config = adapter.config or {}
        if adapter.folder == "lora_adapter" and config.get("lora_alpha") == 0:
            yield Trace(f"{adapter.folder}/adapter_config.json", "lora_alpha", 0)


def _shards(checkpoint: Checkpoint) -> Iterator[Trace]:
    yield from _file(checkpoint, "model_world_size_*_rank_*.pt")


def _router(checkpoint: Checkpoint) -> Iterator[Trace]:
    for pointer in (("output_router_logits",), ("text_config", "output_router_logits")):
        if checkpoint.get(CONFIG, *pointer) is True:
            yield Trace(CONFIG, ".".join(pointer), found=True)


def _both_caches_off(checkpoint: Checkpoint) -> Iterator[Trace]:
    pointers = (("use_cache",), ("text_config", "use_cache"))
    if all(checkpoint.get(CONFIG, *pointer) is False for pointer in pointers):
        yield from (Trace(CONFIG, ".".join(pointer), found=False) for pointer in pointers)


def _adapter_with_config(checkpoint: Checkpoint) -> Iterator[Trace]:
    here = any(adapter.folder == "" for adapter in checkpoint.adapters)
    if here and checkpoint.has(CONFIG) and not checkpoint.weights.files:
        yield Trace(CONFIG)


def _export(checkpoint: Checkpoint) -> Iterator[Trace]:
    padding = tuple(_key(checkpoint, TOKENIZER_CONFIG, "padding_side", "left"))
    if padding and "Modelfile" in checkpoint.files:
        yield from (Trace("Modelfile"), *padding)


def _trainer_log(checkpoint: Checkpoint) -> Iterator[Trace]:
    yield from _file(checkpoint, "trainer_log.jsonl")


def _trainer_5(checkpoint: Checkpoint) -> Iterator[Trace]:
    written = tuple(_key(checkpoint, CONFIG, "use_cache", expected=False))
    version = _version(checkpoint)
    arguments = tuple(_file(checkpoint, "training_args.bin"))
    if written and arguments and version.startswith("5."):
        yield from (*arguments, *written)


def _trainer(checkpoint: Checkpoint) -> Iterator[Trace]:
    if not any(_trainer_5(checkpoint)):
        yield from _file(checkpoint, "training_args.bin")


def _deepspeed(checkpoint: Checkpoint) -> Iterator[Trace]:
    yield from _file(checkpoint, "zero_to_fp32.py")


def _unsloth(checkpoint: Checkpoint) -> Iterator[Trace]:
    yield from _key(checkpoint, CONFIG, "unsloth_version")
    if checkpoint.tokenizer.pad_token == VISION_PAD:
        yield Trace(TOKENIZER_CONFIG, "pad_token", VISION_PAD)
    yield from _key(checkpoint, CONFIG, "pad_token_id", VISION_PAD_ID)


def _both_dtypes(checkpoint: Checkpoint) -> Iterator[Trace]:
    keys = [tuple(_key(checkpoint, CONFIG, key)) for key in KEYS]
    if all(keys):
        yield from chain.from_iterable(keys)


def _tokenizers_backend(checkpoint: Checkpoint) -> Iterator[Trace]:
    yield from _key(checkpoint, TOKENIZER_CONFIG, "tokenizer_class", "TokenizersBackend")


def _truncated(checkpoint: Checkpoint) -> Iterator[Trace]:
    if checkpoint.tokenizer.settings.get("truncation") is not None:
        yield Trace("tokenizer.json", "truncation")


def _saver(checkpoint: Checkpoint) -> Iterator[Trace]:
    yield from _key(checkpoint, CONFIG, "transformers_version")


_PROBABLY, _POSSIBLY = Likelihood.PROBABLY, Likelihood.POSSIBLY
FINGERPRINTS: tuple[tuple[str, Likelihood, Callable[[Checkpoint], Iterator[Trace]]], ...] = (
    ("mergekit", _PROBABLY, _mergekit),
    ("llamafactory-cli export", _PROBABLY, _export),
    ("LLaMA-Factory training", _PROBABLY, _trainer_log),
    ("verl's model merger", _PROBABLY, _verl),
    ("verl or EasyR1, shards that are not merged yet", _PROBABLY, _shards),
    ("Unsloth", _PROBABLY, _unsloth),
    ("DeepSpeed", _PROBABLY, _deepspeed),
    ("the Trainer of transformers 5", _PROBABLY, _trainer_5),
    ("the Trainer of transformers", _PROBABLY, _trainer),
    ("a script that passes loading arguments to a model class, as VLM-R1", _PROBABLY, _leaked),
    ("transformers 4 before 4.56, over a file of a later one", _PROBABLY, _both_dtypes),
    ("transformers 5", _PROBABLY, _tokenizers_backend),
    ("transformers", _PROBABLY, _saver),
    ("a merger that uses from_config, as EasyR1 before August 2026", _POSSIBLY, _merger),
    ("LLaMA-Factory, OpenRLHF or axolotl, training experts", _POSSIBLY, _router),
    ("LLaMA-Factory or axolotl, training images and text", _POSSIBLY, _both_caches_off),
    ("OpenRLHF", _POSSIBLY, _adapter_with_config),
    ("a script that truncated before it saved the tokenizer", _POSSIBLY, _truncated),
)
"""Name, how sure its traces make us, and what looks for them."""


def _version(checkpoint: Checkpoint) -> str:
    version = checkpoint.get(CONFIG, "transformers_version")
    return version if isinstance(version, str) else ""


def _file(checkpoint: Checkpoint, pattern: str) -> Iterator[Trace]:
    """Yield the first file of that name."""
    names = (name for name in checkpoint.files if fnmatchcase(name, pattern))
    yield from (Trace(name) for name in sorted(names)[:1])


def _key(checkpoint: Checkpoint, file: str, key: str, expected: Json = None) -> Iterator[Trace]:
    """Yield a key that is there and not null, with the ``expected`` value if one is named."""
    found = checkpoint.get(file, key)
    if found is not ABSENT and found is not None and (expected is None or same(found, expected)):
        yield Trace(file, key, found)
