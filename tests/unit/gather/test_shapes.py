import json
from pathlib import Path

import pytest

from slowlens.errors import UsageError
from slowlens.facts.shapes import generation_settings, shortened
from slowlens.gather.shapes import read_shape, shape_folder, shape_names

each_shape = pytest.mark.parametrize("name", shape_names())


def config_of(folder: Path) -> dict[str, object]:
    return json.loads((folder / "config.json").read_text())


@each_shape
def test_a_shape_says_where_it_is_from_and_which_class_it_is(name: str) -> None:
    shape = read_shape(name)
    assert shape.url.startswith("https://huggingface.co/")
    assert shape.config["model_type"]
    assert len(shape.config["architectures"]) == 1
    assert shape.layers > 1
    assert shape.parameters > 1e8


def test_the_folder_holds_a_whole_config_and_the_special_tokens(tmp_path: Path) -> None:
    folder = shape_folder("qwen2.5-7b", 0, tmp_path / "new" / "folder")
    assert config_of(folder) == read_shape("qwen2.5-7b").config
    said = json.loads((folder / "generation_config.json").read_text())
    assert said == {"bos_token_id": 151643, "eos_token_id": 151645, "pad_token_id": 151645}


def test_fewer_layers(tmp_path: Path) -> None:
    assert config_of(shape_folder("qwen2.5-7b", 4, tmp_path))["num_hidden_layers"] == 4
    assert config_of(shape_folder("gpt2", 4, tmp_path))["n_layer"] == 4
    assert config_of(shape_folder("t5-base", 4, tmp_path))["num_layers"] == 4


def test_fewer_layers_of_the_text_model_alone(tmp_path: Path) -> None:
    config = config_of(shape_folder("qwen3-vl-4b", 3, tmp_path))
    assert config["text_config"]["num_hidden_layers"] == 3
    assert config["vision_config"]["depth"] == 24
    assert config["text_config"]["hidden_size"] == 2560


def test_the_list_of_layers_is_cut_with_them() -> None:
    kinds = ["linear_attention", "full_attention", "linear_attention"]
    cut = shortened({"num_hidden_layers": 3, "layer_types": kinds, "vocab_size": 9}, 2)
    assert cut == {"num_hidden_layers": 2, "layer_types": kinds[:2], "vocab_size": 9}


@pytest.mark.parametrize("layers", [-1, 29])
def test_more_layers_than_there_are(layers: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has 28 layers") as caught:
        shape_folder("qwen2.5-7b", layers, tmp_path / "new")
    assert "1 to 28" in caught.value.hint
    assert not (tmp_path / "new").exists()


def test_as_many_layers_as_there_are(tmp_path: Path) -> None:
    assert config_of(shape_folder("qwen2.5-7b", 28, tmp_path))["num_hidden_layers"] == 28


@pytest.mark.parametrize("name", ["Qwen2.5-7B", "Qwen/Qwen2.5-7B"])
def test_a_name_as_it_is_written_on_the_hub(name: str) -> None:
    assert read_shape(name).name == "qwen2.5-7b"


def test_an_unknown_name_gets_the_nearest_and_the_list() -> None:
    with pytest.raises(UsageError, match=r"Did you mean .*llama-3\.1-8b") as caught:
        read_shape("llama3.1-8b")
    assert "mamba-130m" in caught.value.hint


@pytest.mark.parametrize("name", ["", "gpt2.json", "gpt2/.."])
def test_a_path_is_no_name(name: str) -> None:
    with pytest.raises(UsageError):
        read_shape(name)


def test_special_tokens() -> None:
    assert generation_settings({"eos_token_id": [7, 8]}) == {
        "eos_token_id": [7, 8],
        "pad_token_id": 7,
    }
    assert generation_settings({"eos_token_id": 7, "pad_token_id": 0})["pad_token_id"] == 0
    assert generation_settings({"text_config": {"eos_token_id": 7}, "eos_token_id": 1}) == {
        "eos_token_id": 7,
        "pad_token_id": 7,
    }
    assert generation_settings({}) == {}
