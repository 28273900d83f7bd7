"""Folders without weights: said where nothing loads, with what would help."""

from collections.abc import Callable
from pathlib import Path

import pytest

from builders import checkpoint, write_json, write_safetensors
from slowlens.errors import CheckpointError
from slowlens.facts.checkpoint import FileProblem
from slowlens.gather.checkpoint import read_checkpoint

ADAPTER = {"peft_type": "LORA"}
SHARDS = [f"model_world_size_2_rank_{rank}.pt" for rank in range(2)]


def bare(folder: Path, *names: str) -> Path:
    root = checkpoint(folder, tensors=None)
    for name in names:
        (root / name).write_bytes(b"x")
    return root


def shards(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in SHARDS:
        (folder / name).write_bytes(b"x")
    return folder


def problem(root: Path) -> FileProblem:
    (found,) = read_checkpoint(root).problems
    assert found.file == "model.safetensors"
    return found


def test_configs_and_a_tokenizer_are_no_model(tmp_path: Path) -> None:
    root = bare(tmp_path / "m", "tokenizer.model", "training_args.bin", "optimizer.pt")
    found = problem(root)
    assert found.message == "is missing: there are no weights in the folder"
    assert "--configs-only" in found.hint
    assert read_checkpoint(root, configs_only=True).problems == ()


@pytest.mark.parametrize(
    "name",
    [
        "model.gguf",
        "Q4.gguf",
        "tf_model.h5",
        "consolidated.00.pth",
        "model.pt",
        "flax_model.msgpack",
    ],
)
def test_weights_of_another_kind_are_named(tmp_path: Path, name: str) -> None:
    found = problem(bare(tmp_path, name))
    assert found.message == f'is missing: of weights there is only "{name}", which is not read'
    assert "save_pretrained" in found.hint


def loose(root: Path) -> None:
    write_safetensors(root / "part.safetensors", {"x": ("F32", (1,))})


def pickle(root: Path) -> None:
    (root / "pytorch_model.bin").write_bytes(b"x")


def index(root: Path) -> None:
    write_json(root / "model.safetensors.index.json", {"weight_map": {"x": "gone.safetensors"}})


def adapter(root: Path) -> None:
    write_json(root / "adapter_config.json", ADAPTER)


def adapter_pickle(root: Path) -> None:
    (root / "adapter_model.bin").write_bytes(b"x")


def shard(root: Path) -> None:
    (root / SHARDS[0]).write_bytes(b"x")


@pytest.mark.parametrize("add", [loose, pickle, index, adapter, adapter_pickle, shard])
def test_what_others_tell_is_not_told_twice(tmp_path: Path, add: Callable[[Path], None]) -> None:
    root = bare(tmp_path)
    add(root)
    told = [found.message for found in read_checkpoint(root).problems]
    assert not any("no weights" in message or "of weights" in message for message in told)


def test_an_adapter_in_a_folder_below_is_no_model(tmp_path: Path) -> None:
    root = bare(tmp_path)
    (root / "lora_adapter").mkdir()
    write_json(root / "lora_adapter" / "adapter_config.json", ADAPTER)
    assert "no weights" in problem(root).message


def test_shards_in_the_folder_above_were_not_merged_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = shards(tmp_path / "actor")
    root = bare(actor / "huggingface")
    (tmp_path / "latest").symlink_to(root)
    monkeypatch.chdir(root)
    for name in (root, Path(), tmp_path / "latest"):
        found = problem(name)
        assert "holds 2 FSDP shards such as model_world_size_2_rank_0.pt" in found.message
        assert "not merged yet" in found.message
        assert f"model_merger merge --backend fsdp --local_dir {actor}" in found.hint
    checkpoint(root)
    assert read_checkpoint(root).problems == ()


def test_the_step_above_hints_at_merging(tmp_path: Path) -> None:
    step = tmp_path / "global_step_5"
    actor = shards(step / "actor")
    bare(actor / "huggingface")
    with pytest.raises(CheckpointError, match="un-merged FSDP shards") as caught:
        read_checkpoint(step)
    assert f"--local_dir {actor} " in caught.value.hint
    checkpoint(actor / "huggingface")  # as EasyR1's merger does
    for above in (step, actor):
        with pytest.raises(CheckpointError) as caught:
            read_checkpoint(above)
        assert caught.value.hint == f"Pass {actor / 'huggingface'} instead."


def test_configs_without_shards_above_are_still_pointed_to(tmp_path: Path) -> None:
    root = bare(tmp_path / "run" / "actor" / "huggingface")
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(tmp_path / "run")
    assert caught.value.hint == f"Pass {root} instead."


def test_weights_without_tensors_are_none(tmp_path: Path) -> None:
    root = checkpoint(tmp_path, tensors={})
    for configs_only in (False, True):
        (found,) = read_checkpoint(root, configs_only=configs_only).problems
        assert found.file == "model.safetensors"
        assert found.message == "holds no tensors: there are no weights"
    (root / "model.safetensors").write_bytes(b"x")
    (found,) = read_checkpoint(root).problems
    assert "no tensors" not in found.message
