"""Keys that look like a cause and are none: the whole check stays silent about them."""

from pathlib import Path
from typing import Any

import pytest

from builders import CONFIG, GENERATION_CONFIG, checkpoint
from pairs import merged_of, saved, source_of
from slowlens import check
from slowlens.diagnose import diagnose, ranked
from slowlens.rules import (
    layer_types_wrong_length,
    rope_scaling_or_max_position_changed,
    sliding_window_changed,
)

BY_BOTH = Path(__file__).parents[1] / "fixtures" / "v4v5"

FULL = "full_attention"
QWEN = {**CONFIG, "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]}
QWEN |= {"tie_word_embeddings": True, "max_position_embeddings": 32768}
VL = {
    **{key: CONFIG[key] for key in ("eos_token_id", "torch_dtype", "transformers_version")},
    "model_type": "qwen2_5_vl",
    "architectures": ["Qwen2_5_VLForConditionalGeneration"],
    "tie_word_embeddings": True,
    "vision_config": {"model_type": "qwen2_5_vl"},
}
TEXT = {"hidden_size": 8, "num_hidden_layers": 1, "vocab_size": 16}
SECTIONS = {"mrope_section": [16, 24, 24]}


def found(
    tmp_path: Path,
    merged: dict[str, Any],
    source: dict[str, Any],
    generation: dict[str, Any] | None = None,
) -> list[str]:
    """The rules that say something, whatever it is and whomever it concerns."""
    written = {**GENERATION_CONFIG, **(generation or {})}
    here = checkpoint(tmp_path / "merged", merged, generation=written)
    there = checkpoint(tmp_path / "source", source)
    outcomes = [*check(here).outcomes, *check(here, there).outcomes]
    assert not [outcome.rule for outcome in outcomes if outcome.status == "crashed"]
    return [f"{rule}: {finding.message}" for rule, finding in ranked(outcomes)]


@pytest.mark.parametrize(
    "keys",
    [
        {"pretraining_tp": 4},
        {"attention_dropout": 0.1},
        {"gradient_checkpointing": True},
        {"_name_or_path": "/somewhere/else"},
        {"torchscript": True},
        {"_attn_implementation_autoset": False},
        {"_attn_implementation_internal": None},
        {"attn_implementation": "sdpa"},
        {"output_router_logits": False},
        {"output_router_logits": True},
        {"experts_implementation": "grouped_mm"},
        {"rope_scaling": None},
        {"rope_theta": 10000.0},
        {"rope_theta": 10000},
        {"rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}},
        {"max_position_embeddings": 2048},
        {"sliding_window": 4096},
        {"layer_types": [FULL]},
    ],
    ids=lambda keys: "-".join(map(str, next(iter(keys.items())))),
)
def test_keys_that_do_nothing(keys: dict[str, Any], tmp_path: Path) -> None:
    base = {**CONFIG, "tie_word_embeddings": True}
    assert not found(tmp_path, {**base, **keys}, base)
    assert not found(tmp_path, base, {**base, **keys})


@pytest.mark.parametrize(
    "keys",
    [
        {"sliding_window": 32768, "use_sliding_window": False, "max_window_layers": 28},
        {"sliding_window": None},
        {"sliding_window": 8192, "use_sliding_window": True, "max_window_layers": 1},
        {"layer_types": [FULL]},
        {"rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}},
        {"use_sliding_window": False, "sliding_window": 32768, "layer_types": [FULL]},
    ],
)
def test_windows_that_are_switched_off(keys: dict[str, Any], tmp_path: Path) -> None:
    assert not found(tmp_path, {**QWEN, **keys}, QWEN)
    assert not found(tmp_path, QWEN, {**QWEN, **keys})


def test_what_transformers_5_writes_beside_the_older_keys(tmp_path: Path) -> None:
    older = {**QWEN, "rope_theta": 1000000.0, "rope_scaling": None}
    newer = {
        **older,
        "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
        "layer_types": [FULL],
        "sliding_window": None,
        "use_sliding_window": False,
        "dtype": "bfloat16",
    }
    assert not found(tmp_path, newer, older)


def test_mrope_is_called_default_and_moves_to_the_text_part(tmp_path: Path) -> None:
    before = {**VL, **TEXT, "rope_theta": 1e6, "rope_scaling": {"type": "mrope", **SECTIONS}}
    scaling = {"type": "default", "rope_type": "default", **SECTIONS}
    after = {**VL, "text_config": {**TEXT, "rope_theta": 1e6, "rope_scaling": scaling}}
    rules = [text for text in found(tmp_path, after, before) if "rope" in text or "window" in text]
    assert not rules


def test_a_leaked_argument_is_provenance_and_no_kernel(tmp_path: Path) -> None:
    base = {**CONFIG, "tie_word_embeddings": True}
    said = found(tmp_path, base, base, {"attn_implementation": "flash_attention_2"})
    assert said
    assert all(text.startswith("kwargs-leaked-into-generation-config") for text in said)


@pytest.mark.parametrize("family", sorted(f.name for f in BY_BOTH.iterdir() if f.is_dir()))
def test_the_same_model_saved_by_both_versions_has_not_changed(family: str) -> None:
    rules = (rope_scaling_or_max_position_changed, sliding_window_changed, layer_types_wrong_length)
    folders = [saved(folder) for folder in sorted((BY_BOTH / family).iterdir()) if folder.is_dir()]
    for source in folders:
        for merged in folders:
            facts = merged_of(merged), source_of(source)
            outcomes = diagnose(facts, [rule.RULE for rule in rules])
            assert [outcome.status for outcome in outcomes] == ["passed"] * 3
