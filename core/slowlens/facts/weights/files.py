"""Which files with weights a load reads, and which are there for nothing.

``from_pretrained`` of transformers takes ``model.safetensors``; without it what
``model.safetensors.index.json`` names; without that ``pytorch_model.bin``, and then what the index
of the pickles names. vLLM and SGLang take all safetensors, or those that the index names where
there is one; llama.cpp's converter takes all whose names begin with ``model``.
"""

import re

from slowlens.facts.checkpoint import Checkpoint
from slowlens.frozen import dataclass

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLE = "pytorch_model.bin"
PICKLE_INDEX = "pytorch_model.bin.index.json"
SHARD = re.compile(r"model-(\d{5})-of-(\d{5})\.safetensors")
PICKLE_SHARD = re.compile(r"pytorch_model-\d{5}-of-\d{5}\.bin")
_SLACK, _ALIKE = 100_000, 0.01
"""Two formats of one model differ by their headers: in bytes, and as a part."""
_RANK_SHARD = re.compile(r"model_world_size_\d+_rank_\d+\.pt")


@dataclass(frozen=True, slots=True)
class WeightFiles:
    """The files at the top of the folder, by what becomes of them."""

    loaded: tuple[str, ...] = ()
    """transformers reads these."""
    shards: tuple[str, ...] = ()
    """Safetensors that transformers does not read, because ``model.safetensors`` comes first."""
    leftover: tuple[str, ...] = ()
    """Safetensors shards that no index names."""
    pickles: tuple[str, ...] = ()
    """Pickles that are not read, because safetensors come first."""
    complete: bool = True
    """All headers of what is loaded could be read."""

    @property
    def pickled(self) -> bool:
        """Whether a load reads pickles."""
        return any(name.endswith(".bin") for name in self.loaded)


def weight_files(checkpoint: Checkpoint) -> WeightFiles:
    """Sort the files as transformers does."""
    names = checkpoint.files
    shards = tuple(filter(SHARD.fullmatch, names))
    pickles = tuple(n for n in names if n == PICKLE or PICKLE_SHARD.fullmatch(n))
    complete = not _troubled(checkpoint)
    if SINGLE in names:
        return WeightFiles((SINGLE,), shards, (), pickles, complete)
    read = checkpoint.weights.files
    if INDEX in names:
        leftover = tuple(name for name in shards if name not in read)
        return WeightFiles(read, (), leftover, pickles, complete)
    if pickles:
        first = (PICKLE,) if PICKLE in names else pickles
        return WeightFiles(first, (), shards, (), complete=False)
    return WeightFiles((), (), shards, (), complete)


def shard_counts(shards: tuple[str, ...]) -> tuple[int, ...]:
    """Return the different totals in ``-of-N``."""
    found = (SHARD.fullmatch(name) for name in shards)
    return tuple(sorted({int(match[2]) for match in found if match}))


def unmerged_shards(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the shards that FSDP training of verl and EasyR1 leaves, where nothing else is."""
    if checkpoint.weights.files or weight_files(checkpoint).loaded:
        return ()
    return rank_shards(checkpoint)


def rank_shards(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the files that hold what one process of FSDP training had of the model."""
    return tuple(filter(_RANK_SHARD.fullmatch, checkpoint.files))


def _troubled(checkpoint: Checkpoint) -> bool:
    files = {INDEX, *checkpoint.weights.files}
    return any(problem.file in files for problem in checkpoint.problems)


def same_size(checkpoint: Checkpoint, left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two sets of files are about as large, as two saves of one model are."""
    ours, theirs = (sum(checkpoint.files.get(n, 0) for n in names) for names in (left, right))
    return abs(ours - theirs) <= _SLACK + _ALIKE * max(ours, theirs)
