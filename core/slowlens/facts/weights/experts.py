"""How the experts of a mixture are laid out in the files."""

import re
from enum import StrEnum

from slowlens.facts.checkpoint import Tensor, Weights

_SPLIT = re.compile(r"\.experts\.\d+\.")
_FUSED = re.compile(
    r"\.experts\.(?:gate_up_proj|gate_proj|up_proj|down_proj|w13|w1|w2|w3)(?:$|\.w|_w)"
)


class Layout(StrEnum):
    """All experts of a layer in one tensor, or one by one."""

    NONE = "none"
    SPLIT = "split"
    FUSED = "fused"


def layout(weights: Weights) -> Layout:
    """Tell by the first tensor of an expert."""
    for tensor in weights.tensors:
        if ".experts." in tensor.name:
            if _SPLIT.search(tensor.name):
                return Layout.SPLIT
            if _FUSED.search(tensor.name):
                return Layout.FUSED
    return Layout.NONE


def experts(weights: Weights) -> tuple[Tensor, ...]:
    """Return the tensors of experts."""
    return tuple(tensor for tensor in weights.tensors if is_expert(tensor.name))


def is_expert(name: str) -> bool:
    """Tell the tensors of routed experts, in either layout."""
    return ".experts." in name


SPLIT_TYPES = frozenset(
    (
        "afmoe",
        "deepseek_v2",
        "deepseek_v3",
        "dots1",
        "ernie4_5_moe",
        "exaone_moe",
        "flex_olmo",
        "glm4_moe",
        "glm4_moe_lite",
        "glm4v_moe",
        "hunyuan_v1_moe",
        "jamba",
        "minimax",
        "minimax_m2",
        "mixtral",
        "olmoe",
        "phimoe",
        "qwen2_moe",
        "qwen3_moe",
        "qwen3_next",
        "solar_open",
    )
)
"""Model types whose checkpoints hold experts one by one; transformers 5 fuses them as it loads."""
