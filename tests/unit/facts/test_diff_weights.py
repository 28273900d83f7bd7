"""Tensors: grouped over layers, renames apart, the size in total."""

import sys
from collections.abc import Mapping

import pytest

from pairs import LLAMA, compared, differing, made
from slowlens.facts.difference import Difference, Effect
from slowlens.jsonvalue import ABSENT

Header = tuple[str, tuple[int, ...]]
Tensors = Mapping[str, Header]
Values = Mapping[str, object]
HEAD: Tensors = {"lm_head.weight": ("BF16", (8, 8))}
TIED: Values = {**LLAMA, "tie_word_embeddings": True}
TOTAL = "size in bytes"


def model(dtype: str = "BF16", prefix: str = "model.", layers: int = 3) -> dict[str, Header]:
    each = ("mlp.up_proj.weight", "self_attn.q_proj.weight", "input_layernorm.weight")
    names = [f"{prefix}layers.{layer}.{name}" for layer in range(layers) for name in each]
    return dict.fromkeys((f"{prefix}embed_tokens.weight", *names), (dtype, (8, 8)))


def weights(source: Tensors, merged: Tensors, config: Values = LLAMA) -> dict[str, Difference]:
    return differing(made(config, tensors=source), made(config, tensors=merged))


def test_the_same_tensors() -> None:
    assert weights(model(), model()) == {}


def test_one_projection_in_float32_is_one_row() -> None:
    merged = model() | {
        name: ("F32", shape) for name, (_, shape) in model().items() if "up_proj" in name
    }
    found = weights(model(), merged)
    row = found["model.layers.*.mlp.up_proj.weight"]
    assert (row.source, row.merged) == ("BF16 x3", "F32 x3")
    assert row.effect is Effect.SPEED
    assert set(found) == {row.key, TOTAL}


def test_everything_in_float32_is_one_row_and_twice_the_size() -> None:
    found = weights(model(), model("F32"))
    assert set(found) == {"*", TOTAL}
    assert found["*"].note.startswith("10 of 10 tensors: 2 times the bytes")
    assert (found[TOTAL].source, found[TOTAL].merged) == (1280, 2560)
    assert (found[TOTAL].effect, found[TOTAL].note) == (Effect.MEMORY, "2 times")


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ("BF16", "F32", Effect.SPEED),
        ("F32", "BF16", Effect.MEMORY),
        ("BF16", "F16", Effect.OUTPUT),
        ("BF16", "F8_E4M3", Effect.OUTPUT),
    ],
)
def test_what_a_change_of_dtype_does(before: str, after: str, effect: Effect) -> None:
    assert weights(model(before), model(after))["*"].effect is effect


def test_a_few_small_tensors_in_float32_are_how_models_are_saved() -> None:
    source = model() | {"model.big.weight": ("BF16", (1000, 8))}
    merged = source | {"model.layers.0.input_layernorm.weight": ("F32", (8, 8))}
    found = weights(source, merged)
    assert {d.effect for d in found.values()} == {Effect.COSMETIC}


def test_a_missing_layer_is_grouped_with_its_number_of_tensors() -> None:
    found = weights(model(layers=3), model(layers=1), {**LLAMA, "num_hidden_layers": 3})
    row = found["model.layers.*.mlp.up_proj.weight"]
    assert (row.source, row.merged) == ("BF16 [8, 8] x2", ABSENT)
    assert row.effect is Effect.OUTPUT
    assert "random" in row.note


def test_one_missing_tensor_of_many_is_seen() -> None:
    merged = model()
    del merged["model.layers.1.mlp.up_proj.weight"]
    assert "model.layers.*.mlp.up_proj.weight" in weights(model(), merged)


def test_another_shape() -> None:
    merged = model() | {"model.embed_tokens.weight": ("BF16", (9, 8))}
    found = weights(model(), merged)["model.embed_tokens.weight"]
    assert (found.source, found.merged) == ("BF16 [8, 8] x1", "BF16 [9, 8] x1")
    assert "vocabulary was resized" in found.note


def test_an_empty_tensor() -> None:
    merged = model() | {"model.layers.0.mlp.up_proj.weight": ("BF16", (0,))}
    found = weights(model(), merged)["model.layers.*.mlp.up_proj.weight"]
    assert "ZeRO-3" in found.note


class TestHead:
    def test_a_tied_head_may_be_left_out(self) -> None:
        found = compared(made(TIED, tensors=model() | HEAD), made(TIED, tensors=model()))
        assert [d.key for d in found.differences] == [TOTAL]
        assert [d.note for d in found.unchanged] == ["tied: the head is the embedding"]

    def test_a_copy_of_a_tied_head_takes_room(self) -> None:
        found = weights(model(), model() | HEAD, TIED)
        assert found["lm_head.weight"].effect is Effect.MEMORY

    def test_an_untied_head_must_be_there(self) -> None:
        found = weights(model() | HEAD, model())
        assert found["lm_head.weight"].effect is Effect.OUTPUT
        assert "random" in found["lm_head.weight"].note

    def test_the_class_default_tells_whether_it_is_tied(self) -> None:
        gemma = {"model_type": "gemma2"}
        found = weights(model() | HEAD, model(), gemma)
        assert "lm_head.weight" not in found


