"""A process and its children, as the operating system sees them."""

import os
import time
from importlib import import_module
from types import ModuleType
from typing import Any

REFRESH = 2.0
"""Seconds between two looks for new children: that reads every process of the machine."""


class Family:
    """The process ``pid`` and all that it starts; not thread-safe."""

    def __init__(self, pid: int) -> None:
        self._psutil = _psutil()
        self._pid = pid
        self._members: dict[int, Any] = {}
        self._next = 0.0

    @property
    def pids(self) -> frozenset[int]:
        """The ids of those that lived at the last look, ``pid`` always."""
        return frozenset((self._pid, *self._members))

    def memory(self) -> int | None:
        """Return the resident bytes of all together; None when it is over or not known.

        Pages that they share are counted for each.
        """
        if self._psutil is None:
            return None
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + REFRESH
            self._members = self._found(self._psutil)
        sizes = {pid: self._resident(self._psutil, m) for pid, m in self._members.items()}
        alone = sizes.get(self._pid)
        return None if alone is None else sum(size for size in sizes.values() if size)

    def _found(self, psutil: ModuleType) -> dict[int, Any]:
        try:
            process = self._members.get(self._pid) or psutil.Process(self._pid)
            return {p.pid: p for p in (process, *process.children(recursive=True))}
        except psutil.Error:
            return {}

    def _resident(self, psutil: ModuleType, process: Any) -> int | None:  # noqa: ANN401
        try:
            size: int = process.memory_info().rss
        except psutil.Error:
            return None
        return size


def load_average() -> float | None:
    """Return the load average of the last minute; None where the system keeps none."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # not on Windows
        return None


def _psutil() -> ModuleType | None:
    try:
        return import_module("psutil")
    except ImportError:
        return None
