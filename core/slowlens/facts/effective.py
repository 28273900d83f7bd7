"""All effective settings of a checkpoint.

They are predictions from files; ``slowlens measure`` proves the one about the cache. The tests
compare them with what the installed library does with random pairs of files.
"""

from collections.abc import Mapping

from slowlens.facts.checkpoint import GENERATION_CONFIG, Checkpoint, Tokenizer
from slowlens.facts.decoding.cache import cache_settings
from slowlens.facts.decoding.generation import GenerationParameters, generation_parameters
from slowlens.facts.decoding.parameters import decoding_settings
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.pictures.pixels import IMAGE_TOKENS, image_token_settings
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting, Settings
from slowlens.facts.weights.dtypes import dtype_settings
from slowlens.facts.weights.loading import attention_settings
from slowlens.facts.weights.tied import TIE, tie_settings
from slowlens.jsonvalue import Absent, Json, whole

DEFAULTS_OF = {Runtime.TRANSFORMERS_4: 4, Runtime.TRANSFORMERS_5: 5, Runtime.VLLM: 5}
"""The major version of transformers whose reading of the files each runtime shares."""


def effective_settings(checkpoint: Checkpoint, defaults: Mapping[int, ClassDefaults]) -> Settings:
    """Resolve every setting of ``checkpoint``; ``defaults`` by major version of transformers."""
    parameters = {
        runtime: generation_parameters(checkpoint, runtime, defaults[major])
        for runtime, major in DEFAULTS_OF.items()
    }
    settings = {
        "use_cache": cache_settings(checkpoint, parameters, defaults[5]),
        "eos_token_id": _eos(checkpoint.tokenizer, parameters),
        "dtype": dtype_settings(checkpoint),
        "attn_implementation": attention_settings(checkpoint),
        TIE: tie_settings(checkpoint, defaults),
        **decoding_settings(checkpoint, parameters, defaults),
    }
    pictures = image_token_settings(checkpoint)
    return {**settings, IMAGE_TOKENS: pictures} if pictures else settings


def as_ids(value: Json | Absent) -> tuple[int, ...]:
    """Return token ids as a tuple, whether they were written as a number or as a list."""
    if isinstance(value, list):
        return tuple(i for i in map(whole, value) if i is not None)
    one = whole(value)
    return () if one is None else (one,)


def _eos(
    tokenizer: Tokenizer, parameters: Mapping[Runtime, GenerationParameters]
) -> dict[Runtime, Setting]:
    """Resolve the ids that end an answer; vLLM adds the tokenizer's own end token."""
    settings = {}
    for runtime, found in parameters.items():
        ids = as_ids(found.get("eos_token_id"))
        files = [found.files["eos_token_id"]] if ids else []
        own = tokenizer.token_ids.get(tokenizer.eos_token or "")
        if runtime is Runtime.VLLM and own is not None and own not in ids:
            ids, files = (own, *ids), [tokenizer.eos_file, *files]
        settings[runtime] = Setting(list(ids), " + ".join(files) or _silent(found))
    return settings


def _silent(parameters: GenerationParameters) -> str:
    """Name generation_config.json without the key, too: config.json is not asked then."""
    return GENERATION_CONFIG if parameters.origin == GENERATION_CONFIG else DEFAULT
