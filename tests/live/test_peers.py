"""However a run of several processes ends, all of them end."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache
from slowlens.measure.events import Event, Stepped
from slowlens.measure.protocol import encode_plan
from slowlens.measure.session import measure

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import plan  # noqa: E402
from slowlens.measure.worker.peers import GRACE  # noqa: E402

SOON = 0.8 * GRACE
"""Seconds in which nobody has time to find out by itself that the others are gone."""


@pytest.fixture
def endless(tmp_path: Path) -> Plan:
    folder = tiny.llama(tmp_path, {}, vocab_size=260)
    return plan(folder, new_tokens=100_000, settings=(Cache.OFF,), full=True, tensor_parallel=2)


def begun(events: Iterator[Event]) -> None:
    """Go on until tokens of a long trial come."""
    next(e for e in events if isinstance(e, Stepped) and e.trial == 1)


def family(process: psutil.Process) -> list[psutil.Process]:
    return [
        p for p in process.children(recursive=True) if "slowlens.measure" in " ".join(p.cmdline())
    ]


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, SOON)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_peer_that_is_killed_ends_the_run(endless: Plan) -> None:
    with measure(endless) as events:
        begun(events)
        processes = family(psutil.Process())
        peers = [p for p in processes if p.cmdline()[-3:-1] == ["1", "2"]]
        assert (len(processes), len(peers)) == (2, 1)
        peers[0].kill()
        with pytest.raises(WorkerError, match="measuring process 2 of 2 was killed"):
            list(events)
    assert gone(processes)


def test_leaving_in_the_middle_leaves_nobody(endless: Plan) -> None:
    with measure(endless) as events:
        begun(events)
        processes = family(psutil.Process())
        groups = {os.getpgid(process.pid) for process in processes}
    assert len(processes) == 2
    assert len(groups) == 1, "what ends the first ends its group"
    assert gone(processes)


def test_a_peer_leaves_with_the_first_whatever_it_waits_for(endless: Plan) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = str(nobody.getsockname()[1])
        command = (sys.executable, "-m", "slowlens.measure.worker", "1", "2", port)
        peer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert peer.stdin
        peer.stdin.write(encode_plan(endless))
        peer.stdin.flush()
        nobody.settimeout(60)
        nobody.accept()  # it has imported torch, and waits for an answer
        peer.stdin.close()
        try:
            assert peer.wait(SOON) == 1
        finally:
            peer.kill()


PARENT = """
import sys
from slowlens.measure.protocol import decode_plan
from slowlens.measure.session import measure
with measure(decode_plan(sys.stdin.buffer.readline())) as events:
    for event in events:
        print(type(event).__name__, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
@pytest.mark.parametrize("victim", ["parent", "first"])
def test_whoever_is_killed_takes_all_along(endless: Plan, victim: str) -> None:
    parent = subprocess.Popen(
        (sys.executable, "-c", PARENT), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin
    assert parent.stdout
    parent.stdin.write(encode_plan(endless).decode())
    parent.stdin.flush()
    for line in parent.stdout:
        if line.strip() == "TrialFinished":
            break
    processes = family(psutil.Process(parent.pid))
    assert len(processes) == 2
    first = next(p for p in processes if p.ppid() == parent.pid)
    os.kill(parent.pid if victim == "parent" else first.pid, signal.SIGKILL)
    assert gone(processes)
    parent.wait(SOON)
