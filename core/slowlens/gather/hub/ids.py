"""Ids of the hub, as people write them and as folders of the caches are named."""

import os
import re
from pathlib import Path

from slowlens.errors import CheckpointError
from slowlens.frozen import dataclass
from slowlens.gather.rawfile import printable

MAIN = "main"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*", re.ASCII)
_PAGE = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/([^/?#\s]+/[^/?#\s]+)"
    r"(?:/(?:tree|blob|resolve|raw|commit)/([^/?#\s]+))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PREFIX = "models--"
_LONGEST = 96


@dataclass(frozen=True, slots=True)
class HubId:
    """A model of the hub at a branch, a tag or a commit."""

    repo: str
    revision: str = MAIN

    @property
    def folder(self) -> str:
        """Name of its folder in a cache."""
        return _PREFIX + self.repo.replace("/", "--")


def hub_id(text: str, revision: str = "") -> HubId | None:
    """Understand ``org/name`` or ``org/name@revision``; None for what is a path here.

    A folder of that name wins, and so does a path whose parent is there, unless a revision
    says that the hub is meant.
    """
    repo, at, own = text.partition("@")
    if not _is_name(repo) or (at and not own) or _is_here(Path(text)):
        return None
    meant = own or revision
    if _is_here(Path(repo)) or (not meant and _is_here(Path(repo).parent)):
        return None
    return HubId(repo, meant or MAIN)


def address_of(text: str) -> str:
    """Return the id in the address of a model's page on the hub, or nothing."""
    found = _PAGE.match(text)
    if found is None or not _is_name(found[1]) or _is_here(Path(text)):
        return ""
    return f"{found[1]}@{found[2]}" if found[2] else found[1]


def is_commit(text: object) -> bool:
    """Tell a whole commit hash from branches, tags and everything else."""
    return isinstance(text, str) and _COMMIT.fullmatch(text) is not None


def origin(folder: Path) -> str:
    """Return ``org/name@commit`` where ``folder`` is that model in a cache, or nothing."""
    place = folder.absolute()
    repo = place.parent.parent if place.parent.name == "snapshots" else place.parent
    org, _, name = repo.name.removeprefix(_PREFIX).partition("--")
    known = repo.name.startswith(_PREFIX) and is_commit(place.name)
    if not (known and _is_name(f"{org}/{name}") and _is_cache(place, repo)):
        return ""
    return f"{org}/{name}@{place.name}"


def is_headers_only(folder: Path) -> bool:
    """Whether the weights in ``folder`` are headers alone, fetched by ``locate``."""
    place = _real(folder)
    return is_commit(place.name) and place.parent.parent == _real(_fetched())


def require_weights(folder: Path) -> None:
    """CheckpointError when the weights in ``folder`` are headers alone."""
    if is_headers_only(folder):
        raise not_here(origin(_real(folder)))


def not_here(model: str) -> CheckpointError:
    """Say that ``model``, as ``org/name@revision``, has to be a folder of the user's for this."""
    model = printable(model)
    repo, _, revision = model.partition("@")
    download = f"hf download {repo} --revision {revision} --local-dir {repo.partition('/')[2]}"
    message = f"{model} was only looked at on the Hugging Face hub: it is no folder of yours"
    return CheckpointError(message, hint=f"Download it first: `{download}`, and pass that folder.")


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))  # which a loop of links does not stop


def _is_here(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or with a zero byte
        return False


def _is_name(repo: str) -> bool:
    wrong = (".." in repo, "--" in repo, repo.endswith(".git"), len(repo) > _LONGEST)
    return _NAME.fullmatch(repo) is not None and not any(wrong)


def _is_cache(place: Path, repo: Path) -> bool:
    return place.parent.name == "snapshots" or repo.parent == _fetched().absolute()


def _fetched() -> Path:
    from slowlens.places import hub_folder  # rarely needed, and slow to import

    return hub_folder()
