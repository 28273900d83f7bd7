"""Every weight read: against numpy, over the edges of blocks, and files that change meanwhile."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import slowlens.gather.scan.pieces
import slowlens.gather.scan.reading
import slowlens.gather.scan.rows
from slowlens import checking
from slowlens.errors import CheckpointError, SlowlensError
from slowlens.facts.weights.scan import Scan
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.scan import scan, scan_weights
from slowlens.gather.scan.numbers import numbers

RNG = np.random.default_rng(0)
NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "int8": "I8", "uint16": "BF16"}
EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
Arrays = Mapping[str, "np.ndarray[Any, Any]"]


def bf16(values: Any) -> "np.ndarray[Any, Any]":
    """The upper halves of 32-bit numbers, which is what bfloat16 is."""
    return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def random(*shape: int) -> "np.ndarray[Any, Any]":
    return bf16(RNG.standard_normal(shape, dtype=np.float32))


def written(folder: Path, arrays: Arrays, name: str = "model.safetensors") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    header, end = {}, 0
    for key, array in arrays.items():
        begin, end = end, end + array.nbytes
        kind = {"dtype": NAMES[array.dtype.name], "shape": list(array.shape)}
        header[key] = {**kind, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    data = b"".join(array.tobytes() for array in arrays.values())
    (folder / name).write_bytes(len(text).to_bytes(8, "little") + text + data)
    return folder


def quietly(done: int, total: int) -> None:
    assert 0 <= done <= total


def scanned(merged: Path, source: Path | None = None) -> Scan:
    there = None if source is None else read_checkpoint(source)
    return scan_weights(read_checkpoint(merged), there, quietly)


@pytest.fixture(params=[None, 64], ids=["one block", "many blocks"])
def _blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut everything into tiny blocks, so that every edge is crossed."""
    if request.param:
        for module in (slowlens.gather.scan.reading, slowlens.gather.scan.rows):
            monkeypatch.setattr(module, "BLOCK", request.param)
        monkeypatch.setattr(slowlens.gather.scan.pieces, "SHARE", 2 * request.param)


@pytest.mark.usefixtures("_blocks")
def test_values_that_are_not_finite_are_counted_wherever_they_stand(tmp_path: Path) -> None:
    values = RNG.standard_normal((40, 10)).astype(np.float32)
    values[0, 0], values[39, 9], values[20, 3] = np.nan, np.inf, -np.inf
    arrays = {"a": bf16(values), "b": values, "c": values.astype(np.float16), "d": random(40, 10)}
    found = scanned(written(tmp_path, arrays))
    assert {bad.tensor.name: (bad.nan, bad.infinite) for bad in found.bad} == dict.fromkeys(
        "abc", (1, 2)
    )
    assert found.tensors == 4
    assert found.size == sum(array.nbytes for array in arrays.values())
    assert not found.unread


@pytest.mark.usefixtures("_blocks")
def test_zero_counts_only_where_the_source_has_something_else(tmp_path: Path) -> None:
    zeros = bf16(np.zeros((40, 10)))
    nearly = zeros.copy()
    nearly[39, 9] = 1
    negative = bf16(np.full((40, 10), -0.0))
    arrays = {"lost": zeros, "end": zeros, "always": zeros, "nearly": nearly, "negative": negative}
    merged = written(tmp_path / "merged", arrays)
    bad = {bad.tensor.name for bad in scanned(merged).bad}
    assert bad == {"lost", "end", "always", "negative"}
    source = {**arrays, "lost": random(40, 10), "end": nearly, "negative": zeros}
    found = scanned(merged, written(tmp_path / "source", source))
    assert [bad.tensor.name for bad in found.bad if bad.zero] == ["lost", "end"]
    assert (found.compared, found.identical) == (5, 2)


