"""Whether one model in memory serves two folders."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import builders
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT, Json
from slowlens.measure.sharing import shares_weights
from slowlens.overlay import overlay

NESTED = {**builders.CONFIG, "text_config": {"model_type": "llama", "use_cache": False}}


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return builders.checkpoint(tmp_path / "one", config=NESTED)


def edited(one: Path, *edits: tuple[str, Json]) -> Path:
    """A double with keys of config.json, as ``text_config.use_cache``, set."""
    config: Any = NESTED
    changes = []
    for key, after in edits:
        *above, last = key.split(".")
        before = (config[above[0]] if above else config).get(last, ABSENT)
        changes.append(Edit("config.json", (*above, last), before=before, after=after))
    return overlay(one, changes, one.parent / "double")


def test_a_double_that_generates_otherwise_shares(one: Path) -> None:
    assert shares_weights(one, edited(one, ("use_cache", True), ("text_config.use_cache", True)))


@pytest.mark.parametrize(
    "key",
    ["eos_token_id", "cache_implementation", "temperature", "num_beams", "transformers_version"],
)
def test_every_key_of_generate_may_differ(one: Path, key: str) -> None:
    double = edited(one, (key, 9))
    assert shares_weights(one, double)
    assert shares_weights(double, one)


@pytest.mark.parametrize(
    "key",
    [
        "dtype",
        "torch_dtype",
        "rope_theta",
        "rope_parameters",
        "tie_word_embeddings",
        "attn_implementation",
        "_attn_implementation",
        "text_config.sliding_window",
        "text_config.unheard_of",
        "unheard_of",
        "auto_map",
        "quantization_config",
        "pad_token_id",
        "output_attentions",
        "architectures",
    ],
)
def test_any_other_key_may_not(one: Path, key: str) -> None:
    assert not shares_weights(one, edited(one, (key, "another")))


def test_a_key_of_generate_in_an_unknown_part_is_an_unknown_key(one: Path) -> None:
    assert not shares_weights(one, edited(one, ("vision_config", {"use_cache": False})))


def test_true_is_not_one(tmp_path: Path) -> None:
    one = builders.checkpoint(tmp_path / "one", config={**NESTED, "flag": True})
    double = overlay(one, [Edit("config.json", ("flag",), True, 1)], tmp_path / "double")
    assert not shares_weights(one, double)


def more_weights(double: Path) -> None:
    (double / "model-2.safetensors").write_bytes(b"")


def other_weights(double: Path) -> None:
    content = (double / "model.safetensors").read_bytes()
    (double / "model.safetensors").unlink()
    (double / "model.safetensors").write_bytes(content)


def adapter(double: Path) -> None:
    (double / "adapter_config.json").write_text("{}")


def unreadable(double: Path) -> None:
    (double / "config.json").unlink()
    (double / "config.json").write_text("{")


def nothing(double: Path) -> None:
    (double / "config.json").unlink()


@pytest.mark.parametrize("change", [more_weights, other_weights, adapter, unreadable, nothing])
def test_other_files_are_another_model(one: Path, change: Callable[[Path], None]) -> None:
    double = overlay(one, [], one.parent / "double")
    assert shares_weights(one, double)
    change(double)
    assert not shares_weights(one, double)
    assert not shares_weights(double, one)


def test_an_index_counts_by_what_it_says(one: Path) -> None:
    index = "model.safetensors.index.json"
    (one / index).write_text('{"weight_map": {}}')
    double = overlay(one, [], one.parent / "double")
    (double / index).unlink()
    (double / index).write_text('{"weight_map": {}}')
    assert shares_weights(one, double)
    (double / index).write_text('{"weight_map": {"a": "b"}}')
    assert not shares_weights(one, double)


def test_without_weights_nothing_is_shared(tmp_path: Path) -> None:
    one = builders.checkpoint(tmp_path / "one", tensors=None)
    assert not shares_weights(one, overlay(one, [], tmp_path / "double"))
    assert not shares_weights(one, tmp_path / "missing")


def test_a_part_for_text_that_is_null_is_a_value(tmp_path: Path) -> None:
    config = {**builders.CONFIG, "text_config": None}
    one = builders.checkpoint(tmp_path / "one", config=config)
    assert shares_weights(one, overlay(one, [], tmp_path / "double"))
