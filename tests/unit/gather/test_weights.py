import json
from collections import Counter
from pathlib import Path

import pytest

from builders import Tensors, shard_name, write_json, write_safetensors, write_sharded
from slowlens.facts.checkpoint import FileProblem, Weights
from slowlens.gather.weights import INDEX, SINGLE, is_weights, read_weights

A: Tensors = {"a": ("BF16", (4,))}
B: Tensors = {"b": ("F32", (2, 2))}
ONE, TWO = shard_name(1, 2), shard_name(2, 2)


def read(root: Path) -> tuple[Weights, tuple[FileProblem, ...]]:
    return read_weights(root, {path.name for path in root.iterdir()})


def problem(root: Path) -> FileProblem:
    (found,) = read(root)[1]
    assert found.hint
    return found


def names(root: Path) -> list[str]:
    return [tensor.name for tensor in read(root)[0].tensors]


def reindex(root: Path, **changes: object) -> None:
    index = json.loads((root / INDEX).read_text())
    write_json(root / INDEX, index | {"weight_map": index["weight_map"] | changes})


def test_one_file(tmp_path: Path) -> None:
    write_safetensors(tmp_path / SINGLE, A | B)
    weights, problems = read(tmp_path)
    assert problems == ()
    assert weights.files == (SINGLE,)
    assert (weights.parameters, weights.size) == (8, 24)
    assert weights.dtype_sizes == {"F32": 16, "BF16": 8}


def test_shards(tmp_path: Path) -> None:
    weights, problems = read(write_sharded(tmp_path, A, B))
    assert problems == ()
    assert weights.files == (ONE, TWO)
    assert [(t.name, t.file) for t in weights.tensors] == [("a", ONE), ("b", TWO)]


def test_the_single_file_shadows_shards(tmp_path: Path) -> None:
    write_sharded(tmp_path, A, B)
    write_safetensors(tmp_path / SINGLE, A)
    assert names(tmp_path) == ["a"]
    assert read(tmp_path)[1] == ()


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n.")
    weights, _ = read(tmp_path)
    assert weights == Weights()
    assert problem(tmp_path).message.startswith("is a pickle, which is never opened")
    write_safetensors(tmp_path / SINGLE, A)
    assert read(tmp_path)[1] == ()


def test_no_weights_and_adapters_are_no_problem(tmp_path: Path) -> None:
    assert read(tmp_path) == (Weights(), ())
    write_safetensors(tmp_path / "adapter_model.safetensors", A)
    assert read(tmp_path) == (Weights(), ())


def test_shards_without_an_index(tmp_path: Path) -> None:
    write_sharded(tmp_path, A, B)
    (tmp_path / INDEX).unlink()
    assert names(tmp_path) == ["a", "b"]
    assert problem(tmp_path).file == INDEX
    assert f'does not load "{ONE}" and 1 more files' in problem(tmp_path).message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON at line 1"),
        ("{}", "has no weight_map"),
        ('{"weight_map": []}', "has no weight_map"),
        ('{"weight_map": {}}', "has no weight_map"),
    ],
)
def test_with_a_broken_index_the_shards_are_still_read(
    tmp_path: Path, text: str, message: str
) -> None:
    write_sharded(tmp_path, A, B)
    (tmp_path / INDEX).write_text(text)
    assert names(tmp_path) == ["a", "b"]
    assert problem(tmp_path).file == INDEX
    assert problem(tmp_path).message.startswith(message)


@pytest.mark.parametrize(
    "file",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "..",
        ".",
        "",
        "C:x",
        "\\\\host\\x",
        "..\\x",
        "a\0b",
        "a\nb",
        5,
    ],
)
def test_nothing_outside_the_folder_is_opened(tmp_path: Path, file: object) -> None:
    root = tmp_path / "root"
    root.mkdir()
    write_sharded(root, A, B)
    write_safetensors(tmp_path / "x", {"secret": ("F32", (1,))})
    reindex(root, secret=file)
    assert names(root) == ["a", "b"]
    assert "which is no file of this folder" in problem(root).message
    assert "\n" not in problem(root).message


