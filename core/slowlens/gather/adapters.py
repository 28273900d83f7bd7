"""The adapters of a folder: their config and the headers of their tensors. No pickle is opened."""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from slowlens.facts.checkpoint import Adapter, FileProblem
from slowlens.facts.weights.adapters import (
    ADAPTER_CONFIG,
    ADAPTER_PICKLE,
    ADAPTER_TENSORS,
    MERGER_FOLDER,
)
from slowlens.frozen import replace
from slowlens.gather.folder import Folder
from slowlens.gather.jsonfile import JsonFile, read_json
from slowlens.gather.safetensors import Header, read_header
from slowlens.jsonvalue import JsonObject

FILES = (ADAPTER_CONFIG, ADAPTER_TENSORS, ADAPTER_PICKLE)


def read_adapters(
    root: Path, folder: Folder, config: JsonObject | None
) -> tuple[tuple[Adapter, ...], tuple[FileProblem, ...]]:
    """Read the adapter in ``root``, whose config was read before, and the one that verl leaves."""
    found = [*_own(root, folder, config), *_below(root, folder)]
    problems = chain.from_iterable(problems for _, problems in found)
    return tuple(adapter for adapter, _ in found), tuple(problems)


def _own(
    root: Path, folder: Folder, config: JsonObject | None
) -> Iterator[tuple[Adapter, tuple[FileProblem, ...]]]:
    files = tuple(name for name in FILES if name in folder.names)
    if files:
        header = _header(root, files)
        yield Adapter("", files, config, header.tensors), header.problems


def _below(root: Path, folder: Folder) -> Iterator[tuple[Adapter, tuple[FileProblem, ...]]]:
    if MERGER_FOLDER not in folder.folders or (root / MERGER_FOLDER).is_symlink():
        return
    paths = (f"{MERGER_FOLDER}/{name}" for name in FILES)
    files = tuple(path for path in paths if os.path.lexists(root / path))
    if files:
        config, header = _config(root, files), _header(root, files)
        adapter = Adapter(MERGER_FOLDER, files, config.values, header.tensors)
        yield adapter, (*config.problems, *header.problems)


def _config(root: Path, files: tuple[str, ...]) -> JsonFile:
    path = next((path for path in files if path.endswith(ADAPTER_CONFIG)), None)
    if path is None:
        return JsonFile()
    file = read_json(root / path)
    return replace(file, problems=tuple(replace(p, file=path) for p in file.problems))


def _header(root: Path, files: tuple[str, ...]) -> Header:
    path = next((path for path in files if path.endswith(ADAPTER_TENSORS)), None)
    return Header() if path is None else read_header(root / path, path)
