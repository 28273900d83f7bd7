"""The server as it is started, from the command line and by Streamlit's own."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil
import pytest

from builders import checkpoint
from slowlens.cli import main

ROOT = Path(__file__).parents[2]
UI = (
    sys.executable,
    "-P",
    "-c",
    "import sys; from slowlens.cli import main; sys.exit(main())",
    "ui",
)
STRAY = """
[server]
address = "0.0.0.0"
enableXsrfProtection = false
[browser]
gatherUsageStats = true
"""


@contextmanager
def started(
    *options: str, folder: Path, stderr: IO[str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start ``slowlens ui`` in ``folder`` and yield it with its URL; it is killed afterwards."""
    command = [*UI, "--port", "0", "--no-browser", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=stderr, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield process, found[0]
        finally:
            process.kill()


def get(url: str, path: str, **headers: str) -> tuple[int, str]:
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("GET", path, headers={"Host": host, **headers})
    response = connection.getresponse()
    return response.status, response.read().decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_it_serves_this_machine_alone_whatever_the_folder_says(tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(STRAY)
    with started(folder=tmp_path) as (process, url):
        assert get(url, "/_stcore/health") == (200, "ok")
        listening = [c.laddr.ip for c in psutil.Process(process.pid).net_connections("tcp")]
        assert set(listening) == {"127.0.0.1"}


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/api/runs/x/events"])
def test_other_host_names_are_refused_until_they_are_named(tmp_path: Path, path: str) -> None:
    with started("--name", "gpu-box", folder=tmp_path) as (_, url):
        assert get(url, path, Host="evil.example")[0] == 400
        assert get(url, path, Host="gpu-box")[0] != 400


def test_our_routes_answer(tmp_path: Path) -> None:
    with started(folder=tmp_path) as (_, url):
        status, body = get(url, "/api/runs/nothing/events")
        assert status == 404
        assert '"gone"' in body
        assert get(url, "/api/runs/..%2f..%2fetc%2fpasswd.json")[0] in (400, 404)


def test_who_is_let_in_has_the_token(tmp_path: Path) -> None:
    with started("--share", "--host", "127.0.0.1", folder=tmp_path) as (_, url):
        address, _, token = url.partition("/?token=")
        assert len(token) >= 32
        for path in ("/", "/_stcore/health", "/api/runs/x/events", f"/?token={token[:-1]}"):
            status, body = get(address, path)
            assert status == 401
            assert "Token" in body
        assert get(address, f"/?token={token}")[0] == 303
        cookie = f"slowlens-token-{address.rpartition(':')[2]}={token}"
        assert get(address, "/_stcore/health", Cookie=cookie) == (200, "ok")
        assert get(address, "/api/runs/x/events", Cookie=cookie)[0] == 404
        assert get(address, "/", Cookie=cookie, Host="evil.example")[0] == 400


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to a process")
def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    said = tmp_path / "stderr"
    with said.open("w") as errors, started(folder=tmp_path, stderr=errors) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130)
    assert "Traceback" not in said.read_text()


def test_streamlits_own_command_works_too(tmp_path: Path) -> None:
    port = free_port()
    app = ROOT / "dashboard" / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            assert get(url, "/api/runs/x/events")[0] == 404
            assert get(url, "/", Host="evil.example")[0] == 400
        finally:
            process.kill()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError):
            if get(url, "/_stcore/health")[0] == 200:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_doubles_that_a_killed_server_left_are_removed_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "slowlens-overlays-x"
    (left / "0").mkdir(parents=True)
    (left / "lock").touch()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with started(folder=tmp_path):
        assert not left.exists()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["nowhere"], 3, "nowhere does not exist"),
        (["--root", "nowhere"], 3, "nowhere does not exist"),
        (["--source", "."], 3, "--source needs the merged checkpoint"),
    ],
)
def test_wrong_arguments_are_explained(
    options: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["ui", *options]) == code
    assert message in capsys.readouterr().err


def test_a_port_that_is_none_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ui", "--port", "99999"])
    assert ended.value.code == 3
    assert "must be a whole number, 0 to 65535" in capsys.readouterr().err


def test_a_port_that_is_taken_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["ui", "--port", str(taken.getsockname()[1])]) == 3
    assert "cannot listen" in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("slowlens.cli.ui.find_spec", lambda _name: None)
    assert main(["ui", str(checkpoint(tmp_path / "m"))]) == 3
    assert "pip install 'slowlens[dashboard]'" in capsys.readouterr().err


def test_an_ipv6_address_is_refused_in_plain_words() -> None:
    command = [sys.executable, "-m", "slowlens", "ui", "--host", "::1", "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "IPv4 addresses only" in done.stderr
