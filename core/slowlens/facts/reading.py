"""Everything that was read from one checkpoint, with what follows from it."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.decoding.generation import decoder_pointer, is_discarded, mark_matters
from slowlens.facts.decoding.stopping import StopTokens, stop_tokens
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.effective import as_ids, effective_settings
from slowlens.facts.layers.memory import Memory, memory
from slowlens.facts.layers.misread import Misread, misread
from slowlens.facts.layers.rope import Ropes, rope_settings, ropes
from slowlens.facts.layers.windows import Layers, layers, window_settings
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Settings
from slowlens.facts.weights.quantization import Quantization, quantization
from slowlens.frozen import dataclass
from slowlens.jsonvalue import whole


@dataclass(frozen=True, slots=True)
class Reading:
    """A checkpoint, its effective settings, and the tokens that should end an answer."""

    checkpoint: Checkpoint
    settings: Settings
    stop_tokens: StopTokens
    discarded: bool
    """transformers 4 throws its generation_config.json away."""
    mark_matters: bool
    """Without the ``_from_model_config`` mark transformers 4 would decode differently."""
    quantization: Quantization
    ropes: Ropes
    misread: Misread
    """Where transformers 4 cannot read the rotary positions that transformers 5 wrote."""
    layers: Layers
    memory: Memory
    """What a load without arguments takes."""
    native: frozenset[int]
    """Major versions of transformers that bring this model type along."""


@dataclass(frozen=True, slots=True)
class Merged(Reading):
    """The checkpoint that is slow: merged, fine-tuned or re-saved."""


@dataclass(frozen=True, slots=True)
class Source(Reading):
    """The checkpoint that it came from."""


def stop_ids(reading: Reading, runtime: Runtime) -> frozenset[int]:
    """Return the ids at which ``runtime`` stops."""
    return frozenset(as_ids(reading.settings["eos_token_id"][runtime].value))


def wanted_stop_ids(merged: Reading, source: Reading | None) -> frozenset[int]:
    """Return all ids that should end an answer of ``merged``, as far as its files tell.

    They are those at which it or its source stops, and those of the tokenizer and its chat
    template; where none of these is there, those of config.json. A class default is nobody's
    word, so it does not count, nor do ids outside the vocabulary.
    """
    readings = (merged,) if source is None else (merged, source)
    ids: set[int] = set()
    for reading in readings:
        ids |= reading.stop_tokens.ids
        for runtime in GENERATE:
            if reading.settings["eos_token_id"][runtime].decided_by != DEFAULT:
                ids |= stop_ids(reading, runtime)
    ids -= outside_vocabulary(merged, ids)
    configured = frozenset(as_ids(merged.checkpoint.get(CONFIG, "eos_token_id")))
    return frozenset(ids) or configured - outside_vocabulary(merged, configured)


def outside_vocabulary(reading: Reading, ids: Iterable[int]) -> frozenset[int]:
    """Return the ids that the model cannot write."""
    nested = decoder_pointer(reading.checkpoint.values(CONFIG) or {})
    size = whole(reading.checkpoint.get(CONFIG, *nested, "vocab_size"))
    if size is None:
        return frozenset()
    return frozenset(i for i in ids if i >= size or i < 0)


AnyReading = TypeVar("AnyReading", bound=Reading)


def reading(
    kind: type[AnyReading], checkpoint: Checkpoint, defaults: Mapping[int, ClassDefaults]
) -> AnyReading:
    """Derive everything from ``checkpoint``; ``defaults`` by major version of transformers."""
    positions, depth = ropes(checkpoint, defaults), layers(checkpoint, defaults[5])
    settings = effective_settings(checkpoint, defaults)
    return kind(
        checkpoint=checkpoint,
        settings={**settings, **rope_settings(checkpoint, positions), **window_settings(depth)},
        stop_tokens=stop_tokens(checkpoint.tokenizer),
        discarded=is_discarded(checkpoint, defaults[4]),
        mark_matters=mark_matters(checkpoint, defaults[4]),
        memory=memory(checkpoint, defaults),
        native=frozenset(m for m, d in defaults.items() if d.of(checkpoint.model_type)),
        quantization=quantization(checkpoint),
        ropes=positions,
        misread=misread(checkpoint, positions, defaults),
        layers=depth,
    )
