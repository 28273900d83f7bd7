"""Layers, and the heads for speculative decoding behind the last."""

from typing import Any

import pytest

from pairs import made
from slowlens.facts.weights.mtp import announced, is_mtp, layer_count


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"num_hidden_layers": 4}, 4),
        ({"num_hidden_layers": 4, "num_layers": 2}, 2),
        ({"num_layers": 3}, 3),
        ({"num_hidden_layers": 9, "text_config": {"num_hidden_layers": 4}}, 4),
        ({"num_hidden_layers": 9, "text_config": {}}, 9),
        ({"num_hidden_layers": True}, 0),
        ({"num_hidden_layers": "4", "num_layers": -1}, 0),
        (None, 0),
    ],
)
def test_layers(config: Any, expected: int) -> None:
    assert layer_count(made(config)) == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"num_nextn_predict_layers": 1}, (("num_nextn_predict_layers",), 1)),
        ({"text_config": {"num_mtp_layers": 2}}, (("text_config", "num_mtp_layers"), 2)),
        ({"num_nextn_predict_layers": 0}, ((), 0)),
        ({"num_nextn_predict_layers": True}, ((), 0)),
        (None, ((), 0)),
    ],
)
def test_announced(config: Any, expected: Any) -> None:
    assert announced(made(config)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mtp.fc.weight", True),
        ("model.mtp_block.0.weight", True),
        ("model.layers.2.mlp.up_proj.weight", True),
        ("language_model.model.layers.3.q.weight", True),
        ("model.layers.1.eh_proj.weight", True),
        ("model.layers.1.shared_head.norm.weight", True),
        ("model.layers.1.mlp.up_proj.weight", False),
        ("vision_tower.layers.9.q.weight", False),
        ("model.layers.x.weight", False),
        ("model.layers.99999999.weight", False),
        ("model.layers", False),
        ("model.norm.weight", False),
        ("prompt.weight", False),
    ],
)
def test_names(name: str, expected: bool) -> None:
    assert is_mtp(name, 2) is expected
    if "layers.2" in name or "layers.3" in name:
        assert not is_mtp(name, 0)
