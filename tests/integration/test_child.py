"""Real processes, hostile ones included."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import psutil
import pytest

from slowlens.child import Child, python
from slowlens.errors import WorkerError

HEAD = """
import os, signal, subprocess, sys, time
from slowlens.channel import Channel
channel = Channel()
request = channel.request()
"""


def script(body: str) -> tuple[str, ...]:
    return (sys.executable, "-c", HEAD + textwrap.dedent(body))


def gone(pid: int, seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_lines_arrive_and_noise_does_not() -> None:
    body = """
    print("noise"); os.system("echo more noise")
    channel.send(request.upper())
    """
    with Child(script(body), b"hello\n") as child:
        assert list(child) == [b"HELLO\n"]


def test_a_question_on_stdin_finds_no_answer() -> None:
    body = """
    try: input("[y/N]")
    except EOFError: channel.send(b"no answer\\n")
    """
    with Child(script(body), b"\n") as child:
        assert list(child) == [b"no answer\n"]


def test_lines_sent_before_death_are_read_first() -> None:
    body = 'channel.send(b"a\\n"); os.kill(os.getpid(), signal.SIGKILL)'
    with Child(script(body), b"\n") as child:
        assert child.line() == b"a\n"
        with pytest.raises(WorkerError, match=r"killed \(signal 9\).*out of memory") as caught:
            child.line()
    assert "memory" in caught.value.hint


def test_last_words_that_come_after_the_death_was_seen_are_read() -> None:
    seen = threading.Event()

    class Late(Child):
        def _read(self, stream: IO[bytes]) -> None:
            poll = self._process.poll

            def look() -> int | None:
                code = poll()
                if code is not None:
                    seen.set()
                return code

            self._process.poll = look  # type: ignore[method-assign]
            assert seen.wait(30)
            super()._read(stream)

    with Late(script('channel.send(b"a\\nb\\n")'), b"\n") as child:
        assert list(child) == [b"a\n", b"b\n"]


def test_an_exit_code_comes_with_the_last_words() -> None:
    body = 'print("loading 10 %\\rloading 90 %"); sys.exit("cannot go on")'
    with (
        Child(script(body), b"\n", name="the builder") as child,
        pytest.raises(WorkerError, match=r"the builder ended with exit code 1: .*cannot go on"),
    ):
        list(child)


def test_a_crash_names_its_signal() -> None:
    with (
        Child(script("os.kill(os.getpid(), signal.SIGSEGV)"), b"\n") as child,
        pytest.raises(WorkerError, match="signal 11"),
    ):
        list(child)


def test_silence_is_an_error_of_its_own() -> None:
    with (
        Child(script("time.sleep(600)"), b"\n") as child,
        pytest.raises(WorkerError, match=r"said nothing for 0\.5 seconds"),
    ):
        child.line(silence=0.5)


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(WorkerError, match="could not be started"):
        Child(("/does/not/exist",), b"\n").__enter__()


def test_a_flood_on_stderr_does_not_block() -> None:
    body = 'sys.stderr.write("x" * 5_000_000); channel.send(b"done\\n")'
    with Child(script(body), b"\n") as child:
        assert list(child) == [b"done\n"]


FAMILY = """
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
channel.send(f"{os.getpid()} {grandchild.pid}\\n".encode())
"""


def pids_of(child: Child) -> list[int]:
    pids = [int(pid) for pid in (child.line() or b"").split()]
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)
    return pids


@pytest.mark.parametrize("deaf", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_leaving_ends_the_whole_family(deaf: str) -> None:
    with Child(script(deaf + FAMILY + "time.sleep(600)"), b"\n") as child:
        pids = pids_of(child)
    assert not psutil.pid_exists(pids[0]), "not reaped"
    assert gone(pids[1])


def test_leaving_ends_a_frozen_child() -> None:
    with Child(script(FAMILY + "os.kill(os.getpid(), signal.SIGSTOP)"), b"\n") as child:
        pids = pids_of(child)
        while psutil.Process(pids[0]).status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)
    assert not psutil.pid_exists(pids[0])
    assert gone(pids[1])


def test_a_grandchild_that_holds_the_pipe_does_not_hide_the_death() -> None:
    body = """
    os.set_inheritable(channel._out, True)
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    grandchild = subprocess.Popen(sleep, close_fds=False)
    channel.send(f"{grandchild.pid}\\n".encode())
    """
    began = time.monotonic()
    with Child(script(body), b"\n") as child:
        (line,) = list(child)
    assert time.monotonic() - began < 30
    assert gone(int(line))


@contextmanager
def interjecting(child: Child) -> Iterator[None]:
    """Put a line of our own between those of the child twice a second."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.5):
            child.interject(b"aside\n")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_lines_of_our_own_come_in_turn() -> None:
    with Child(script('channel.send(b"a\\n"); time.sleep(600)'), b"\n") as child:
        assert child.line() == b"a\n"
        child.interject(b"aside\n")
        assert child.line() == b"aside\n"


