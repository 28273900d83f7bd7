"""Whether the head is the embedding, from a few blocks."""

from collections import Counter
from pathlib import Path

import pytest

from builders import Tensors, data_size, header, write_header, write_safetensors
from slowlens.gather.head import BLOCK, BLOCKS, head_is_embedding
from slowlens.gather.weights import SINGLE, read_weights

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
ROWS = (BLOCKS * 64, BLOCK // 2)
BIG: Tensors = {EMBEDDING: ("BF16", ROWS), HEAD: ("BF16", ROWS)}
SMALL: Tensors = {EMBEDDING: ("BF16", (16, 8)), HEAD: ("BF16", (16, 8))}


def write(path: Path, tensors: Tensors, *data: bytes) -> None:
    """Write a header and the bytes behind it."""
    write_header(path, header(tensors))
    with path.open("ab") as file:
        file.write(b"".join(data))


def same(root: Path) -> bool | None:
    return read_weights(root, {path.name for path in root.iterdir()})[0].head_is_embedding


def test_equal_and_different(tmp_path: Path) -> None:
    write(tmp_path / SINGLE, SMALL, b"ab" * 128, b"ab" * 128)
    assert same(tmp_path) is True
    write(tmp_path / SINGLE, SMALL, b"ab" * 128, b"ac" * 128)
    assert same(tmp_path) is False


@pytest.mark.parametrize("place", [0, -1])
def test_the_first_and_the_last_row_are_looked_at(tmp_path: Path, place: int) -> None:
    size = data_size(BIG) // 2
    ours, theirs = bytearray(b"x" * size), bytearray(b"x" * size)
    theirs[place] = 0
    write(tmp_path / SINGLE, BIG, ours, theirs)
    assert same(tmp_path) is False


def test_in_two_shards(tmp_path: Path) -> None:
    one, two = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    write(one, {EMBEDDING: SMALL[EMBEDDING]}, b"ab" * 128)
    write(two, {HEAD: SMALL[HEAD]}, b"ab" * 128)
    assert same(tmp_path) is True


def test_only_some_blocks_are_read(tmp_path: Path, bytes_read: Counter[str]) -> None:
    size = data_size(BIG) // 2
    write(tmp_path / SINGLE, BIG, b"x" * size, b"x" * size)
    assert same(tmp_path) is True
    assert BLOCKS * BLOCK * 2 <= bytes_read.total() < 3 * BLOCKS * BLOCK


@pytest.mark.parametrize(
    "tensors",
    [
        {EMBEDDING: ("BF16", (16, 8))},
        {HEAD: ("BF16", (16, 8))},
        {EMBEDDING: ("BF16", (16, 8)), HEAD: ("BF16", (8, 16))},
        {EMBEDDING: ("BF16", (16, 8)), HEAD: ("F32", (16, 8))},
        {EMBEDDING: ("BF16", (0, 8)), HEAD: ("BF16", (0, 8))},
        {},
    ],
)
def test_nothing_to_compare(tmp_path: Path, tensors: Tensors) -> None:
    write(tmp_path / SINGLE, tensors, b"x" * data_size(tensors))
    assert same(tmp_path) is None


def test_a_hole_tells_nothing(tmp_path: Path) -> None:
    write_safetensors(tmp_path / SINGLE, BIG)
    assert same(tmp_path) is None
    write(tmp_path / SINGLE, SMALL, b"x" * 256, b"\0" * 256)
    assert same(tmp_path) is None


def test_a_file_that_ends_too_soon(tmp_path: Path) -> None:
    write(tmp_path / SINGLE, SMALL, b"x" * 256, b"x" * 100)
    assert same(tmp_path) is None


def test_a_file_that_vanishes_or_changes(tmp_path: Path) -> None:
    write(tmp_path / SINGLE, SMALL, b"x" * 512)
    weights, _ = read_weights(tmp_path, {SINGLE})
    write(tmp_path / SINGLE, {HEAD: ("BF16", (2, 2)), EMBEDDING: ("BF16", (2, 2))}, b"x" * 16)
    assert head_is_embedding(tmp_path, weights) is None
    (tmp_path / SINGLE).write_bytes(b"")
    assert head_is_embedding(tmp_path, weights) is None
    (tmp_path / SINGLE).unlink()
    assert head_is_embedding(tmp_path, weights) is None
