"""A model of the hub into a folder: from the caches where they suffice, else from the hub."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from slowlens.errors import CheckpointError, NoFolderError
from slowlens.gather.hub.cached import (
    commits,
    fetched,
    is_offline,
    remember,
    whole_snapshot,
    without_asking,
)
from slowlens.gather.hub.client import Client
from slowlens.gather.hub.fetching import fetch
from slowlens.gather.hub.ids import HubId, is_commit
from slowlens.gather.hub.listing import read_listing
from slowlens.gather.hub.refusals import UnknownError, UnreachableError
from slowlens.gather.nearby import nearby
from slowlens.gather.rawfile import shortened
from slowlens.spelling import question


def resolve(wanted: HubId) -> Path:
    """Return the folder; CheckpointError says what is wrong with the model or the network."""
    try:
        return _resolved(wanted)
    except UnknownError as error:
        raise _no_folder(wanted, error) from error


def _resolved(wanted: HubId) -> Path:
    if is_commit(wanted.revision) and fetched(wanted, wanted.revision).is_dir():
        here = _here(wanted)
    elif is_offline():
        here = _here(wanted)
        if here is None:
            said = f"the caches do not hold enough of {_shown(wanted)}"
            hint = "Check the spelling of the folder, or unset HF_HUB_OFFLINE to ask the hub."
            raise _no_folder(wanted, CheckpointError(said, hint=hint))
    else:
        here = None
    return here or _asked(wanted)


def _asked(wanted: HubId) -> Path:
    client = Client(wanted)
    try:
        listing = read_listing(client)
    except UnreachableError as error:
        if here := _here(wanted):
            return here
        raise _no_folder(wanted, error) from error
    if not is_commit(wanted.revision):
        remember(wanted, listing.commit)
    folder = whole_snapshot(wanted, listing.commit, listing.top)
    kept = fetched(wanted, listing.commit)
    return folder or (kept if kept.is_dir() else fetch(wanted, listing, client))


def _no_folder(wanted: HubId, error: CheckpointError) -> CheckpointError:
    """Say both: a mistyped folder looks like an id."""
    said, repo = str(error), wanted.repo
    said = said if said.startswith(repo) else f"{said[0].lower()}{said[1:]}"
    message = f"There is no folder {repo}, and as a model of the hub it cannot be read: {said}"
    kind = NoFolderError if isinstance(error, UnknownError) else CheckpointError
    near = question(nearby(Path(repo)))
    return kind(message, hint=f"{near} {error.hint}".strip())


def _here(wanted: HubId) -> Path | None:
    return next(_all_here(wanted), None)


def _all_here(wanted: HubId) -> Iterator[Path]:
    for commit in commits(wanted):
        with suppress(OSError):
            if folder := without_asking(wanted, commit):
                yield folder


def _shown(wanted: HubId) -> str:
    return shortened(f"{wanted.repo}@{wanted.revision}")
