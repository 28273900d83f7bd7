"""Pieces of what a loader does not find, that the rule's own tests do not reach."""

import pytest

from pairs import made
from slowlens.facts.weights.experts import Layout, layout
from slowlens.facts.weights.losses import doubled, main_stack, wrappers

KIND = ("BF16", (8, 8))


def test_names_are_grouped_by_what_was_left_in_them() -> None:
    names = ["module.a", "module.b", "_orig_mod.c", "model.modules.d", "e"]
    found = wrappers(made(tensors=dict.fromkeys(names, KIND)).weights)
    assert {left: len(tensors) for left, tensors in found.items()} == {
        "module.": 2,
        "_orig_mod.": 1,
    }


def test_a_doubled_model_has_its_embedding_there() -> None:
    some = dict.fromkeys(["model.model.layers.0.q", "model.embed_tokens.weight"], KIND)
    assert doubled(made(tensors=some).weights) == ()
    assert (
        len(doubled(made(tensors={**some, "model.model.embed_tokens.weight": KIND}).weights)) == 2
    )


def test_the_stack_that_writes_text() -> None:
    names = ["vision.layers.0.q", "vision.layers.1.q", "model.layers.0.q", "model.layers.7.q"]
    checkpoint = made({"num_hidden_layers": 2}, tensors=dict.fromkeys(names, KIND))
    assert main_stack(checkpoint) == {0: frozenset({"q"})}
    assert main_stack(made()) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model.layers.0.mlp.experts.0.up_proj.weight", Layout.SPLIT),
        ("model.layers.0.block_sparse_moe.experts.0.w1.weight", Layout.SPLIT),
        ("model.layers.0.mlp.experts.gate_up_proj", Layout.FUSED),
        ("model.layers.0.feed_forward.experts.down_proj.weight", Layout.FUSED),
        ("model.layers.0.mlp.experts.w13_weight", Layout.FUSED),
        ("model.layers.0.mlp.experts.gate_up_proj_blocks", Layout.NONE),
        ("model.layers.0.mlp.shared_experts.up_proj.weight", Layout.NONE),
        ("model.layers.0.mlp.up_proj.weight", Layout.NONE),
    ],
)
def test_layouts_of_experts(name: str, expected: Layout) -> None:
    assert layout(made(tensors={name: KIND}).weights) is expected
