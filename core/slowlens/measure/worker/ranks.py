"""What the processes that share one model, by tensor parallelism, tell each other.

All of them run the same plan through the same code, and meet in each forward pass. Whatever else
decides what comes next, time, memory or an error, is told to all, so that nobody waits for a pass
that the others leave out. Of a single process every function here hands back what it is given.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

import torch
from torch import distributed

from slowlens.errors import WorkerError
from slowlens.frozen import dataclass
from slowlens.measure.worker.failure import during
from slowlens.measure.worker.peers import ADDRESS, ALONE, Place

PATIENCE = 120.0
"""Seconds to wait for the others where all should arrive together."""
_LONGEST = timedelta(hours=2)
"""Of a pass: the parent ends a run that says nothing long before."""
_LOOPBACK = {"linux": "lo", "darwin": "lo0"}
"""Network interface of the machine itself, on which its processes meet."""

_HINT = "NCCL_DEBUG=INFO tells more; in a container NCCL may need more shared memory (--ipc=host)."

_T = TypeVar("_T")


class PartedError(WorkerError):
    """The processes do not do the same any more: the run cannot go on."""


@dataclass(frozen=True, slots=True)
class _Group:
    place: Place
    store: Any
    """A connection of its own: one that waits would keep the others from using it."""
    turns: Iterator[int]


_group: _Group | None = None


def join(place: Place, device: torch.device) -> None:
    """Meet the other processes; what transformers divides among them, it divides in this group.

    WorkerError when they cannot meet.
    """
    with during(f"bringing {place.count} processes together", device, _HINT):
        _join(place, device)


def _join(place: Place, device: torch.device) -> None:
    global _group
    if interface := _LOOPBACK.get(sys.platform):
        os.environ.setdefault("GLOO_SOCKET_IFNAME", interface)
    gpu = device.type == "cuda"
    if gpu:
        torch.cuda.set_device(device)
    shared = _connected(place, place.listening)
    _group = _Group(place, _connected(place), count())
    distributed.init_process_group(
        "nccl" if gpu else "gloo",
        store=distributed.PrefixStore("group", shared),
        rank=place.rank,
        world_size=place.count,
        timeout=_LONGEST,
        device_id=device if gpu else None,
    )


def _connected(place: Place, listening: int | None = None) -> Any:  # noqa: ANN401
    return distributed.TCPStore(
        ADDRESS,
        place.port,
        is_master=listening is not None,
        wait_for_workers=False,
        timeout=_LONGEST,
        master_listen_fd=listening,
    )


def place() -> Place:
    """Return which of the processes this one is."""
    return _group.place if _group else ALONE


def meet(where: str) -> None:
    """Wait until all processes are there."""
    gathered(where, None)


def agreed(what: str, value: _T) -> _T:
    """Return the value of the first process; ``what`` names the question."""
    return gathered(what, value)[0]


def gathered(what: str, value: _T, patience: float = PATIENCE) -> tuple[_T, ...]:
    """Return the values of all processes, as JSON tells them.

    PartedError when one has not come after ``patience`` seconds.
    """
    if _group is None:
        return (value,)
    here, store = _group.place, _group.store
    turn = next(_group.turns)
    keys = [f"{turn}/{what}/{rank}" for rank in range(here.count)]
    store.set(keys[here.rank], json.dumps(value))
    try:
        store.wait(keys, timedelta(seconds=patience))
    except RuntimeError as error:
        raise PartedError(
            f"{here} waited {patience:g} seconds for the others, which do something else ({what})",
            hint="Measure again; if it happens twice, report it with what this checkpoint is.",
        ) from error
    return tuple(json.loads(store.get(key)) for key in keys)
