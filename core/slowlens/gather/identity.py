"""Who uses this machine, and what it is called, so that a report can leave that out."""

import getpass
import socket
from contextlib import suppress
from pathlib import Path

from slowlens.facts.identity import Identity


def identity() -> Identity:
    """Return the names that are known without asking the network."""
    users: list[str] = []
    with suppress(OSError, KeyError, ImportError):  # a user id that has no name
        users.append(getpass.getuser())
    with suppress(RuntimeError):
        users.append(Path.home().name)
    return Identity(tuple(dict.fromkeys(users)), (socket.gethostname(),))