def test_lines_of_our_own_are_no_sign_of_life() -> None:
    body = """
    channel.send(b"up\\n"); time.sleep(0.7); channel.send(b"a\\n"); time.sleep(600)
    """
    lines: list[bytes | None] = []
    with Child(script(body), b"\n") as child:
        assert child.line() == b"up\n"
        begun = time.monotonic()
        with (
            interjecting(child),
            pytest.raises(WorkerError, match=r"said nothing for 2\.5 seconds"),
        ):
            lines.extend(iter(lambda: child.line(2.5), None))
    assert lines.count(b"a\n") == 1
    assert lines.count(b"aside\n") >= 2
    assert time.monotonic() - begun > 3, "what the child says counts from then on"


def test_lines_of_our_own_do_not_hide_a_death_that_a_grandchild_hides() -> None:
    body = """
    os.set_inheritable(channel._out, True)
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    subprocess.Popen(sleep, close_fds=False)
    os._exit(3)
    """
    began = time.monotonic()
    with (
        Child(script(body), b"\n") as child,
        interjecting(child),
        pytest.raises(WorkerError, match="exit code 3"),
    ):
        all(time.monotonic() - began < 30 for _ in child)


def test_stop_from_another_thread_ends_the_lines() -> None:
    with Child(script('channel.send(b"up\\n"); time.sleep(600)'), b"\n") as child:
        assert child.line() == b"up\n"
        threading.Timer(0.2, child.stop).start()
        began = time.monotonic()
        assert child.line() is None
        assert child.line() is None
        assert time.monotonic() - began < 30


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a frozen child stays frozen")
def test_a_frozen_child_leaves_with_a_parent_that_is_killed() -> None:
    parent = f"""
import sys
from slowlens.child import Child
with Child((sys.executable, "-c", {HEAD + FAMILY + "time.sleep(600)"!r}), b"\\n") as child:
    print(child.line().decode(), flush=True)
    child.line()
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout
        pids = [int(pid) for pid in process.stdout.readline().split()]
        os.kill(pids[0], signal.SIGSTOP)
        process.kill()
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_the_child_leaves_with_a_parent_that_is_killed() -> None:
    parent = f"""
import sys
from slowlens.child import Child
with Child((sys.executable, "-c", {HEAD + FAMILY + "time.sleep(600)"!r}), b"\\n") as child:
    print(child.line().decode(), flush=True)
    child.line()
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout
        pids = [int(pid) for pid in process.stdout.readline().split()]
        process.kill()
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_ctrl_c_in_the_block_leaves_nothing() -> None:
    parent = f"""
import sys
from slowlens.child import Child
with Child((sys.executable, "-c", {HEAD + FAMILY + "time.sleep(600)"!r}), b"\\n") as child:
    print(child.line().decode(), flush=True)
    child.line()
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout
        pids = [int(pid) for pid in process.stdout.readline().split()]
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert all(gone(pid) for pid in pids)


def test_a_module_in_the_working_folder_is_not_taken_for_ours(
    tmp_path: "os.PathLike[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.makedirs("json")  # noqa: PTH103
    with open("json/__init__.py", "w") as file:  # noqa: PTH123
        file.write("raise RuntimeError('shadowed')")
    with Child(python("json.tool"), b"{}\n") as child:
        threading.Timer(0.5, child.stop).start()
        assert list(child) == []
    assert b"shadowed" not in child._tail
