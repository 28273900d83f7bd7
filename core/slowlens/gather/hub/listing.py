"""The files of a model at one commit, as the hub lists them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PureWindowsPath

from slowlens.errors import CheckpointError, SlowlensError
from slowlens.frozen import dataclass
from slowlens.gather.hub.client import Client
from slowlens.gather.hub.ids import is_commit
from slowlens.gather.hub.refusals import UNSOUND
from slowlens.gather.jsonfile import parse
from slowlens.gather.rawfile import quoted
from slowlens.gather.textfile import decode
from slowlens.jsonvalue import Json

_LIMIT = 64_000_000
_MAX_FILES = 50_000
_MAX_SIZE = 2**50
_MAX_NAME = 200
_RESERVED = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True, slots=True)
class Listing:
    """A commit and the size in bytes of each of its files; None where the hub does not say."""

    commit: str
    files: Mapping[str, int | None]

    @property
    def top(self) -> dict[str, int | None]:
        """The files that are in no folder."""
        return {name: size for name, size in self.files.items() if "/" not in name}

    @property
    def folders(self) -> frozenset[str]:
        """Names of the folders at the top."""
        return frozenset(name.partition("/")[0] for name in self.files if "/" in name)


def read_listing(client: Client) -> Listing:
    """Ask the hub which commit the revision is, and which files it has."""
    try:
        answer = parse(decode(client.listing(_LIMIT)))
    except CheckpointError:
        raise
    except SlowlensError as error:
        raise CheckpointError(f"The hub's list of files {error}", hint=UNSOUND) from error
    match answer:
        case {"sha": str(commit), "siblings": list(siblings)} if is_commit(commit):
            return Listing(commit, dict(_files(siblings)))
    raise CheckpointError("The hub's list of files has no commit and no files", hint=UNSOUND)


def _files(siblings: list[Json]) -> Iterator[tuple[str, int | None]]:
    if len(siblings) > _MAX_FILES:
        message = f"The model has {len(siblings)} files: no more than {_MAX_FILES} are looked at"
        raise CheckpointError(message, hint="Download what is needed, and pass its folder.")
    for sibling in siblings:
        match sibling:
            case {"rfilename": str(name), "size": int(size)} if _is_size(size):
                yield _inside(name), size
            case {"rfilename": str(name)}:
                yield _inside(name), None


def _is_size(size: int) -> bool:
    return type(size) is int and 0 <= size <= _MAX_SIZE


def _inside(name: str) -> str:
    if _stays_inside(name):
        return name
    message = f"The hub names {quoted(name)}, which is no file inside a folder"
    raise CheckpointError(message, hint="Nothing of this model was fetched.")


def _stays_inside(name: str) -> bool:
    # Windows paths know both slashes and drive letters
    path = PureWindowsPath(name)
    plain = name.isprintable() and "\\" not in name and not _RESERVED.search(name)
    parts = name.split("/")
    short = all(0 < len(part) <= _MAX_NAME and part not in (".", "..") for part in parts)
    return plain and short and not path.anchor
