"""Effective ``tie_word_embeddings``: whether a runtime takes the embedding for the head.

Composite models say it twice. transformers 4 asks the config of the part that writes text,
transformers 5 the config of the class that has the head; a few classes of 5 also listen to the
text config when it says true. A missing key means what the class says, not false.
"""

from collections.abc import Mapping
from typing import NamedTuple

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.jsonvalue import ABSENT, JsonObject, Pointer, lookup

TIE = "tie_word_embeddings"
TEXT_TOO = frozenset(
    (
        "fast_vlm",
        "glm4v",
        "glm4v_moe",
        "glm_ocr",
        "hunyuan_vl",
        "llava",
        "llava_next_video",
        "llava_onevision",
        "minimax_m3_vl",
        "paddleocr_vl",
        "perception_lm",
        "qwen2_5_vl",
        "qwen2_vl",
        "shieldgemma2",
        "video_llama_3",
    )
)
"""Classes of transformers 5 that tie when either config says so."""
INSIDE = frozenset(("blip-2", "instructblip", "instructblipvideo", "nemotron_h_omni"))
"""Classes of transformers 5 whose head is in a whole text model inside, with its own config."""
ALWAYS = frozenset(("longt5", "mt5", "pop2piano", "t5", "udop", "umt5"))
"""Classes of transformers 5 that tie whatever the file says."""
WITH_HEAD = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
"""Endings of architectures that write text."""
_THINKER = "thinker_config"
_TEXT = ("decoder", "generator", "text_config")
_SHARED = "what the class does when the key is missing"


class _Read(NamedTuple):
    value: bool | None
    """None where nothing tells."""
    decided_by: str


def tie_settings(
    checkpoint: Checkpoint, defaults: Mapping[int, ClassDefaults]
) -> dict[Runtime, Setting]:
    """Resolve it for both versions of transformers; what nothing tells is left out.

    Engines read config.json with transformers, and ask their own classes for composite models.
    """
    config = checkpoint.values(CONFIG)
    if config is None:
        return {}
    read = {
        Runtime.TRANSFORMERS_4: _transformers_4(config, defaults[4]),
        Runtime.TRANSFORMERS_5: _transformers_5(config, defaults[5]),
    }
    if not text_pointer(config) and _THINKER not in config:
        read |= dict.fromkeys((Runtime.VLLM, Runtime.SGLANG), read[Runtime.TRANSFORMERS_5])
    return {
        runtime: Setting(value, file, "" if file == CONFIG else _SHARED)
        for runtime, (value, file) in read.items()
        if value is not None
    }


def text_pointer(config: JsonObject) -> Pointer:
    """Return where the part that writes text is configured; empty when it is not nested."""
    base = _base(config)
    nested = (key for key in _TEXT if isinstance(lookup(config, (*base, key)), Mapping))
    return next(((*base, key) for key in nested), ())


def places(config: JsonObject) -> tuple[Pointer, ...]:
    """Return every level at which some version reads the key, the outermost first."""
    levels = dict.fromkeys((_base(config), text_pointer(config) or _base(config)))
    return tuple((*level, TIE) for level in levels)


def _base(config: JsonObject) -> Pointer:
    return (_THINKER,) if isinstance(config.get(_THINKER), Mapping) else ()


def _transformers_4(config: JsonObject, defaults: ClassDefaults) -> _Read:
    base = _base(config)
    pointer = text_pointer(config)
    if pointer:
        return _at(config, pointer, defaults)
    row = defaults.of(defaults.type_at(config, base))
    part = next((part for part in _TEXT if row and part in row.parts), "")
    written = _at(config, base, defaults)
    if row is None or not part or (row.flat == part and written.decided_by == CONFIG):
        return written
    given = row.given.get(part, {}).get(TIE)
    default = defaults.value(row.parts[part], TIE) if given is None else given
    return _Read(default if isinstance(default, bool) else None, DEFAULT)


def _transformers_5(config: JsonObject, defaults: ClassDefaults) -> _Read:
    base = _base(config)
    model_type = defaults.type_at(config, base)
    if model_type in ALWAYS:
        return _Read(True, DEFAULT)
    text_level = text_pointer(config) or (*base, "text_config")
    if model_type in INSIDE:
        return _at(config, text_level, defaults)
    own = _at(config, base, defaults)
    if model_type in TEXT_TOO and own.value is not True:
        text = _at(config, text_level, defaults)
        own = text if text.value is True else own
    if own.value is None and defaults.of(model_type):
        return _Read(False, own.decided_by)
    return own


def _at(config: JsonObject, level: Pointer, defaults: ClassDefaults) -> _Read:
    value = lookup(config, (*level, TIE))
    if value is not ABSENT and value is not None:
        return _Read(bool(value), CONFIG)
    default = defaults.value(defaults.type_at(config, level), TIE)
    return _Read(default if isinstance(default, bool) else None, DEFAULT)


def expects_head(checkpoint: Checkpoint) -> bool:
    """Whether the class that config.json names has a head of its own to fill."""
    if not checkpoint.generates or checkpoint.get(CONFIG, "is_encoder_decoder") is True:
        return False
    names = checkpoint.get(CONFIG, "architectures")
    if not isinstance(names, list) or not names:
        return True
    return any(isinstance(name, str) and name.endswith(WITH_HEAD) for name in names)