def test_links_to_blobs_and_subfolders_are_inside(tmp_path: Path) -> None:
    root = tmp_path / "snapshots" / "0"
    root.mkdir(parents=True)
    write_sharded(root, A, B)
    (root / ONE).rename(tmp_path / "blob")
    (root / ONE).symlink_to("../../blob")
    (root / "sub").mkdir()
    (root / TWO).rename(root / "sub" / TWO)
    reindex(root, b=f"sub/{TWO}")
    assert read(root)[1] == ()
    assert names(root) == ["a", "b"]


def test_missing_shards_are_told_once(tmp_path: Path) -> None:
    write_sharded(tmp_path, A, B)
    (tmp_path / TWO).unlink()
    assert names(tmp_path) == ["a"]
    assert problem(tmp_path).message == f'names "{TWO}", which is missing, with 1 of 2 tensors'
    (tmp_path / ONE).unlink()
    assert problem(tmp_path).message.startswith(
        f'names "{ONE}" and 1 more that are missing, with 2'
    )


def test_a_link_to_a_lost_blob(tmp_path: Path) -> None:
    write_sharded(tmp_path, A, B)
    (tmp_path / TWO).unlink()
    (tmp_path / TWO).symlink_to("gone")
    assert problem(tmp_path).message == 'is a link that leads nowhere, to "gone"'


def test_index_and_shard_disagree(tmp_path: Path) -> None:
    write_sharded(tmp_path, A, B)
    reindex(tmp_path, lost=ONE, gone=ONE)
    assert problem(tmp_path).file == ONE
    assert (
        problem(tmp_path).message
        == 'lacks the tensor "gone" and 1 more that the index places in it'
    )
    write_sharded(tmp_path, A, B)
    write_safetensors(tmp_path / TWO, B | {"extra": ("F32", (1,))})
    assert problem(tmp_path).file == TWO
    assert (
        problem(tmp_path).message == 'holds the tensor "extra" that the index does not place in it'
    )
    assert names(tmp_path) == ["a", "b", "extra"]


def test_a_truncated_shard_is_told_once_and_the_rest_is_read(tmp_path: Path) -> None:
    write_sharded(tmp_path, A, B)
    (tmp_path / TWO).write_bytes((tmp_path / TWO).read_bytes()[:30])
    assert problem(tmp_path).message.startswith("is cut off inside its header")
    assert names(tmp_path) == ["a"]


def test_leftover_shards_are_not_read(tmp_path: Path) -> None:
    write_sharded(tmp_path, A, B)
    write_safetensors(tmp_path / shard_name(2, 3), {"c": ("F32", (1,))})
    assert names(tmp_path) == ["a", "b"]
    assert read(tmp_path)[1] == ()


def test_a_tensor_in_two_shards_counts_once(tmp_path: Path) -> None:
    write_sharded(tmp_path, A, A | B)
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model.safetensors", True),
        ("consolidated.safetensors", True),
        ("pytorch_model-00001-of-00002.bin", True),
        ("adapter_model.safetensors", False),
        ("training_args.bin", False),
        ("model.safetensors.index.json", False),
    ],
)
def test_is_weights(name: str, expected: bool) -> None:
    assert is_weights(name) is expected


def test_of_thirty_shards_of_a_70b_shape_the_headers_are_read(
    tmp_path: Path, bytes_read: Counter[str]
) -> None:
    shards = [{f"s{s}.t{t}": ("BF16", (8192, 11888)) for t in range(24)} for s in range(30)]
    write_sharded(tmp_path, *shards)
    weights, problems = read(tmp_path)
    assert len(bytes_read) == 31
    assert bytes_read.total() < 200_000
    assert (len(weights.tensors), problems) == (720, ())
    assert weights.parameters > 70e9
