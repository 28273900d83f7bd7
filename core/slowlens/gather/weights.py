"""Which safetensors files of a folder count, and the tensors that they announce."""

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path, PureWindowsPath
from typing import TypeAlias

from slowlens.facts.checkpoint import FileProblem, Weights
from slowlens.frozen import replace
from slowlens.gather.head import head_is_embedding
from slowlens.gather.jsonfile import read_json
from slowlens.gather.rawfile import quoted
from slowlens.gather.safetensors import Header, read_header
from slowlens.jsonvalue import Json

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_PICKLE = re.compile(r"pytorch_model(-\d{5}-of-\d{5})?\.bin")
_SAVE_AGAIN = "Save the checkpoint again with save_pretrained into an empty folder."
_DOWNLOAD = "Download or copy what is missing; where it never was, save the checkpoint again."

_Promised: TypeAlias = Mapping[str, set[str]]
"""File to the names of the tensors that the index places in it."""


def read_weights(root: Path, names: Collection[str]) -> tuple[Weights, tuple[FileProblem, ...]]:
    """Read the headers of what transformers would load; ``names`` are the entries of ``root``."""
    weights, problems = _read(root, names)
    return replace(weights, head_is_embedding=head_is_embedding(root, weights)), problems


def _read(root: Path, names: Collection[str]) -> tuple[Weights, tuple[FileProblem, ...]]:
    if SINGLE in names:
        return _weights(_headers(root, [SINGLE]), ())
    if INDEX not in names:
        return _weights(_headers(root, _loose(names)), _without_index(names))
    index = read_json(root / INDEX)
    promised, faults = _weight_map((index.values or {}).get("weight_map"))
    if not promised:
        problems = index.problems or faults
        return _weights(_headers(root, _loose(names)), problems)
    there = [file for file in sorted(promised) if os.path.lexists(root / file)]
    headers = _headers(root, there)
    problems = (*index.problems, *faults, *_missing(promised, there))
    return _weights(headers, (*problems, *_disagreements(headers, promised)))


def is_weights(name: str) -> bool:
    """Tell weights of a whole model from adapters and other files by their name."""
    return _is_safetensors(name) or bool(_PICKLE.fullmatch(name))


def _is_safetensors(name: str) -> bool:
    return name.endswith(".safetensors") and not name.startswith("adapter_")


def _loose(names: Collection[str]) -> list[str]:
    return sorted(filter(_is_safetensors, names))


def _headers(root: Path, files: Iterable[str]) -> dict[str, Header]:
    return {file: read_header(root / file, file) for file in files}


def _weights(
    headers: Mapping[str, Header], problems: Iterable[FileProblem]
) -> tuple[Weights, tuple[FileProblem, ...]]:
    tensors = {tensor.name: tensor for header in headers.values() for tensor in header.tensors}
    unreadable = chain.from_iterable(header.problems for header in headers.values())
    return Weights(tuple(headers), tuple(tensors.values())), (*problems, *unreadable)


def _weight_map(entries: Json) -> tuple[_Promised, tuple[FileProblem, ...]]:
    """Sort an index by file, without the files that are not inside the folder."""
    if not isinstance(entries, Mapping) or not entries:
        message = "has no weight_map that says which tensor is in which file"
        return {}, (FileProblem(INDEX, message, _SAVE_AGAIN),)
    promised: defaultdict[str, set[str]] = defaultdict(set)
    for tensor, file in entries.items():
        promised[file if isinstance(file, str) else ""].add(tensor)
    inside = {file: tensors for file, tensors in promised.items() if _is_inside(file)}
    outside = sorted(promised.keys() - inside.keys())
    problems = tuple(
        FileProblem(INDEX, f"names {quoted(file)}, which is no file of this folder", _SAVE_AGAIN)
        for file in outside[:1]
    )
    return inside, problems


def _is_inside(file: str) -> bool:
    # Windows paths know both slashes and drive letters
    path = PureWindowsPath(file)
    return bool(path.name) and not path.anchor and ".." not in path.parts and file.isprintable()


def _missing(promised: _Promised, there: Collection[str]) -> Iterator[FileProblem]:
    missing = sorted(set(promised).difference(there))
    if missing:
        lost = sum(len(promised[file]) for file in missing)
        total = sum(map(len, promised.values()))
        more = f" and {len(missing) - 1} more that are" if len(missing) > 1 else ", which is"
        message = f"names {quoted(missing[0])}{more} missing, with {lost} of {total} tensors"
        yield FileProblem(INDEX, message, _DOWNLOAD)


def _disagreements(headers: Mapping[str, Header], promised: _Promised) -> Iterator[FileProblem]:
    for file, header in headers.items():
        held = {tensor.name for tensor in header.tensors}
        lost, extra = promised[file] - held, held - promised[file]
        if header.problems:
            continue
        if lost:
            message = f"lacks {_some(lost)} that the index places in it"
            yield FileProblem(file, message, _SAVE_AGAIN)
        if extra:
            message = f"holds {_some(extra)} that the index does not place in it"
            yield FileProblem(file, message, _SAVE_AGAIN)


def _some(tensors: Collection[str]) -> str:
    count = f"the tensor {quoted(min(tensors))}"
    return count if len(tensors) == 1 else f"{count} and {len(tensors) - 1} more"


def _without_index(names: Collection[str]) -> Iterator[FileProblem]:
    loose, pickles = _loose(names), sorted(filter(_PICKLE.fullmatch, names))
    if loose:
        more = f" and {len(loose) - 1} more files" if len(loose) > 1 else ""
        message = f"is missing, without which transformers does not load {quoted(loose[0])}{more}"
        yield FileProblem(INDEX, message, _DOWNLOAD)
    elif pickles:
        message = "is a pickle, which is never opened here: its tensors are not checked"
        yield FileProblem(pickles[0], message, "Save the checkpoint again: it becomes safetensors.")
