"""A folder of files to a Checkpoint."""

from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

from slowlens.facts.checkpoint import (
    CONFIG,
    GENERATION_CONFIG,
    TOKENIZER_CONFIG,
    Checkpoint,
    ConfigFile,
    FileProblem,
)
from slowlens.facts.weights.adapters import ADAPTER_CONFIG
from slowlens.gather.adapters import read_adapters
from slowlens.gather.folder import no_checkpoint, read_folder
from slowlens.gather.hub.ids import is_headers_only, origin
from slowlens.gather.jsonfile import read_json
from slowlens.gather.tokenizer import (
    ADDED_TOKENS,
    SPECIAL_TOKENS_MAP,
    TEMPLATE_JSON,
    read_tokenizer,
)
from slowlens.gather.weightless import without_tensors, without_weights
from slowlens.gather.weights import is_weights, read_weights
from slowlens.gather.wrongtype import wrong_types

CONFIG_FILES = (
    CONFIG,
    GENERATION_CONFIG,
    TOKENIZER_CONFIG,
    SPECIAL_TOKENS_MAP,
    ADDED_TOKENS,
    TEMPLATE_JSON,
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    "audio_preprocessor_config.json",
    ADAPTER_CONFIG,
    "quantize_config.json",
    "quant_config.json",
    "hf_quant_config.json",
)
"""The JSON files that are parsed, where they are there."""


def read_checkpoint(root: Path, *, configs_only: bool = False) -> Checkpoint:
    """Read what a folder says about itself, its weights' headers included.

    CheckpointError when it is no folder, cannot be listed or holds no checkpoint at all; any
    lesser trouble is one of ``problems``, and the rest is still read. With ``configs_only`` it is
    none that there are no weights.
    """
    folder = read_folder(root)
    names = folder.names
    if not (CONFIG in names or ADAPTER_CONFIG in names or any(map(is_weights, names))):
        raise no_checkpoint(root, names)
    read = {name: read_json(root / name) for name in CONFIG_FILES if name in names}
    configs = {
        name: ConfigFile(name, file.values, file.sha256)
        for name, file in read.items()
        if file.values is not None
    }
    values = {name: config.values for name, config in configs.items()}
    weights, weight_problems = read_weights(root, names)
    tokenizer, tokenizer_problems = read_tokenizer(root, names, values)
    adapters, adapter_problems = read_adapters(root, folder, values.get(ADAPTER_CONFIG))
    problems = (
        *_without_config(names),
        *chain.from_iterable(file.problems for file in read.values()),
        *wrong_types(values),
        *weight_problems,
        *without_tensors(weights, weight_problems),
        *(() if configs_only else without_weights(root, names)),
        *tokenizer_problems,
        *adapter_problems,
    )
    return Checkpoint(
        root,
        folder.sizes,
        folder.folders,
        configs,
        weights,
        tokenizer,
        problems,
        adapters=adapters,
        origin=origin(root),
        headers_only=is_headers_only(root),
    )


def _without_config(names: Collection[str]) -> Iterator[FileProblem]:
    adapter_alone = ADAPTER_CONFIG in names and not any(map(is_weights, names))
    if CONFIG not in names and not adapter_alone:
        message = "is missing, so that nothing says what model the weights are"
        yield FileProblem(CONFIG, message, "Copy it from the source checkpoint.")