@pytest.mark.usefixtures("_blocks")
def test_one_bit_is_a_difference_and_a_wrapped_name_is_the_same_place(tmp_path: Path) -> None:
    one, two = random(40, 10), random(30, 10)
    other = one.copy()
    other[39, 9] ^= 1
    source = written(tmp_path / "source", {"model.a.weight": one, "model.b.weight": two})
    same = written(tmp_path / "same", {"model._orig_mod.a.weight": one, "model.b.weight": two})
    found = scanned(same, source)
    assert (found.compared, found.identical) == (2, 2)
    bit = written(tmp_path / "bit", {"model.a.weight": other, "model.b.weight": two})
    assert scanned(bit, source).identical == 1
    cast = written(tmp_path / "cast", {"model.a.weight": one.astype(np.float32)})
    assert scanned(cast, source).compared == 0


@pytest.mark.usefixtures("_blocks")
def test_the_head_is_compared_to_its_last_byte(tmp_path: Path) -> None:
    embedding = random(40, 10)
    other = embedding.copy()
    other[39, 9] ^= 1
    for number, (head, same) in enumerate([(embedding, True), (other, False)]):
        folder = written(tmp_path / str(number), {EMBEDDING: embedding, HEAD: head})
        assert scanned(folder).head_is_embedding is same
    alone = written(tmp_path / "alone", {EMBEDDING: embedding})
    assert scanned(alone).head_is_embedding is None


@pytest.mark.usefixtures("_blocks")
def test_new_rows_are_looked_at_one_by_one(tmp_path: Path) -> None:
    old = random(16, 10)
    copied, zero = random(1, 10), bf16(np.zeros((2, 10)))
    grown = np.concatenate([old, random(3, 10), copied, copied, copied, zero])
    source = written(tmp_path / "source", {EMBEDDING: old})
    (rows,) = scanned(written(tmp_path / "merged", {EMBEDDING: grown}), source).new_rows
    assert (rows.first, rows.count, rows.zero, rows.repeated) == (16, 8, 2, 2)
    for other in (old, random(16, 20), old[:8]):
        found = scanned(written(tmp_path / "other", {EMBEDDING: other}), source)
        assert found.new_rows == ()


def test_whole_numbers_are_only_asked_whether_they_are_zero(tmp_path: Path) -> None:
    arrays = {"packed": np.full((4, 4), 127, np.int8), "none": np.zeros((4, 4), np.int8)}
    (bad,) = scanned(written(tmp_path, arrays)).bad
    assert (bad.tensor.name, bad.nan, bad.infinite, bad.zero) == ("none", 0, 0, True)


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    merged = read_checkpoint(written(tmp_path, {EMBEDDING: random(40, 10), HEAD: random(40, 10)}))
    scan_weights(merged, None, lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]


def test_a_file_that_became_shorter_is_told(tmp_path: Path) -> None:
    written(tmp_path, {"a": random(400, 10)})
    checkpoint = read_checkpoint(tmp_path)
    file = tmp_path / "model.safetensors"
    real = scan.places(tmp_path, checkpoint.weights.tensors)

    def places(root: Path, tensors: object) -> object:
        with file.open("r+b") as opened:
            opened.truncate(2000)
        return real

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scan, "places", places)
        found = scan_weights(checkpoint, None, quietly)
    (problem,) = found.unread
    assert (problem.file, found.tensors) == ("model.safetensors", 0)
    assert "shorter" in problem.message


def test_a_file_that_vanished_is_an_error(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(written(tmp_path, {"a": random(4, 10)}))
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"^model.safetensors is missing$"):
        scan_weights(checkpoint, None, quietly)


def test_new_rows_of_a_file_that_became_shorter_are_told(tmp_path: Path) -> None:
    source = read_checkpoint(written(tmp_path / "source", {EMBEDDING: random(40, 10)}))
    merged = read_checkpoint(written(tmp_path / "merged", {EMBEDDING: random(400, 10)}))
    (tensor,) = merged.weights.tensors
    places = scan.places(merged.root, (tensor,))
    with (merged.root / "model.safetensors").open("r+b") as opened:
        opened.truncate(2003)
    with pytest.raises(SlowlensError, match="shorter"):
        slowlens.gather.scan.rows.new_rows(
            tensor, places[EMBEDDING], source.weights.tensors[0].shape[0]
        )


