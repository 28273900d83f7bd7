from typing import Any

import pytest

from literals import LORA, LORA_TENSORS, adapter
from pairs import made
from slowlens.facts.weights.adaptermatch import (
    is_lora,
    is_switched_off,
    lost_modules,
    magnitudes_differ,
    misfit,
    wrong_rank,
)

Q = "base_model.model.model.layers.0.self_attn.q_proj"
MAGNITUDE = {f"{Q}.lora_magnitude_vector": (8,)}


def test_lora_and_others() -> None:
    assert is_lora(adapter())
    assert not is_lora(adapter({"peft_type": "IA3"}))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lora_alpha": 0}, True),
        ({"lora_alpha": 0.0}, True),
        ({"lora_alpha": 0, "alpha_pattern": {}}, True),
        ({"lora_alpha": 0, "alpha_pattern": {"q_proj": 8}}, False),
        ({"lora_alpha": False}, False),
        ({"lora_alpha": None}, False),
        ({"lora_alpha": "0"}, False),
        ({"lora_alpha": 8}, False),
    ],
)
def test_an_alpha_of_nothing(changes: Any, expected: bool) -> None:
    assert is_switched_off(adapter({**LORA, **changes})) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"r": 8}, True),
        ({"r": 8, "rank_pattern": {"q_proj": 4}}, False),
        ({"r": 8, "rank_pattern": {"q_proj": 2}}, True),
        ({"r": 8, "rank_pattern": []}, True),
        ({"r": 2, "target_parameters": ["experts.down_proj"]}, False),
        ({"r": None}, False),
        ({"r": True}, False),
        ({"r": "8"}, False),
    ],
)
def test_ranks(changes: Any, expected: bool) -> None:
    assert (wrong_rank(adapter({**LORA, **changes})) is not None) is expected


def test_the_other_matrix_and_numbers_have_no_rank() -> None:
    names = (f"{Q}.lora_B.weight", f"{Q}.lora_A.weight")
    assert wrong_rank(adapter(tensors={names[0]: (8, 4), names[1]: ()})) is None


@pytest.mark.parametrize(
    ("names", "saved", "expected"),
    [
        (["lm_head"], (), ("lm_head",)),
        (["lm_head"], ("base_model.model.lm_head.weight",), ()),
        (["lm_head"], ("base_model.model.xlm_head.weight",), ("lm_head",)),
        (["lm_head", "embed_tokens"], ("base_model.model.lm_head.weight",), ("embed_tokens",)),
        (["classifier", "score"], ("base_model.model.score.weight",), ()),
        (["classifier", "score"], (), ("classifier", "score")),
        ([5, None], (), ()),
        (None, (), ()),
        ("lm_head", (), ()),
    ],
)
def test_modules_without_tensors(names: Any, saved: tuple[str, ...], expected: Any) -> None:
    tensors = {**LORA_TENSORS, **dict.fromkeys(saved, (8, 8))}
    assert lost_modules(adapter({**LORA, "modules_to_save": names}, tensors)) == expected


def test_without_any_tensors_nothing_is_lost() -> None:
    assert lost_modules(adapter({**LORA, "modules_to_save": ["lm_head"]}, {})) == ()
    assert not magnitudes_differ(adapter({**LORA, "use_dora": True}, {}))


@pytest.mark.parametrize(
    ("dora", "tensors", "expected"),
    [
        (True, LORA_TENSORS, True),
        (False, LORA_TENSORS, False),
        (None, LORA_TENSORS, False),
        (True, {**LORA_TENSORS, **MAGNITUDE}, False),
        (False, {**LORA_TENSORS, **MAGNITUDE}, True),
    ],
)
def test_magnitudes(dora: Any, tensors: Any, expected: bool) -> None:
    assert magnitudes_differ(adapter({**LORA, "use_dora": dora}, tensors)) is expected


@pytest.mark.parametrize(
    ("name", "dtype", "shape", "fits"),
    [
        ("model.layers.0.self_attn.q_proj.weight", "BF16", (8, 8), True),
        ("model.layers.0.self_attn.q_proj.weight", "BF16", (16, 16), False),
        ("model.layers.0.self_attn.q_proj.weight", "BF16", (8, 16), False),
        ("model.layers.0.self_attn.q_proj.weight", "BF16", (16, 8), False),
        ("model.language_model.layers.0.self_attn.q_proj.weight", "BF16", (16, 16), False),
        ("layers.0.self_attn.q_proj.weight", "F32", (16, 16), False),
        ("model.layers.0.self_attn.q_proj.weight", "U8", (64, 1), True),
        ("model.layers.0.self_attn.q_proj.weight", "BF16", (16,), True),
        ("model.layers.1.self_attn.q_proj.weight", "BF16", (16, 16), True),
    ],
)
def test_shapes(name: str, dtype: str, shape: tuple[int, ...], fits: bool) -> None:
    pair = misfit(adapter(), made(tensors={name: (dtype, shape)}).weights)
    assert (pair is None) is fits


def test_weights_stored_the_other_way_round() -> None:
    module = "base_model.model.h.0.c_attn"
    tensors = {f"{module}.lora_A.weight": (4, 8), f"{module}.lora_B.weight": (24, 4)}
    weights = made(tensors={"h.0.c_attn.weight": ("F32", (8, 24))}).weights
    assert misfit(adapter(tensors=tensors), weights) is None
    odd = {**tensors, f"{module}.lora_A.weight": (4, 9, 1)}
    assert misfit(adapter(tensors=odd), weights) is None
    half = {f"{module}.lora_A.weight": (4, 9)}
    assert misfit(adapter(tensors=half), weights) is None


@pytest.mark.parametrize("key", ["target_parameters", "use_qalora", "use_bdlora"])
def test_lora_of_other_shapes(key: str) -> None:
    weights = made(
        tensors={f"{Q.removeprefix('base_model.model.')}.weight": ("F32", (9, 9))}
    ).weights
    assert misfit(adapter(), weights) is not None
    assert misfit(adapter({**LORA, key: ["x"]}), weights) is None
