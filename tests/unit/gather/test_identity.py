"""Who this machine and its user are, as far as that is known here."""

import getpass
import socket
from pathlib import Path

import pytest

from slowlens.gather.identity import identity


def test_it_names_the_user_and_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "alice")
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu7.lab")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/al"))
    found = identity()
    assert found.users == ("alice", "al")
    assert found.hosts == ("gpu7.lab",)


def test_a_user_without_a_name_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/al"))
    assert identity().users == ("al",)
