"""Effective generation parameters: how each runtime chooses tokens, how many, and what it keeps.

``generate()`` reads every parameter. vLLM and SGLang take the sampling parameters of
generation_config.json as the defaults of a request, whatever ``do_sample`` says; vLLM also takes
``max_new_tokens``.
"""

from collections.abc import Mapping

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.decoding.cachekind import CACHE_IMPLEMENTATION, cache_kinds
from slowlens.facts.decoding.generation import DEFAULTS, GenerationParameters
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.runtimes import ENGINES, GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Setting, Settings
from slowlens.jsonvalue import ABSENT, Json, same

GENERATION_KEYS = (
    "do_sample",
    "temperature",
    "top_k",
    "top_p",
    "repetition_penalty",
    "num_beams",
    "max_length",
    "max_new_tokens",
)
"""Parameters whose effective value is always told."""
FURTHER_KEYS = (
    "min_p",
    "no_repeat_ngram_size",
    "num_return_sequences",
    "num_beam_groups",
    "penalty_alpha",
    "dola_layers",
    "guidance_scale",
    "force_words_ids",
    "constraints",
    "prompt_lookup_num_tokens",
    "assistant_early_exit",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "output_logits",
    "return_dict_in_generate",
)
"""Parameters that are told where some runtime does not end up with the library's default."""
READ_BY_SGLANG = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
READ_BY_VLLM = (*READ_BY_SGLANG, "max_new_tokens")
ENGINE_DEFAULTS: Mapping[str, Json] = {**DEFAULTS, "top_k": 0, "min_p": 0.0}


def decoding_settings(
    checkpoint: Checkpoint,
    parameters: Mapping[Runtime, GenerationParameters],
    defaults: Mapping[int, ClassDefaults],
) -> Settings:
    """Resolve every generation parameter but ``use_cache`` and ``eos_token_id``."""
    told = {key: _by_runtime(key, parameters) for key in GENERATION_KEYS}
    kinds = {CACHE_IMPLEMENTATION: cache_kinds(checkpoint, parameters, defaults[4])}
    further = {key: _by_runtime(key, parameters) for key in FURTHER_KEYS}
    odd = {key: by for key, by in further.items() if not _is_default(key, by)}
    return {**told, **kinds, **odd}


def effective(settings: Settings, key: str, runtime: Runtime) -> Setting:
    """Return a generation parameter's setting, told or not."""
    found = settings.get(key, {}).get(runtime)
    return found or Setting(default_of(key, runtime), DEFAULT)


def default_of(key: str, runtime: Runtime) -> Json:
    """Return what ``runtime`` uses where no file says anything."""
    return (ENGINE_DEFAULTS if runtime in ENGINES else DEFAULTS).get(key)


def _is_default(key: str, by_runtime: Mapping[Runtime, Setting]) -> bool:
    """Whether no runtime does anything out of the ordinary: false is what null is."""
    return all(
        same(setting.value, default_of(key, runtime)) or setting.value is False
        for runtime, setting in by_runtime.items()
    )


def _by_runtime(
    key: str, parameters: Mapping[Runtime, GenerationParameters]
) -> dict[Runtime, Setting]:
    settings = {runtime: _parameter(key, runtime, parameters[runtime]) for runtime in GENERATE}
    for runtime, keys in ((Runtime.VLLM, READ_BY_VLLM), (Runtime.SGLANG, READ_BY_SGLANG)):
        if key in keys:
            settings[runtime] = _parameter(key, runtime, parameters[Runtime.VLLM])
    return settings


def _parameter(key: str, runtime: Runtime, parameters: GenerationParameters) -> Setting:
    """Resolve one of them; a null is no value, but transformers 4 takes it for one."""
    value, default = parameters.get(key), default_of(key, runtime)
    obeyed = runtime is Runtime.TRANSFORMERS_4 and default is not None
    if value is ABSENT or (value is None and not obeyed):
        return Setting(default, DEFAULT)
    return Setting(value, parameters.files[key])
