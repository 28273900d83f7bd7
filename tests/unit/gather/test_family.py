"""Memory of real processes, and of none."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from slowlens.gather import family as module
from slowlens.gather.family import Family, load_average

MEGABYTES = 1_000_000
PARENT = """
import subprocess, sys
code = "x = b'1' * 60_000_000; print(1, flush=True); input()"
child = subprocess.Popen([sys.executable, "-c", code],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
input()
child.communicate("")
"""


@pytest.fixture
def parent() -> Iterator[tuple[int, int]]:
    """A process and its child, which holds 60 MB."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield process.pid, int(process.stdout.readline())
        process.communicate("\n")


def test_children_count(parent: tuple[int, int]) -> None:
    family = Family(parent[0])
    assert family.pids == {parent[0]}, "before the first look"
    memory = family.memory()
    assert memory is not None
    assert memory > 60 * MEGABYTES
    assert family.pids == {*parent}


def test_a_child_that_starts_later_is_found(
    parent: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    family = Family(os.getpid())
    family.memory()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as late:
        family.memory()
        assert late.pid not in family.pids, "every process of the machine was read again"
        monkeypatch.setattr(family, "_next", 0.0)
        family.memory()
        assert late.pid in family.pids
        late.communicate(b"\n")


def test_a_process_that_is_over_has_no_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        family = Family(process.pid)
        assert family.memory()
        process.communicate(b"\n")
    assert family.memory() is None
    assert Family(process.pid).memory() is None


def test_without_psutil_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    family = Family(os.getpid())
    assert family.memory() is None
    assert family.pids == {os.getpid()}


def test_load_average(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (1.5, 9.0, 9.0))
    assert load_average() == 1.5
    monkeypatch.delattr(module.os, "getloadavg")
    assert load_average() is None
