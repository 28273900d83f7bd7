"""What a checkpoint says about packed weights, and what its headers show of them."""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, TEXT_CONFIG_KEYS, Checkpoint, Tensor
from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Absent, Json, Pointer

QUANTIZATION_CONFIG = "quantization_config"
_PACKED = frozenset(
    [
        "U8",
        "I8",
        "I16",
        "U16",
        "I32",
        "U32",
        "F4",
        "F6_E2M3",
        "F6_E3M2",
        "F8_E4M3",
        "F8_E5M2",
        "F8_E8M0",
        "F8_E4M3FNUZ",
        "F8_E5M2FNUZ",
    ]
)
"""Dtypes that a matrix of weights has only when it was packed."""
_BUFFERS = (".bias", "masked_bias", "_ids", "_index", "_mask")
"""Endings of matrices of whole numbers that are no weights."""
_COMPANIONS = (
    ".weight_scale",
    ".weight_scale_inv",
    ".input_scale",
    ".k_scale",
    ".v_scale",
)
"""What formats put beside weights that they leave as they are, or for the cache alone."""
_NIBBLES = ".quant_state.bitsandbytes__"
_BYTES = ".SCB"


@dataclass(frozen=True, slots=True)
class Quantization:
    """How the weights are packed, by config.json and by the headers."""

    pointer: Pointer = (QUANTIZATION_CONFIG,)
    """Where config.json speaks of it."""
    declared: Json | Absent = ABSENT
    method: str = ""
    """``quant_method``, empty where none is named."""
    packed: Tensor | None = None
    """The first packed tensor."""
    bitsandbytes: Tensor | None = None
    """A tensor that only bitsandbytes writes."""
    bits: int = 0
    """Of a weight that bitsandbytes packed."""


def quantization(checkpoint: Checkpoint) -> Quantization:
    """Read ``quantization_config``, and look for packed tensors."""
    pointer, declared = next(_declared(checkpoint), ((QUANTIZATION_CONFIG,), ABSENT))
    method = declared.get("quant_method") if isinstance(declared, dict) else ""
    packed = next(filter(_is_packed, checkpoint.weights.tensors), None)
    own = next(filter(_is_of_bitsandbytes, checkpoint.weights.tensors), None) if packed else None
    return Quantization(
        pointer=pointer,
        declared=declared,
        method=method if isinstance(method, str) else "",
        packed=packed,
        bitsandbytes=own,
        bits=0 if own is None else 4 if _NIBBLES in own.name else 8,
    )


def _declared(checkpoint: Checkpoint) -> Iterator[tuple[Pointer, Json]]:
    for part in ((), *((key,) for key in TEXT_CONFIG_KEYS)):
        pointer = (*part, QUANTIZATION_CONFIG)
        value = checkpoint.get(CONFIG, *pointer)
        if value is not ABSENT:
            yield pointer, value


def _is_packed(tensor: Tensor) -> bool:
    if tensor.dtype in _PACKED and len(tensor.shape) > 1:
        return not tensor.name.endswith(_BUFFERS)
    return tensor.name.endswith(_COMPANIONS)


def _is_of_bitsandbytes(tensor: Tensor) -> bool:
    return _NIBBLES in tensor.name or tensor.name.endswith(_BYTES)
