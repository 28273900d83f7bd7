import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from builders import TOKENIZER_CONFIG, checkpoint, write_json, write_safetensors
from slowlens.errors import CheckpointError
from slowlens.gather.checkpoint import CONFIG_FILES, read_checkpoint
from slowlens.jsonvalue import ABSENT


def error(root: Path) -> tuple[str, str]:
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(root)
    return str(caught.value), caught.value.hint


def test_a_sound_checkpoint(tmp_path: Path) -> None:
    root = checkpoint(tmp_path / "m")
    (root / "sub").mkdir()
    found = read_checkpoint(root)
    assert found.problems == ()
    assert found.root == root
    assert found.model_type == "llama"
    assert found.get("generation_config.json", "eos_token_id") == [2, 0]
    assert found.weights.parameters == 200
    assert found.tokenizer.token_ids == {"<|endoftext|>": 0, "<|im_end|>": 2}
    assert found.files == {
        path.name: path.stat().st_size for path in root.iterdir() if path.is_file()
    }
    assert list(found.configs) == ["config.json", "generation_config.json", "tokenizer_config.json"]


def test_every_config_file_is_read(tmp_path: Path) -> None:
    for name in CONFIG_FILES:
        write_json(tmp_path / name, {"is": name})
    found = read_checkpoint(tmp_path)
    assert {name: found.get(name, "is") for name in CONFIG_FILES} == {n: n for n in CONFIG_FILES}
    assert all(config.sha256 for config in found.configs.values())


def test_a_small_part_of_a_large_checkpoint_is_read(
    tmp_path: Path, bytes_read: Counter[str]
) -> None:
    root = checkpoint(tmp_path, tensors={f"layer.{n}": ("BF16", (576, 576)) for n in range(272)})
    added = [{"id": n, "content": f"<{n}>"} for n in range(17)]
    write_json(root / "tokenizer.json", {"added_tokens": added, "model": {"x": "x" * 2_000_000}})
    found = read_checkpoint(root)
    assert sum(found.files.values()) > 180_000_000
    assert bytes_read.keys() == found.files.keys()
    assert bytes_read.total() < 400_000


def test_a_broken_file_leaves_the_others_readable(tmp_path: Path) -> None:
    root = checkpoint(tmp_path)
    (root / "generation_config.json").write_text("{")
    found = read_checkpoint(root)
    assert [problem.file for problem in found.problems] == ["generation_config.json"]
    assert found.values("generation_config.json") is None
    assert found.model_type == "llama"
    assert found.weights.tensors
    assert found.tokenizer.token_ids


