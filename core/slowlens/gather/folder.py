"""What is in a folder, and why it is no checkpoint."""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from slowlens.errors import CheckpointError, NoFolderError
from slowlens.facts.checkpoint import CONFIG
from slowlens.frozen import dataclass
from slowlens.gather.hub.ids import origin
from slowlens.gather.nearby import nearby
from slowlens.gather.rawfile import printable
from slowlens.gather.weights import is_weights
from slowlens.spelling import question

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_RANK_SHARD = re.compile(r"model_world_size_\d+_rank_\d+\.pt")
_BELOW = ("*", "*/huggingface", "snapshots/*")
"""Where a checkpoint may hide: training output, verl's, the Hugging Face cache."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Names of all entries, the size in bytes of those that are files, and the folders."""

    names: frozenset[str]
    sizes: Mapping[str, int]
    folders: tuple[str, ...] = ()


def read_folder(root: Path) -> Folder:
    """List ``root``; CheckpointError when it is no folder or may not be read.

    NoFolderError when it is not there.
    """
    try:
        with os.scandir(root) as entries:
            found = {printable(entry.name): _status(entry) for entry in entries}
    except (FileNotFoundError, ValueError) as error:
        raise _not_found(root) from error
    except NotADirectoryError as error:
        hint = f"Pass the folder that it is in: {_shown(root.parent)}"
        raise CheckpointError(f"{_shown(root)} is a file, not a folder", hint=hint) from error
    except OSError as error:
        message = f"{_shown(root)} cannot be read: {error.strerror}"
        hint = "Check the link, the disk or the network folder."
        if isinstance(error, PermissionError):
            hint = "Give yourself permission to list and enter it (chmod u+rx), or ask the owner."
        raise CheckpointError(message, hint=hint) from error
    there = {name: status for name, status in sorted(found.items()) if status}
    sizes = {name: status.st_size for name, status in there.items() if S_ISREG(status.st_mode)}
    folders = tuple(name for name, status in there.items() if S_ISDIR(status.st_mode))
    return Folder(frozenset(found), sizes, folders)


def require_folder(root: Path) -> None:
    """Raise as ``read_folder`` does where ``root`` is no folder."""
    if not os.path.isdir(root):  # noqa: PTH112 - of pathlib, what may not be looked at is an error
        read_folder(root)


def no_checkpoint(root: Path, names: Collection[str]) -> CheckpointError:
    """Say that ``root`` holds no checkpoint, and where one may be."""
    below = _checkpoints_below(root)
    if not any(map(_has_weights, below)):
        for folder in (root, *(place.parent for place in below)):
            if shards := rank_shards(entries(folder)):
                return _unmerged(folder, shards)
    shown = origin(root) or _shown(root)
    message = f"{shown} is not a checkpoint: it has no config.json and no weights"
    return CheckpointError(message, hint=_what_to_pass(names, below))


def _what_to_pass(names: Collection[str], below: Iterable[Path]) -> str:
    match [_shown(place) for place in below]:
        case [place]:
            return f"Pass {place} instead."
        case [*_, last]:
            return f"Pass one of its subfolders, such as {last}"
        case _ if any(name.endswith(".gguf") for name in names):
            return "GGUF is not read: pass the checkpoint that it was converted from."
    return "Pass the folder that holds config.json and the *.safetensors files."


def entries(root: Path) -> list[str]:
    """Return the names in ``root``, none where it cannot be read."""
    with suppress(OSError):
        return [path.name for path in root.iterdir()]
    return []


def rank_shards(names: Iterable[str]) -> list[str]:
    """Return what each process of FSDP training saved of a model, in verl and EasyR1."""
    return sorted(filter(_RANK_SHARD.fullmatch, names))


def how_to_merge(folder: Path) -> str:
    """Say how the shards of training in ``folder`` become a checkpoint."""
    return (
        "Merge them first: python -m verl.model_merger merge --backend fsdp --local_dir "
        f"{_shown(folder)} --target_dir OUT (verl), or python3 scripts/model_merger.py --local_dir "
        f"{_shown(folder)} (EasyR1), and pass the folder that this writes."
    )


def _unmerged(root: Path, shards: list[str]) -> CheckpointError:
    message = (
        f"{_shown(root)} holds {len(shards)} un-merged FSDP shards such as {shards[0]}, which no "
        "runtime loads, and no merged checkpoint"
    )
    return CheckpointError(message, hint=how_to_merge(root))


def _has_weights(root: Path) -> bool:
    return any(map(is_weights, entries(root)))


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:
        return None


def _not_found(root: Path) -> NoFolderError:
    name = root.as_posix()
    hint = question(nearby(root)) or "Check the path."
    if _HUB_ID.fullmatch(name) and root.parent.exists():
        hint = f"{hint} For the model of the Hugging Face hub, pass {name}@main."
    elif _HUB_ID.fullmatch(name):
        hint = (
            "A model of the Hugging Face hub has to be downloaded for this: pass the folder that "
            f"`hf download {name}` prints. check, inspect and diff take its id."
        )
    return NoFolderError(f"{_shown(root)} does not exist", hint=hint)


def _checkpoints_below(root: Path) -> list[Path]:
    found = chain.from_iterable(root.glob(f"{below}/{CONFIG}") for below in _BELOW)
    return sorted(config.parent for config in islice(found, 100))


def _shown(path: Path) -> str:
    return printable(str(path))