def test_more_rows_of_another_width_are_no_new_rows(tmp_path: Path) -> None:
    source = written(tmp_path / "source", {EMBEDDING: random(4, 8), "norm": random(4)})
    merged = written(tmp_path / "merged", {EMBEDDING: random(8, 4), "norm": random(8)})
    assert scanned(merged, source).new_rows == ()


def test_a_share_is_no_longer_than_it_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slowlens.gather.scan.pieces, "SHARE", 100)
    sizes = {"a": 20, "b": 20, "c": 15, "d": 110, "e": 5}
    checkpoint = read_checkpoint(written(tmp_path, {n: random(k) for n, k in sizes.items()}))
    tensors = checkpoint.weights.tensors
    cut = scan.shares(tensors, scan.places(tmp_path, tensors), {})
    lengths = [[piece.length for piece in share] for share in cut]
    assert lengths == [[40, 40], [30], [100], [100], [20, 10]]


def test_rows_that_are_no_whole_bytes_are_not_looked_at(tmp_path: Path) -> None:
    empty = [written(tmp_path / f"{n}", {EMBEDDING: random(n, 0)}) for n in (4, 8)]
    assert scanned(empty[1], empty[0]).new_rows == ()
    for rows in (4, 8):
        folder = tmp_path / f"packed-{rows}"
        folder.mkdir()
        size = rows // 2
        entry = {"dtype": "F4", "shape": [rows, 1], "data_offsets": [0, size]}
        text = json.dumps({EMBEDDING: entry}).encode()
        (folder / "config.json").write_text('{"model_type": "llama"}')
        content = len(text).to_bytes(8, "little") + text + bytes([7] * size)
        (folder / "model.safetensors").write_bytes(content)
    found = scanned(tmp_path / "packed-8", tmp_path / "packed-4")
    assert (found.tensors, found.new_rows) == (1, ())


@given(data=st.binary(min_size=0, max_size=256), kind=st.sampled_from(["F64", "F32", "F16"]))
@settings(max_examples=200, deadline=None)
def test_any_bits_against_numpy(data: bytes, kind: str) -> None:
    width = {"F64": 8, "F32": 4, "F16": 2}[kind]
    data = data[: len(data) // width * width]
    values = np.frombuffer(data, f"f{width}")
    found = numbers(memoryview(data), kind, np.empty(256, np.uint8))
    assert found.nan == int(np.isnan(values).sum())
    assert found.infinite == int(np.isinf(values).sum())
    assert found.zero is not bool(values.any())


@pytest.mark.parametrize(
    ("kind", "nan", "infinite"), [("F8_E4M3", [0x7F, 0xFF], []), ("F8_E5M2", [0x7D, 0xFE], [0xFC])]
)
def test_eight_bits(kind: str, nan: list[int], infinite: list[int]) -> None:
    data = bytes([0, 0x38, 0x78, *nan, *infinite])
    found = numbers(memoryview(data), kind, np.empty(16, np.uint8))
    assert (found.nan, found.infinite, found.zero) == (len(nan), len(infinite), False)


def test_a_check_takes_what_was_read_before_and_reads_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = random(8, 4)
    merged = written(tmp_path / "merged", {EMBEDDING: weights, "a": np.full(8, np.nan, np.float32)})
    source = written(tmp_path / "source", {EMBEDDING: weights, "a": np.ones(8, np.float32)})
    found = checking.read_weights(merged, source, quietly)
    read = checking.check(merged, source, scan_weights=True)
    monkeypatch.setattr(checking, "scan_weights", None)
    again = checking.check(merged, source, scan=found)
    assert again.outcomes == read.outcomes
    assert again.outcomes != checking.check(merged, source).outcomes
