"""The list of models with a static cache against the classes of the installed transformers.

Exact for the versions that the list was read from; of others only the best known are asked.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from slowlens.facts.decoding.staticcache import COMPILED

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
READ_FROM = {4: "4.52.4", 5: "5.23.0"}
TABLES = (
    "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES",
    "MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES",
    "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
)
KNOWN = ("llama", "mistral", "qwen2", "qwen3", "gemma2", "phi3")


def classes() -> Iterator[tuple[str, Any]]:
    auto = transformers.models.auto.modeling_auto
    for table in TABLES:
        for model_type, names in getattr(auto, table, {}).items():
            name = names if isinstance(names, str) else names[0]
            kind = getattr(transformers, name, None)
            if hasattr(kind, "_supports_default_dynamic_cache") and kind.can_generate():
                yield model_type, kind


def compiled(kind: Any) -> bool:
    if MAJOR == 4:
        return bool(kind._supports_static_cache and kind._supports_cache_class)
    stateful = getattr(kind, "_is_stateful", False)
    return bool(
        kind._can_compile_fullgraph and kind._supports_default_dynamic_cache() and not stateful
    )


def test_the_list_is_what_the_library_says() -> None:
    found: dict[str, bool] = {}
    for model_type, kind in classes():
        found[model_type] = found.get(model_type, True) and compiled(kind)
    if transformers.__version__ == READ_FROM[MAJOR]:
        assert {model_type for model_type, able in found.items() if able} == COMPILED[MAJOR]
    for model_type in KNOWN:
        assert found[model_type]
        assert model_type in COMPILED[MAJOR]
