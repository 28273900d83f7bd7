"""A model of the hub into a folder: from the caches where they suffice, else from the hub."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from slowlens.errors import CheckpointError
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
from slowlens.gather.hub.refusals import UnreachableError
from slowlens.gather.rawfile import shortened


def resolve(wanted: HubId) -> Path:
    """Return the folder; CheckpointError says what is wrong with the model or the network."""
    if is_commit(wanted.revision) and fetched(wanted, wanted.revision).is_dir():
        here = _here(wanted)
    elif is_offline():
        here = _here(wanted)
        if here is None:
            message = f"{_shown(wanted)} is no folder here, and the caches do not hold enough of it"
            hint = "Unset HF_HUB_OFFLINE to ask the hub, or pass a folder."
            raise CheckpointError(message, hint=hint)
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
        said = str(error)
        message = f"{wanted.repo} is no folder here, and {said[0].lower()}{said[1:]}"
        raise CheckpointError(message, hint=error.hint) from error
    if not is_commit(wanted.revision):
        remember(wanted, listing.commit)
    folder = whole_snapshot(wanted, listing.commit, listing.top)
    kept = fetched(wanted, listing.commit)
    return folder or (kept if kept.is_dir() else fetch(wanted, listing, client))


def _here(wanted: HubId) -> Path | None:
    return next(_all_here(wanted), None)


def _all_here(wanted: HubId) -> Iterator[Path]:
    for commit in commits(wanted):
        with suppress(OSError):
            if folder := without_asking(wanted, commit):
                yield folder


def _shown(wanted: HubId) -> str:
    return shortened(f"{wanted.repo}@{wanted.revision}")
