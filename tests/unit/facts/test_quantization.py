from typing import Any

import pytest

from pairs import made
from slowlens.facts.checkpoint import Checkpoint, Tensor, Weights
from slowlens.facts.weights.quantization import quantization
from slowlens.jsonvalue import ABSENT

PLAIN = ("model.layers.0.q_proj.weight", "BF16", (8, 8))


def with_tensors(*entries: tuple[str, str, tuple[int, ...]], config: Any = None) -> Checkpoint:
    checkpoint = made(config or {})
    tensors = tuple(Tensor(name, dtype, shape, 1, "m") for name, dtype, shape in entries)
    return Checkpoint(checkpoint.root, configs=checkpoint.configs, weights=Weights(("m",), tensors))


@pytest.mark.parametrize(
    ("name", "dtype", "shape"),
    [
        ("q_proj.weight", "U8", (2048, 1)),
        ("q_proj.weight", "I8", (64, 64)),
        ("q_proj.qweight", "I32", (8, 64)),
        ("q_proj.weight_packed", "I32", (64, 8)),
        ("q_proj.weight", "F8_E4M3", (64, 64)),
        ("experts.gate_up_proj_blocks", "U8", (2, 8, 4, 16)),
        ("q_proj.weight_scale", "F32", (1,)),
        ("q_proj.weight_scale_inv", "F32", (1, 1)),
        ("self_attn.k_scale", "F32", (1,)),
        ("q_proj.W_q", "U8", (8, 8)),
        ("q_proj.weight", "U32", (8, 8)),
    ],
)
def test_packed_weights(name: str, dtype: str, shape: tuple[int, ...]) -> None:
    packed = quantization(with_tensors(PLAIN, (name, dtype, shape))).packed
    assert packed is not None
    assert packed.name == name


@pytest.mark.parametrize(
    ("name", "dtype", "shape"),
    [
        ("attn.bias", "U8", (1, 1, 8, 8)),
        ("embeddings.position_ids", "I32", (1, 8)),
        ("attn.relative_position_index", "I32", (8, 8)),
        ("logit_scale", "F32", ()),
        ("layer_scale", "F32", (8,)),
        ("counter", "I32", (1,)),
        ("norm.weight", "F32", (8,)),
        ("position", "I64", (1, 8)),
    ],
)
def test_plain_weights(name: str, dtype: str, shape: tuple[int, ...]) -> None:
    assert quantization(with_tensors(PLAIN, (name, dtype, shape))).packed is None


def test_what_bitsandbytes_writes() -> None:
    four = ("q.weight.quant_state.bitsandbytes__nf4", "U8", (78,))
    found = quantization(with_tensors(("q.weight", "U8", (32, 1)), four))
    assert found.bits == 4
    assert found.bitsandbytes is not None
    assert found.bitsandbytes.name == four[0]
    eight = quantization(with_tensors(("q.weight", "I8", (8, 8)), ("q.SCB", "F32", (8,))))
    assert eight.bits == 8
    other = quantization(with_tensors(("q.weight", "I8", (8, 8))))
    assert (other.bits, other.bitsandbytes) == (0, None)


@pytest.mark.parametrize(
    ("config", "pointer", "declared", "method"),
    [
        ({}, ("quantization_config",), ABSENT, ""),
        ({"quantization_config": None}, ("quantization_config",), None, ""),
        ({"quantization_config": "4bit"}, ("quantization_config",), "4bit", ""),
        ({"quantization_config": {"quant_method": 4}}, (), {"quant_method": 4}, ""),
        ({"quantization_config": {"quant_method": "awq"}}, (), {"quant_method": "awq"}, "awq"),
        (
            {"text_config": {"quantization_config": {"quant_method": "fp8"}}},
            ("text_config", "quantization_config"),
            {"quant_method": "fp8"},
            "fp8",
        ),
    ],
)
def test_what_config_json_says(config: Any, pointer: Any, declared: Any, method: str) -> None:
    found = quantization(with_tensors(PLAIN, config=config))
    assert found.pointer == (pointer or ("quantization_config",))
    assert found.declared == declared
    assert found.method == method
