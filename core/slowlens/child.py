"""A process of our own that reports in lines and never outlives the with-block."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import IO, Self

from slowlens.childerrors import died, hung, unstartable

SILENCE = 300.0
"""Seconds without a line after which a child counts as hung."""
_GRACE = 2.0
_POLL = 0.2
_LONGEST_LINE = 1 << 24
_TAIL = 8192


class _Aside(bytes):
    """A line that the child did not write: no sign of life."""


def python(module: str) -> tuple[str, ...]:
    """Return the command that runs ``module`` here; ``-P`` ignores namesakes in the folder."""
    return (sys.executable, "-P", "-m", module)


class Child:
    """Give ``request`` to a new process and read its lines; leaving ends it with all it started.

    ``name`` is what error messages call it. ``stop`` may be called from any thread: it ends
    the lines.
    """

    def __init__(
        self, command: Sequence[str], request: bytes, *, name: str = "the measuring process"
    ) -> None:
        self._command, self._request, self._name = command, request, name
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._tail = b""
        self._quiet = 0.0
        self.stopped = False
        self._over = False
        self._ending = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self._process = _start(self._command)
        except OSError as error:
            raise unstartable(self._name, error, self._command[0]) from error
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self._readers = (
            _reader(self._read, self._process.stdout),
            _reader(self._drain, self._process.stderr),
        )
        with suppress(BrokenPipeError):  # it died at once: line() says why
            self._process.stdin.write(self._request)
            self._process.stdin.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __iter__(self) -> Iterator[bytes]:
        while (line := self.line()) is not None:
            yield line

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def interject(self, line: bytes) -> None:
        """Put a line between those of the child, from any thread.

        Often would hide that it died: at most one in twice ``_POLL``.
        """
        self._lines.put(_Aside(line))

    def line(self, silence: float = SILENCE) -> bytes | None:
        """Return the next line, None after the last; WorkerError when it died or hangs."""
        begun = time.monotonic()
        deadline = begun + silence - self._quiet
        while True:
            try:
                line = self._lines.get(timeout=_POLL)
            except Empty:
                # What it started may hold the pipe open, so look whether it lives.
                if self._process.poll() is not None:
                    line = self._left()
                elif time.monotonic() < deadline:
                    continue
                else:
                    raise hung(self._name, silence) from None
            if line is None:
                self._lines.put(None)
                self._judge()
            aside = isinstance(line, _Aside)
            self._quiet = self._quiet + time.monotonic() - begun if aside else 0.0
            return line

    def _left(self) -> bytes | None:
        """Return what the reader still held when the child was found dead."""
        deadline = time.monotonic() + _GRACE
        while (left := deadline - time.monotonic()) > 0:
            with suppress(Empty):
                line = self._lines.get(timeout=left)
                if not isinstance(line, _Aside):
                    return line
        return None

    def stop(self) -> None:
        """End the child and what it started, with SIGTERM first and SIGKILL soon after."""
        self.stopped = True
        self._finish()

    def _finish(self) -> None:
        with self._ending:
            if self._over:
                return
            self._over = True
            try:
                self._end(kill=False)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_GRACE)
            finally:
                self._end(kill=True)
                self._process.wait()
                self._close()

    def _end(self, *, kill: bool) -> None:
        if sys.platform == "win32":
            self._process.kill()
        else:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL if kill else signal.SIGTERM)

    def _close(self) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        for reader in self._readers:
            reader.join(_GRACE)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in iter(lambda: stream.readline(_LONGEST_LINE), b""):
                self._lines.put(line)
        self._lines.put(None)

    def _drain(self, stream: IO[bytes]) -> None:
        with stream:
            while chunk := os.read(stream.fileno(), 65536):
                self._tail = (self._tail + chunk)[-_TAIL:]

    def _judge(self) -> None:
        if self._over:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        code = self._process.returncode
        self._finish()
        if code:
            raise died(self._name, code, self._tail, self._command[0])


def _start(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start it as the leader of its own group, out of reach of a Ctrl-C meant for the parent."""
    return subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=sys.platform != "win32",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _reader(target: Callable[[IO[bytes]], None], stream: IO[bytes]) -> threading.Thread:
    thread = threading.Thread(target=target, args=(stream,), daemon=True)
    thread.start()
    return thread
