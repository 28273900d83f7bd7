from pathlib import Path

from builders import checkpoint, write_json, write_safetensors
from slowlens.gather.checkpoint import read_checkpoint

TENSORS = {"base_model.model.q_proj.lora_A.weight": ("F32", (4, 8))}
PLAIN = ("adapter_config.json", "adapter_model.safetensors")


def put(folder: Path, **config: object) -> Path:
    folder.mkdir(exist_ok=True)
    write_json(folder / "adapter_config.json", {"peft_type": "LORA", **config})
    write_safetensors(folder / "adapter_model.safetensors", TENSORS)
    return folder


def test_without_an_adapter_there_is_none(tmp_path: Path) -> None:
    assert read_checkpoint(checkpoint(tmp_path)).adapters == ()


def test_config_and_header_are_read(tmp_path: Path) -> None:
    (adapter,) = read_checkpoint(put(checkpoint(tmp_path), r=4)).adapters
    assert adapter.folder == ""
    assert adapter.files == PLAIN
    assert adapter.config == {"peft_type": "LORA", "r": 4}
    assert [(t.name, t.shape, t.file) for t in adapter.tensors] == [
        ("base_model.model.q_proj.lora_A.weight", (4, 8), "adapter_model.safetensors")
    ]


def test_the_folder_of_a_merger(tmp_path: Path) -> None:
    put(checkpoint(tmp_path) / "lora_adapter", lora_alpha=0)
    (adapter,) = read_checkpoint(tmp_path).adapters
    assert adapter.folder == "lora_adapter"
    assert adapter.files == tuple(f"lora_adapter/{name}" for name in PLAIN)
    assert adapter.config == {"peft_type": "LORA", "lora_alpha": 0}
    assert adapter.tensors[0].file == "lora_adapter/adapter_model.safetensors"


def test_other_folders_are_not_read(tmp_path: Path) -> None:
    put(checkpoint(tmp_path) / "adapter")
    (tmp_path / "lora_adapter").mkdir()
    assert read_checkpoint(tmp_path).adapters == ()


def test_a_link_to_a_folder_elsewhere_is_not_followed(tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere")
    (checkpoint(tmp_path / "model") / "lora_adapter").symlink_to(elsewhere)
    assert read_checkpoint(tmp_path / "model").adapters == ()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (checkpoint(tmp_path) / "lora_adapter").write_text("")
    assert read_checkpoint(tmp_path).adapters == ()


def test_a_pickle_is_only_noticed(tmp_path: Path) -> None:
    write_json(checkpoint(tmp_path) / "adapter_config.json", {})
    (tmp_path / "adapter_model.bin").write_bytes(b"\x80\x04cos\nsystem\n")
    found = read_checkpoint(tmp_path)
    assert found.adapters[0].files == ("adapter_config.json", "adapter_model.bin")
    assert found.adapters[0].tensors == ()
    assert not found.problems


def test_damage_is_told_with_its_folder(tmp_path: Path) -> None:
    put(checkpoint(tmp_path) / "lora_adapter")
    for name in PLAIN:
        (tmp_path / name).write_text("{")
        (tmp_path / "lora_adapter" / name).write_text("{")
    found = read_checkpoint(tmp_path)
    assert [adapter.config for adapter in found.adapters] == [None, None]
    assert {problem.file for problem in found.problems} == {
        *PLAIN,
        *(f"lora_adapter/{name}" for name in PLAIN),
    }


def test_tensors_without_a_config(tmp_path: Path) -> None:
    (put(checkpoint(tmp_path) / "lora_adapter") / "adapter_config.json").unlink()
    (adapter,) = read_checkpoint(tmp_path).adapters
    assert adapter.config is None
    assert adapter.files == ("lora_adapter/adapter_model.safetensors",)
