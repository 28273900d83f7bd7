"""Answers leave at once: what a socket that Streamlit opens does not do by itself."""

import socket
import sys

import pytest

from slowlens_dashboard.serving.undelayed import send_at_once

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are no descriptors there")


def nagle(connection: socket.socket) -> bool:
    return not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_is_accepted_sends_at_once_and_what_is_connected_stays_as_it_is() -> None:
    with socket.socket() as listening, socket.socket() as client, socket.socket() as later:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        client.connect(listening.getsockname())
        send_at_once()
        later.connect(listening.getsockname())
        with listening.accept()[0], listening.accept()[0] as accepted:
            assert not nagle(accepted)
            assert nagle(client)
            assert accepted.getsockname() == listening.getsockname()


def test_a_process_that_listens_nowhere_is_left_alone() -> None:
    send_at_once()
