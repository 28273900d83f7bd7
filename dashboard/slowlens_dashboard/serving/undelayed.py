"""Small answers that leave at once.

Streamlit opens its listening socket without naming TCP, so that asyncio does not know it for one
and leaves Nagle's algorithm on: head and body of an answer leave apart, and the second waits until
the browser has acknowledged the first, 40 ms later. What is accepted inherits the option.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress

MOST = 256
"""Descriptors that are looked at: a server that only just starts has few."""


def send_at_once() -> None:
    """Turn Nagle's algorithm off for whatever connects to this process from now on."""
    for listening in _listening():
        with listening, suppress(OSError):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _listening() -> Iterator[socket.socket]:
    """Yield the sockets on which this process accepts connections; each is to be closed."""
    for descriptor in range(3, MOST):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                found = socket.socket(fileno=os.dup(descriptor))
                if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    yield found
                else:
                    found.close()
