"""A folder without weights: whether they are elsewhere, not merged yet, or of another kind."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from slowlens.facts.checkpoint import FileProblem, Weights
from slowlens.gather.adapters import FILES as OF_ADAPTER
from slowlens.gather.folder import entries, how_to_merge, rank_shards
from slowlens.gather.rawfile import quoted
from slowlens.gather.weights import INDEX, SINGLE, is_weights

_OTHER = re.compile(
    r"((pytorch_|tf_|flax_|rust_)?model|consolidated).*\.(bin|ckpt|h5|msgpack|ot|pth?)"
    r"|.*\.(gguf|onnx)"
)
_WHERE = (
    "Pass the folder that holds the *.safetensors files, or copy them here; if configs without "
    "weights are all that should be here, add --configs-only."
)
_ANOTHER = "Save the checkpoint again with save_pretrained, as safetensors."


def without_tensors(weights: Weights, problems: Collection[FileProblem]) -> Iterator[FileProblem]:
    """Yield a problem where files with weights were read, without ``problems``, and hold none."""
    if weights.files and not weights.tensors and not problems:
        yield FileProblem(weights.files[0], "holds no tensors: there are no weights", _ANOTHER)


def without_weights(root: Path, names: Collection[str]) -> Iterator[FileProblem]:
    """Yield a problem where ``root``, whose entries are ``names``, has nothing to be loaded.

    An adapter alone is none, nor shards of training: rules say what becomes of these.
    """
    if INDEX in names or any(is_weights(name) for name in names):
        return
    if any(name in names for name in OF_ADAPTER) or rank_shards(names):
        return
    others = sorted(filter(_OTHER.fullmatch, names))
    above = root.resolve().parent  # EasyR1 and verl keep the configs in a folder below the shards
    if shards := rank_shards(entries(above)):
        message = (
            "is missing: there are no weights in the folder. The folder above holds "
            f"{len(shards)} FSDP shards such as {shards[0]}, which were not merged yet"
        )
        yield FileProblem(SINGLE, message, how_to_merge(above))
    elif others:
        message = f"is missing: of weights there is only {quoted(others[0])}, which is not read"
        yield FileProblem(SINGLE, message, _ANOTHER)
    else:
        yield FileProblem(SINGLE, "is missing: there are no weights in the folder", _WHERE)
