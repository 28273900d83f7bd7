import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from builders import data_size, header, write_header, write_safetensors
from slowlens.facts.checkpoint import Tensor
from slowlens.gather.safetensors import Header, read_header

A = {"a": ("F32", (2, 3))}
ENTRY = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def read(path: Path) -> Header:
    return read_header(path, "m.safetensors")


def message(path: Path) -> str:
    found = read(path)
    (problem,) = found.problems
    assert problem.file == "m.safetensors"
    assert problem.hint
    return problem.message


def test_tensors_in_the_order_of_the_file(tmp_path: Path) -> None:
    tensors = {"z": ("BF16", (4,)), "empty": ("F32", (0, 4)), "a": ("F4", (3, 2)), "s": ("F32", ())}
    found = read(write_safetensors(tmp_path / "x", tensors))
    assert found.problems == ()
    assert found.tensors == (
        Tensor("z", "BF16", (4,), 8, "m.safetensors"),
        Tensor("empty", "F32", (0, 4), 0, "m.safetensors"),
        Tensor("a", "F4", (3, 2), 3, "m.safetensors"),
        Tensor("s", "F32", (), 4, "m.safetensors"),
    )


def test_padding_and_no_tensors_are_fine(tmp_path: Path) -> None:
    text = b"{}      "
    (tmp_path / "x").write_bytes(len(text).to_bytes(8, "little") + text)
    assert read(tmp_path / "x") == Header()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is 0 bytes long, too short for a safetensors file"),
        (b"1234567", "is 7 bytes long, too short for a safetensors file"),
        (b"version https://git-lfs.github.com/spec/v1\nsize 5\n", "is a Git LFS pointer"),
        (b"<html>" + b" " * 20, "is a web page"),
        (b"GGUF\x03\0\0\0", "is a GGUF file"),
        (b"\xff" * 16, "announces a header of 18446744.1 TB"),
        ((100_000_001).to_bytes(8, "little"), "announces a header of 100.0 MB"),
        ((80).to_bytes(8, "little") + b"{}", "is cut off inside its header: at least 78 bytes"),
        (bytes(8), "has a header that is not a JSON object"),
        ((4).to_bytes(8, "little") + b"[{}]", "has a header that is not a JSON object"),
        ((4).to_bytes(8, "little") + b"{[}]", "has a damaged header: it is not JSON at line 1"),
        ((4).to_bytes(8, "little") + b"{\xff\xff}", "has a damaged header: it is not UTF-8"),
    ],
)
def test_no_header(tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "x").write_bytes(data)
    assert message(tmp_path / "x").startswith(expected)
    assert read(tmp_path / "x").tensors == ()


def test_the_announced_limit_is_the_formats_own(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes((100_000_000).to_bytes(8, "little"))
    assert "is cut off inside its header" in message(tmp_path / "x")


def test_missing_bytes_are_counted(tmp_path: Path) -> None:
    path = write_header(tmp_path / "x", header(A), data_size(A) - 5)
    assert message(path) == "is cut off: 5 bytes of 24 bytes are missing at the end"
    assert [tensor.name for tensor in read(path).tensors] == ["a"]
    path = write_header(tmp_path / "x", header(A), data_size(A) + 5)
    assert message(path) == "has 5 bytes at the end that belong to no tensor"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"dtype": "F31"}, 'the dtype "F31" is unknown'),
        ({"dtype": 5}, "it lacks a proper dtype, shape or data_offsets"),
        ({"dtype": ["F32"]}, "it lacks a proper dtype"),
        ({"shape": "23"}, "it lacks a proper dtype"),
        ({"shape": [2, -3]}, "its shape is not a short list of counts"),
        ({"shape": [2.0, 3]}, "its shape is not"),
        ({"shape": [True, 6]}, "its shape is not"),
        ({"shape": [2, 3] + [1] * 70}, "its shape is not"),
        ({"shape": [10**4000] * 60}, "24 bytes are not what its shape and dtype F32 come to"),
        ({"shape": [2, 2]}, "24 bytes are not what its shape and dtype F32 come to"),
        ({"dtype": "F4", "shape": [49]}, "24 bytes are not what its shape and dtype F4 come to"),
        ({"data_offsets": [-24, 0]}, "its offsets are negative, reversed or absurdly large"),
        ({"data_offsets": [24, 0]}, "its offsets are negative, reversed"),
        ({"data_offsets": [0, 10**30]}, "its offsets are negative, reversed"),
        ({"data_offsets": [0]}, "it lacks a proper dtype"),
        ({"data_offsets": None}, "it lacks a proper dtype"),
    ],
)
def test_wrong_entry(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    path = write_header(tmp_path / "x", {"a": ENTRY | change, "b": ENTRY}, 24)
    assert message(path).startswith(f'has a wrong entry for "a": {expected}')
    assert [tensor.name for tensor in read(path).tensors] == ["b"]


def test_wrong_entries_are_counted(tmp_path: Path) -> None:
    path = write_header(tmp_path / "x", {"a": 1, "b": [], "c": "dtype"})
    assert message(path).endswith(", and 2 more such faults")


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ([0, 24], "overlapping the tensor before it"),
        ([20, 44], "overlapping the tensor before it"),
        ([28, 52], 'has 4 bytes of no tensor before "b"'),
    ],
)
def test_wrong_layout(tmp_path: Path, second: list[int], expected: str) -> None:
    entries = {"a": ENTRY, "b": ENTRY | {"data_offsets": second}}
    path = write_header(tmp_path / "x", entries, second[1])
    assert expected in message(path)
    assert len(read(path).tensors) == 2


@pytest.mark.parametrize("metadata", [{"format": 1}, "pt", ["pt"]])
def test_wrong_metadata(tmp_path: Path, metadata: object) -> None:
    path = write_header(tmp_path / "x", header(A) | {"__metadata__": metadata}, 24)
    assert message(path) == "has __metadata__ that is not an object of texts"


def test_a_large_header_is_read_once_and_no_weight(
    tmp_path: Path, bytes_read: Counter[str]
) -> None:
    tensors = {f"model.layers.{n}.weight": ("BF16", (4096, 4096)) for n in range(20_000)}
    path = write_safetensors(tmp_path / "x", tensors)
    found = read(path)
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    assert bytes_read["x"] == 200 + length
    assert len(found.tensors) == 20_000
    assert sum(tensor.size for tensor in found.tensors) == 20_000 * 2**25


def test_what_safetensors_refuses_is_told(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors")
    bad = [
        {"a": ENTRY | {"shape": [2, 2]}},
        {"a": ENTRY | {"dtype": "F31"}},
        {"a": ENTRY, "b": ENTRY},
        {"a": ENTRY | {"data_offsets": [4, 28]}},
        {"__metadata__": {"x": 1}, "a": ENTRY},
    ]
    for entries, size in [(e, 24) for e in bad] + [({"a": ENTRY}, 23), ({"a": ENTRY}, 25)]:
        path = write_header(tmp_path / "x", entries, size)
        assert read(path).problems, json.dumps(entries)
        with pytest.raises(safetensors.SafetensorError):
            safetensors.safe_open(path, "numpy")
