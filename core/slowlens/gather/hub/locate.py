"""The folder that a name means: itself, or that of a model of the hub."""

from pathlib import Path

from slowlens.gather.hub.ids import hub_id


def locate(name: str | Path) -> Path:
    """Return the folder of ``name``, fetched if it is a model of the hub that is not here.

    Text may be ``org/name`` or ``org/name@revision``; a folder that is here wins, and a Path is
    always one. CheckpointError says what is wrong with the model or the network.
    """
    wanted = hub_id(name) if isinstance(name, str) else None
    if wanted is None:
        return Path(name)
    from slowlens.gather.hub.resolving import resolve  # most names are folders: start fast

    return resolve(wanted)
