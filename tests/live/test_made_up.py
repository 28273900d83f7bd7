"""Models of random weights: each shape is the model that was published, and generates."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from slowlens.gather.shapes import read_shape, shape_folder, shape_names

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from slowlens.errors import WorkerError  # noqa: E402
from slowlens.measure.worker.inputs import made_up_inputs, text_ids  # noqa: E402
from slowlens.measure.worker.made_up import SEED, SPREAD, make  # noqa: E402

CPU = torch.device("cpu")
each_shape = pytest.mark.parametrize("name", shape_names())
FAMILIES = (
    *("qwen2.5-0.5b", "qwen3-0.6b", "qwen3-30b-a3b", "llama-3.2-1b", "mistral-7b"),
    *("mixtral-8x7b", "gemma-2-2b", "gemma-3-1b", "phi-4-mini", "gpt2", "t5-base", "mamba-130m"),
    *("falcon-h1-0.5b", "deepseek-v2-lite", "qwen2-vl-2b", "qwen2.5-vl-3b", "qwen3-vl-4b"),
)
SMALL = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "vocab_size": 512,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "moe_intermediate_size": 32,
    "num_experts": 4,
    "num_local_experts": 4,
    "num_experts_per_tok": 2,
    "n_routed_experts": 4,
    "n_embd": 64,
    "n_head": 4,
    "d_model": 64,
    "d_ff": 96,
    "d_kv": 16,
    "num_heads": 4,
    "time_step_rank": 4,
    "mamba_d_ssm": 128,
    "mamba_n_heads": 8,
    "mamba_d_head": 16,
    "kv_lora_rank": 32,
    "qk_nope_head_dim": 16,
    "qk_rope_head_dim": 16,
    "v_head_dim": 16,
    "depth": 2,
    "embed_dim": 64,
    "out_hidden_size": 64,
    "fullatt_block_indexes": [1],
    "deepstack_visual_indexes": [0],
    "mrope_section": [2, 3, 3],
    "long_factor": [1.0] * 6,
    "short_factor": [1.0] * 6,
}
"""Sizes at which a model of two layers is made and run in no time."""


def known(config: Mapping[str, Any]) -> bool:
    return hasattr(transformers, config["architectures"][0])


def skip_unknown(name: str) -> None:
    if not known(read_shape(name).config):
        pytest.skip(f"transformers {transformers.__version__} does not know it")


def small(name: str, folder: Path) -> Path:
    config = json.loads((shape_folder(name, 2, folder) / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(smaller(config)))
    return folder


def smaller(config: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, (key, value) in enumerate(config.items()):
        found[key] = smaller(value) if isinstance(value, dict) else SMALL.get(key, value)
        if key.endswith("token_id"):
            found[key] = 400 + number
    if "kv_lora_rank" in found:  # heads do not share what is cached in one piece
        found["num_key_value_heads"] = found["num_attention_heads"]
    return found


@each_shape
def test_a_shape_has_as_many_parameters_as_were_published(name: str, tmp_path: Path) -> None:
    skip_unknown(name)
    model = make(shape_folder(name, 0, tmp_path), "", torch.device("meta"))
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert counted == pytest.approx(read_shape(name).parameters, rel=0.02)
    assert type(model).__name__ == read_shape(name).config["architectures"][0]


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_generates(name: str, tmp_path: Path) -> None:
    skip_unknown(name)
    model = make(small(name, tmp_path), "", CPU)
    for parameter in model.parameters():
        assert torch.isfinite(parameter).all()
    inputs = made_up_inputs(model, 12, "", CPU)
    assert inputs.tensors["input_ids"].shape == (1, 12)
    before = 1 if model.config.is_encoder_decoder else 12
    answer = model.generate(**inputs.tensors, max_new_tokens=4, do_sample=False)
    assert answer.shape == (1, before + 4)


def test_every_family_is_tried() -> None:
    types = {read_shape(name).config["model_type"] for name in shape_names()}
    assert types == {read_shape(name).config["model_type"] for name in FAMILIES}


def test_matrices_are_noise_and_norms_are_not(tmp_path: Path) -> None:
    """Its own initialization would spread them twice as far."""
    model = make(small("smollm2-135m", tmp_path), "float32", CPU)
    layer = model.model.layers[0]
    for matrix in (layer.mlp.up_proj.weight, model.model.embed_tokens.weight):
        assert matrix.std().item() == pytest.approx(SPREAD, rel=0.05)
        assert matrix.mean().item() == pytest.approx(0, abs=SPREAD / 20)
    assert torch.equal(layer.input_layernorm.weight, torch.ones(64))
    assert not torch.equal(layer.mlp.up_proj.weight, model.model.layers[1].mlp.up_proj.weight)
    rows = layer.mlp.up_proj.weight
    assert len({tuple(row[:4].tolist()) for row in rows}) == len(rows)


def test_no_number_is_drawn_for_a_matrix(tmp_path: Path) -> None:
    """Billions of them would take minutes on a CPU."""
    make(small("smollm2-135m", tmp_path), "", CPU)
    after = torch.random.get_rng_state()
    torch.manual_seed(SEED)
    assert torch.equal(after, torch.random.get_rng_state())


def test_what_a_family_sets_itself_is_kept(tmp_path: Path) -> None:
    mixer = make(small("mamba-130m", tmp_path), "", CPU).backbone.layers[0].mixer
    decay = torch.arange(1, mixer.A_log.shape[1] + 1).log()
    assert torch.allclose(mixer.A_log[0], decay)


def test_the_same_model_each_time(tmp_path: Path) -> None:
    one, two = (make(small("gpt2", tmp_path), "bfloat16", CPU).state_dict() for _ in range(2))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    ("name", "asked", "dtype"),
    [
        ("qwen2.5-0.5b", "", torch.bfloat16),
        ("qwen2.5-0.5b", "auto", torch.bfloat16),
        ("qwen2.5-0.5b", "float16", torch.float16),
        ("gpt2", "", torch.float32),
        ("qwen2.5-vl-3b", "float16", torch.float16),
        ("qwen3-vl-4b", "", torch.bfloat16),
    ],
)
def test_dtype_of_every_part(name: str, asked: str, dtype: Any, tmp_path: Path) -> None:
    skip_unknown(name)
    model = make(small(name, tmp_path), asked, CPU)
    assert {parameter.dtype for parameter in model.parameters()} == {dtype}


def test_attention_as_asked(tmp_path: Path) -> None:
    folder = small("qwen2.5-0.5b", tmp_path)
    for asked, used in (("", "sdpa"), ("eager", "eager")):
        model = make(folder, "", CPU, asked)
        assert model.model.layers[0].self_attn.config._attn_implementation == used


def test_settings_of_the_folder_are_kept_but_no_token_ends_an_answer(tmp_path: Path) -> None:
    folder = small("qwen2.5-0.5b", tmp_path)
    for name, uncached in (("generation_config.json", True), ("gone", False)):
        (folder / "generation_config.json").write_text('{"use_cache": false, "eos_token_id": 5}')
        (folder / "generation_config.json").rename(folder / name)
        settings = make(folder, "", CPU).generation_config
        assert (settings.use_cache is False) is uncached
        assert settings.eos_token_id is None


def test_the_class_of_the_type_where_none_is_named(tmp_path: Path) -> None:
    for name in ("qwen2.5-0.5b", "qwen2.5-vl-3b", "t5-base"):
        folder = small(name, tmp_path)
        config = json.loads((folder / "config.json").read_text())
        named = config.pop("architectures")
        (folder / "config.json").write_text(json.dumps(config))
        assert type(make(folder, "", CPU)).__name__ == named[0]


def test_a_type_that_writes_no_text(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    with pytest.raises(WorkerError, match="no class that generates text with model_type vit"):
        make(tmp_path, "", CPU)


@pytest.mark.parametrize("vocabulary", [1, 2, 16, 17, 100, 50_000, 200_000])
def test_made_up_text_is_in_the_vocabulary(vocabulary: int) -> None:
    ids = text_ids(vocabulary, 300)
    assert len(ids) == 300
    assert all(0 <= one < vocabulary for one in ids)
