"""Which files with weights a load reads."""

from dataclasses import replace

import pytest

from pairs import made
from slowlens.facts.checkpoint import Checkpoint, FileProblem, Weights
from slowlens.facts.weights.files import (
    INDEX,
    PICKLE,
    SINGLE,
    WeightFiles,
    rank_shards,
    same_size,
    shard_counts,
    unmerged_shards,
    weight_files,
)

ONE, OTHER = "model-00001-of-00002.safetensors", "model-00001-of-00003.safetensors"
PICKLES = "pytorch_model-00001-of-00001.bin"


def of(*names: str, read: tuple[str, ...] = ()) -> Checkpoint:
    return replace(made(), files=dict.fromkeys(names, 1), weights=Weights(read))


@pytest.mark.parametrize(
    ("checkpoint", "expected"),
    [
        (of(SINGLE, read=(SINGLE,)), WeightFiles((SINGLE,))),
        (of(SINGLE, ONE, INDEX, read=(SINGLE,)), WeightFiles((SINGLE,), (ONE,))),
        (of(SINGLE, PICKLE, read=(SINGLE,)), WeightFiles((SINGLE,), pickles=(PICKLE,))),
        (of(ONE, INDEX, read=(ONE,)), WeightFiles((ONE,))),
        (of(ONE, OTHER, INDEX, read=(ONE,)), WeightFiles((ONE,), (), (OTHER,))),
        (of(PICKLE, PICKLES), WeightFiles((PICKLE,), complete=False)),
        (of(PICKLES), WeightFiles((PICKLES,), complete=False)),
        (of(ONE, PICKLE, read=(ONE,)), WeightFiles((PICKLE,), (), (ONE,), complete=False)),
        (of(ONE, read=(ONE,)), WeightFiles((), (), (ONE,))),
        (of("a.safetensors", "training_args.bin"), WeightFiles()),
    ],
)
def test_what_becomes_of_each(checkpoint: Checkpoint, expected: WeightFiles) -> None:
    assert weight_files(checkpoint) == expected
    assert weight_files(checkpoint).pickled is any(".bin" in name for name in expected.loaded)


def test_what_was_not_read() -> None:
    for file, complete in ((SINGLE, False), (INDEX, False), ("config.json", True)):
        broken = replace(of(SINGLE, read=(SINGLE,)), problems=(FileProblem(file, "", ""),))
        assert weight_files(broken).complete is complete


def test_totals() -> None:
    assert shard_counts((ONE, OTHER, ONE, "x")) == (2, 3)


def test_shards_of_training() -> None:
    shard = "model_world_size_2_rank_1.pt"
    assert unmerged_shards(of(shard, "x.pt")) == rank_shards(of(shard, "x.pt")) == (shard,)
    assert unmerged_shards(of(shard, PICKLE)) == ()
    assert unmerged_shards(of(shard, SINGLE, read=(SINGLE,))) == ()


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (10**9, 10**9, True),
        (10**9, 1_005 * 10**6, True),
        (10**9, 1_020 * 10**6, False),
        (50_000, 0, True),
        (0, 500_000, False),
    ],
)
def test_sizes(left: int, right: int, expected: bool) -> None:
    checkpoint = replace(made(), files={"a": left, "b": right})
    assert same_size(checkpoint, ("a",), ("b",)) is expected
