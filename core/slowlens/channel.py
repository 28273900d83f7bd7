"""The child's end: lines leave on what was stdout, and nothing outlives the parent."""

import ctypes
import os
import signal
import sys
import threading
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


class Channel:
    """Claim stdin and stdout; libraries that print reach stderr, those that ask find no answer."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._in = os.dup(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

    def request(self) -> bytes:
        """Return the request; from then on the end of stdin ends this process."""
        request = b""
        while not request.endswith(b"\n"):
            chunk = os.read(self._in, 65536)
            if not chunk:
                break
            request += chunk
        threading.Thread(target=self._leave_with_parent, daemon=True).start()
        _thaw_with_parent()
        return request

    def send(self, line: bytes) -> None:
        """Write one line; BrokenPipeError when nobody reads any more."""
        while line:
            line = line[os.write(self._out, line) :]

    def _leave_with_parent(self) -> None:
        while os.read(self._in, 65536):
            continue
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)


def _thaw_with_parent() -> None:
    """Have Linux go on with this process when its parent dies: one that is frozen cannot leave."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)
