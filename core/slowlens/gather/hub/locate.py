"""The folder that a name means: itself, or that of a model of the hub."""

from pathlib import Path

from slowlens.errors import CheckpointError, UsageError
from slowlens.gather.hub.ids import address_of, hub_id
from slowlens.gather.rawfile import printable


def require_name(name: str | Path, what: str) -> None:
    """UsageError where ``name`` is empty: a variable that was never set would pass as no name."""
    if name == "":
        raise UsageError(f"{what} is empty", hint="Is the variable set?")


def locate(name: str | Path) -> Path:
    """Return the folder of ``name``, fetched if it is a model of the hub that is not here.

    Text may be ``org/name`` or ``org/name@revision``; a folder that is here wins, and a Path is
    always one. CheckpointError says what is wrong with the model or the network.
    """
    if isinstance(name, str) and (model := address_of(name)):
        message = f"{printable(name)} is an address: a folder or an id is wanted"
        raise CheckpointError(message, hint=f"The id is enough: {model}")
    wanted = hub_id(name) if isinstance(name, str) else None
    if wanted is None:
        return Path(name)
    from slowlens.gather.hub.resolving import resolve  # most names are folders: start fast

    return resolve(wanted)
