"""Checkpoints as they are named in a command: folders, or ids of the Hugging Face hub."""

import argparse
from collections.abc import Iterable

from slowlens.errors import UsageError
from slowlens.gather.hub.ids import hub_id

FOLDER_OR_ID = "folder of the checkpoint{}, or its id on the Hugging Face hub"


def add_revision(parser: argparse.ArgumentParser) -> None:
    """Declare ``--revision``."""
    text = "branch, tag or commit of what is named by its hub id (default: main)"
    parser.add_argument("--revision", default="", metavar="REV", help=text)


def at_revision(revision: str, names: Iterable[str]) -> tuple[str, ...]:
    """Write ``revision`` behind the ids among ``names`` that have none of their own.

    UsageError when it is for none of them.
    """
    pinned = tuple(_pinned(name, revision) for name in names)
    if revision and not any(found and found.revision == revision for found in map(hub_id, pinned)):
        message = "--revision is for models of the Hugging Face hub, and none is named without one."
        raise UsageError(message, hint="Leave it out, or pass an id such as org/name.")
    return pinned


def _pinned(name: str, revision: str) -> str:
    found = hub_id(name, revision)
    return f"{found.repo}@{found.revision}" if found and revision else name