def test_everything_broken_at_once_is_told_file_by_file(tmp_path: Path) -> None:
    root = checkpoint(tmp_path, generation=None)
    (root / "config.json").write_text("[]")
    os.mkfifo(root / "generation_config.json")
    (root / "tokenizer_config.json").unlink()
    (root / "tokenizer_config.json").symlink_to("gone")
    (root / "tokenizer.json").mkdir()
    (root / "model.safetensors").write_bytes(b"")
    found = read_checkpoint(root)
    assert [problem.file for problem in found.problems] == [
        "config.json",
        "generation_config.json",
        "tokenizer_config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert all(problem.message and problem.hint.endswith(".") for problem in found.problems)
    assert list(found.files) == ["config.json", "model.safetensors"]


def test_weights_without_a_config(tmp_path: Path) -> None:
    found = read_checkpoint(checkpoint(tmp_path, config=None))
    assert found.problems[0].file == "config.json"
    assert found.problems[0].message.startswith("is missing")
    assert found.get("config.json", "model_type") is ABSENT


def test_an_adapter_alone_is_no_problem_but_a_finding(tmp_path: Path) -> None:
    write_json(tmp_path / "adapter_config.json", {"peft_type": "LORA"})
    write_safetensors(tmp_path / "adapter_model.safetensors", {"a": ("F32", (1,))})
    found = read_checkpoint(tmp_path)
    assert not found.problems
    (adapter,) = found.adapters
    assert adapter.files == ("adapter_config.json", "adapter_model.safetensors")


@pytest.mark.parametrize(
    ("file", "values", "message"),
    [
        ("config.json", {"model_type": 5}, "has 5 for model_type, not text"),
        ("config.json", {"text_config": []}, "has [] for text_config, not an object"),
        ("config.json", {"use_cache": "false"}, 'has "false" for use_cache, not true or false'),
        (
            "config.json",
            {"eos_token_id": [1, "2"]},
            'has [1, "2"] for eos_token_id, not a token id',
        ),
        ("config.json", {"eos_token_id": True}, "has true for eos_token_id, not a token id"),
        ("config.json", {"architectures": "X"}, 'has "X" for architectures, not a list of'),
        ("config.json", {"text_config": {"use_cache": 0}}, "has 0 for text_config.use_cache, not"),
        ("generation_config.json", {"temperature": "1"}, 'has "1" for temperature, not a number'),
        ("tokenizer_config.json", {"added_tokens_decoder": []}, "has [] for added_tokens_decoder"),
        ("tokenizer_config.json", {"eos_token": ["x" * 500]}, 'has ["xxx'),
    ],
)
def test_a_value_of_the_wrong_type(
    tmp_path: Path, file: str, values: dict[str, object], message: str
) -> None:
    checkpoint(tmp_path, config={}, generation=None, tokenizer=None)
    write_json(tmp_path / file, values)
    (problem,) = read_checkpoint(tmp_path).problems
    assert (problem.file, problem.message[: len(message)]) == (file, message)
    assert len(problem.message) < 200


def test_null_is_no_wrong_type(tmp_path: Path) -> None:
    root = checkpoint(tmp_path, config=dict.fromkeys(("model_type", "text_config", "use_cache")))
    assert read_checkpoint(root).problems == ()


def test_names_that_no_terminal_should_see(tmp_path: Path) -> None:
    root = checkpoint(tmp_path)
    (root / "a\x1b[2J\nb").touch()
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.safetensors")).touch()
    assert r"a\x1b[2J\nb" in read_checkpoint(root).files
    "".join(read_checkpoint(root).files).encode()


def test_no_such_folder(tmp_path: Path) -> None:
    message, hint = error(tmp_path / "absent")
    assert message == f"{tmp_path}/absent does not exist"
    assert "Check the path" in hint
    assert error(Path("a\0b"))[0] == r"a\x00b does not exist"


def test_a_misspelt_folder_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("runs/Merged_v2", "runs/source", "runs/old/merged"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "runs" / "mergd.txt").touch()
    (tmp_path / "runs" / "loop").symlink_to("loop")
    runs = tmp_path / "runs"
    asked = f"Did you mean {runs}/Merged_v2?"
    assert error(runs / "merged-v2")[1] == error(runs / "merged-v2" / "model")[1] == asked
    assert error(tmp_path / "run" / "source")[1] == f"Did you mean {runs}/source?"
    assert error(tmp_path / "rums" / "ols" / "merged")[1] == f"Did you mean {runs}?"
    assert error(runs / "xyz")[1] == "Check the path."
    monkeypatch.chdir(runs)
    assert error(Path("suorce"))[1] == "Did you mean source?"
    assert error(Path("./sorce/"))[1] == "Did you mean source?"


def test_where_nothing_can_be_looked_at_nothing_is_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert error(Path("merged"))[1] == "Check the path."


def test_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message, hint = error(Path("org/Name-7B.v2"))
    assert message == "org/Name-7B.v2 does not exist"
    assert "`hf download org/Name-7B.v2`" in hint
    assert "take its id" in hint
    (tmp_path / "org").mkdir()
    assert "pass org/Name-7B.v2@main" in error(Path("org/Name-7B.v2"))[1]


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    message, hint = error(checkpoint(tmp_path) / "config.json")
    assert message.endswith("config.json is a file, not a folder")
    assert hint == f"Pass the folder that it is in: {tmp_path}"


def test_a_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)  # root may list everything
    message, hint = error(tmp_path)
    assert message == f"{tmp_path} cannot be read: Permission denied"
    assert "chmod" in hint


def test_a_folder_without_a_checkpoint(tmp_path: Path) -> None:
    message, hint = error(tmp_path)
    assert message == f"{tmp_path} is not a checkpoint: it has no config.json and no weights"
    assert "config.json and the *.safetensors" in hint
    write_json(tmp_path / "tokenizer_config.json", TOKENIZER_CONFIG)
    (tmp_path / "model.gguf").touch()
    assert "GGUF is not read" in error(tmp_path)[1]


@pytest.mark.parametrize("below", ["checkpoint-500", "actor/huggingface", "snapshots/0a1b"])
def test_the_checkpoint_is_further_down(tmp_path: Path, below: str) -> None:
    checkpoint(tmp_path / below)
    assert error(tmp_path)[1] == f"Pass {tmp_path / below} instead."


def test_several_checkpoints_further_down(tmp_path: Path) -> None:
    for step in (500, 1000):
        checkpoint(tmp_path / f"checkpoint-{step}")
    assert error(tmp_path)[1].startswith("Pass one of its subfolders, such as ")


def test_reading_loads_no_heavy_library() -> None:
    code = (
        "import sys, slowlens.gather.checkpoint, slowlens.gather.environment as e\n"
        "import slowlens.gather.devices as d\n"
        "e.read_environment(); d.devices()\n"
        "heavy = {'torch', 'transformers', 'numpy', 'streamlit', 'safetensors', 'tokenizers'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def test_unmerged_shards_are_no_checkpoint(tmp_path: Path) -> None:
    for rank in range(2):
        (tmp_path / f"model_world_size_2_rank_{rank}.pt").write_bytes(b"x")
    with pytest.raises(
        CheckpointError, match="2 un-merged FSDP shards such as model_world"
    ) as error:
        read_checkpoint(tmp_path)
    assert "model_merger" in (error.value.hint or "")