class TestRenames:
    @pytest.mark.parametrize(
        ("source", "merged"),
        [
            ("model.", "model.language_model."),
            ("language_model.model.", "model.language_model."),
            ("model.", "model.model."),
        ],
    )
    def test_another_layout_is_no_difference(self, source: str, merged: str) -> None:
        found = compared(made(tensors=model(prefix=source)), made(tensors=model(prefix=merged)))
        assert found.differences == ()
        (note,) = (d.note for d in found.unchanged)
        assert note.startswith("10 tensors")

    def test_the_eye_of_a_model_may_move_too(self) -> None:
        old = {"visual.blocks.0.attn.qkv.weight": ("BF16", (8, 8))} | model()
        new = {"model.visual.blocks.0.attn.qkv.weight": ("BF16", (8, 8))}
        new |= model(prefix="model.language_model.")
        assert weights(old, new) == {}

    @pytest.mark.parametrize(
        "wrapper", ["_orig_mod.", "module.", "base_model.model.", "_fsdp_wrapped_module."]
    )
    def test_what_training_leaves_in_names_is_one_difference(self, wrapper: str) -> None:
        found = weights(model(), model(prefix=f"{wrapper}model."))
        (row,) = found.values()
        assert row.effect is Effect.OUTPUT
        assert row.key == f"…{wrapper}…"
        assert row.note.startswith("10 tensors: not found under this name")

    def test_an_adapter_that_was_not_merged(self) -> None:
        merged = {name.replace(".weight", ".base_layer.weight"): v for name, v in model().items()}
        merged["model.layers.0.mlp.up_proj.lora_A.weight"] = ("BF16", (2, 8))
        found = weights(model(), merged)
        assert found["model.layers.*.mlp.up_proj.lora_A.weight"].effect is Effect.SPEED
        assert found["…base_layer.…"].effect is Effect.OUTPUT

    def test_a_renamed_tensor_of_another_dtype_is_still_told(self) -> None:
        assert "*" in weights(model(), model("F32", prefix="model.language_model."))

    def test_two_claims_to_one_place_are_not_guessed_at(self) -> None:
        merged = {f"module.{name}": value for name, value in model().items()}
        merged |= {f"_orig_mod.{name}": value for name, value in model().items()}
        found = weights(model(), merged)
        assert "model.embed_tokens.weight" in found


class TestOneSided:
    @pytest.mark.parametrize(
        "name",
        ["model.layers.0.self_attn.rotary_emb.inv_freq", "h.0.attn.masked_bias", "h.0.attn.bias"],
    )
    def test_what_transformers_computes_itself(self, name: str) -> None:
        found = weights(model(), model() | {name: ("F32", (4,))})
        assert set(found) == {TOTAL}
        found = weights(model() | {name: ("F32", (4,))}, model())
        assert set(found) == {TOTAL}

    @pytest.mark.parametrize("name", ["mtp.fc.weight", "model.layers.2.eh_proj.weight"])
    def test_heads_for_speculative_decoding(self, name: str) -> None:
        found = weights(model(layers=2) | {name: ("BF16", (8, 8))}, model(layers=2))
        key = name.replace("eh_proj.weight", "*")
        assert found[key].effect is Effect.SPEED

    def test_layers_beyond_the_last_are_such_heads(self) -> None:
        found = weights(model(layers=3), model(layers=2))
        assert set(found) == {"model.layers.2.*", TOTAL}
        assert found["model.layers.2.*"].effect is Effect.SPEED

    def test_packed_weights(self) -> None:
        packed = {"model.layers.0.mlp.up_proj.qweight": ("U8", (8, 4))}
        found = weights(model() | packed, model())
        assert found["model.layers.*.mlp.up_proj.qweight"].effect is Effect.SPEED

    def test_anything_else_is_ignored_on_loading(self) -> None:
        found = weights(model(), model() | {"foo.bar": ("BF16", (1,))})
        assert found["foo.bar"].effect is Effect.COSMETIC


def test_weights_that_cannot_be_seen_are_said_to_be_not_compared() -> None:
    (found,) = compared(made(tensors=model()), made()).differences
    assert (found.file, found.effect) == ("weights", Effect.OUTPUT)
    assert "not compared" in found.note


def test_the_shards_do_not_matter() -> None:
    other = dict(reversed(model().items()))
    assert compared(made(tensors=model()), made(tensors=other)).unchanged == ()


def calls(layers: int) -> int:
    """Count the calls that it takes to compare two models."""
    source, merged = (made(tensors=model(dtype, layers=layers)) for dtype in ("BF16", "F32"))
    count = 0

    def counting(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        compared(source, merged)
    finally:
        sys.setprofile(before)
    return count


def test_twice_the_layers_are_no_more_than_twice_the_work() -> None:
    calls(1)  # fills what is kept from call to call
    assert 100 < calls(200) < 2.1 * calls(100)
