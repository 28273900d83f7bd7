"""Which generation parameters ``generate()`` starts from, and which file they come from.

transformers reads generation_config.json, or derives a GenerationConfig from config.json when
that file is missing or does not parse. transformers 4 also throws a generation_config.json away
that is marked ``_from_model_config`` when config.json holds a generation parameter of its own
(``GenerationMixin._prepare_generation_config``); transformers 5 does not. One thing is not
modelled: from 4.55 on, Qwen's vision configs hide such a parameter behind their text config.
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, Checkpoint
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT
from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Absent, Json, JsonObject, Pointer, lookup

FROM_MODEL_CONFIG = "_from_model_config"

DEFAULTS: Mapping[str, Json] = {
    "use_cache": True,
    "max_length": 20,
    "min_length": 0,
    "do_sample": False,
    "early_stopping": False,
    "num_beams": 1,
    "num_beam_groups": 1,
    "diversity_penalty": 0.0,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 1.0,
    "typical_p": 1.0,
    "repetition_penalty": 1.0,
    "length_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "encoder_no_repeat_ngram_size": 0,
    "num_return_sequences": 1,
    "output_scores": False,
    "return_dict_in_generate": False,
    "remove_invalid_values": False,
}
"""What ``GenerationConfig`` uses where no file says anything; None for every other parameter."""

LEGACY_PARAMETERS = (
    *(key for key in DEFAULTS if key != "use_cache"),
    "bad_words_ids",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "exponential_decay_length_penalty",
    "suppress_tokens",
    "begin_suppress_tokens",
)
"""Parameters in config.json that make transformers 4 throw a marked file away."""

LOADING_ARGUMENTS = (
    "attn_implementation",
    "device_map",
    "dtype",
    "low_cpu_mem_usage",
    "quantization_config",
    "return_dict",
    "torch_dtype",
    "trust_remote_code",
    "use_flash_attention_2",
    "use_sliding_window",
)
"""Arguments of ``from_pretrained`` that leak into generation_config.json, where they do nothing."""

DECODER_CONFIGS: tuple[Pointer, ...] = (
    ("decoder",),
    ("generator",),
    ("text_config",),
    ("thinker_config", "text_config"),
)
"""Where ``get_text_config(decoder=True)`` looks for the part that writes text."""


@dataclass(frozen=True, slots=True)
class GenerationParameters:
    """The values that were found, each with its file, and why that file was read."""

    values: Mapping[str, Json]
    files: Mapping[str, str]
    origin: str
    """The file that the parameters were taken from as a whole."""
    discarded: bool = False
    """Whether generation_config.json exists but is thrown away."""

    def get(self, key: str) -> Json | Absent:
        """Return what a file says about ``key``."""
        return self.values.get(key, ABSENT)


def generation_parameters(
    checkpoint: Checkpoint, runtime: Runtime, defaults: ClassDefaults
) -> GenerationParameters:
    """Return what ``generate()`` of ``runtime`` starts from; vLLM reads as transformers 5 does."""
    written = checkpoint.values(GENERATION_CONFIG)
    discarded = runtime is Runtime.TRANSFORMERS_4 and is_discarded(checkpoint, defaults)
    if written is not None and not discarded:
        return GenerationParameters(
            written, dict.fromkeys(written, GENERATION_CONFIG), GENERATION_CONFIG
        )
    found = (
        _derived_4(checkpoint, defaults)
        if runtime is Runtime.TRANSFORMERS_4
        else _derived_5(checkpoint)
    )
    values, files = {}, {}
    for key, value, file in found:
        if key not in values:
            values[key], files[key] = value, file
    return GenerationParameters(values, files, CONFIG, discarded)


def is_discarded(checkpoint: Checkpoint, defaults: ClassDefaults) -> bool:
    """Whether transformers 4 throws generation_config.json away."""
    if checkpoint.get(GENERATION_CONFIG, FROM_MODEL_CONFIG) is not True:
        return False
    return any(True for _ in legacy_parameters(checkpoint, defaults))


def legacy_parameters(checkpoint: Checkpoint, defaults: ClassDefaults) -> Iterator[str]:
    """Yield the generation parameters of config.json that differ from the class default."""
    for key in LEGACY_PARAMETERS:
        value = checkpoint.get(CONFIG, key)
        if value is ABSENT or value is None:
            continue
        default = defaults.value(checkpoint.model_type, key)
        if value != (DEFAULTS.get(key) if default is ABSENT else default):
            yield key


def mark_matters(checkpoint: Checkpoint, defaults: ClassDefaults) -> bool:
    """Whether transformers 4 would decode differently without the ``_from_model_config`` mark.

    ``use_cache`` aside: that is the cache rules' own question.
    """
    if not is_discarded(checkpoint, defaults):
        return False
    written = checkpoint.values(GENERATION_CONFIG) or {}
    derived = {key: value for key, value, _ in reversed([*_derived_4(checkpoint, defaults)])}
    keys = {*LEGACY_PARAMETERS, "bos_token_id", "eos_token_id", "pad_token_id", "max_new_tokens"}
    return any(_or_default(written, key) != _or_default(derived, key) for key in keys)


def _or_default(values: Mapping[str, Json], key: str) -> Json:
    value = values.get(key)
    return DEFAULTS.get(key) if value is None else value


def decoder_pointer(config: JsonObject) -> Pointer:
    """Return where the config of the part that writes text is nested; empty when it is not."""
    for pointer in DECODER_CONFIGS:
        if isinstance(lookup(config, pointer), Mapping):
            return pointer
    return ()


_Found = tuple[str, Json, str]


def _derived_4(checkpoint: Checkpoint, defaults: ClassDefaults) -> Iterator[_Found]:
    """Config.json with its class's defaults; the decoder's where the top level is unset."""
    config = checkpoint.values(CONFIG) or {}
    pointer = decoder_pointer(config)
    levels: list[tuple[JsonObject, str]] = [(config, checkpoint.model_type)]
    nested = lookup(config, pointer) if pointer else ABSENT
    if isinstance(nested, Mapping):
        levels.append((nested, defaults.type_at(config, pointer)))
    for values, model_type in levels:
        yield from _set(values, DEFAULTS)
        keys = {"bos_token_id", "eos_token_id", "pad_token_id", "use_cache", *LEGACY_PARAMETERS}
        for key in sorted(keys - values.keys()):
            default = defaults.value(model_type, key)
            if default is not ABSENT and default is not None and default != DEFAULTS.get(key):
                yield key, default, DEFAULT
    yield from _set(config, {})


def _derived_5(checkpoint: Checkpoint) -> Iterator[_Found]:
    """Read the raw config.json: its top level, then the decoder's where that is unset."""
    config = checkpoint.values(CONFIG) or {}
    yield from _set(config, {})
    nested = lookup(config, decoder_pointer(config)) if decoder_pointer(config) else ABSENT
    if isinstance(nested, Mapping):
        yield from _set(nested, {})


def _set(values: JsonObject, unset: Mapping[str, Json]) -> Iterator[_Found]:
    for key, value in values.items():
        if value is not None and (key not in unset or value != unset[key]):
            yield key, value, CONFIG
