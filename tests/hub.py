"""A server on this machine that speaks the few endpoints of the Hugging Face hub that are used."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from slowlens.errors import CheckpointError
from slowlens.gather.hub.locate import locate
from slowlens.places import hub_folder

ID = "Qwen/Qwen2.5-7B-Instruct"
TOKEN = "hf_" + "t" * 34
COMMIT = "0123456789abcdef0123456789abcdef01234567"
Answer = Callable[["Handler"], bool]
"""Whether it has answered, in place of the server."""


@dataclass
class Hub:
    """What the server serves, and what was asked of it."""

    models: dict[str, Path] = field(default_factory=dict)
    """Id to the folder of its files."""
    revisions: dict[str, str] = field(default_factory=lambda: {"main": COMMIT})
    url: str = ""
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    posted: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Path, query and body of what was sent to it."""
    sent: Counter[str] = field(default_factory=Counter)
    """Bytes of the body by file."""
    odd: Answer = lambda _: False
    """What it does other than a sound hub."""
    listed: Callable[[list[dict[str, object]]], object] = lambda siblings: siblings
    elsewhere: str = ""
    """Where weights are redirected to."""

    def files(self, folder: Path) -> list[dict[str, object]]:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return [
            {"rfilename": path.relative_to(folder).as_posix(), "size": path.stat().st_size}
            for path in paths
        ]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        hub.asked.append(path)
        hub.tokens.add(self.headers.get("authorization"))
        if hub.odd(self):
            return
        for repo, folder in hub.models.items():
            for start, serve in (
                (f"/api/models/{repo}/revision/", self.send_list),
                (f"/{repo}/resolve/", self.send_or_redirect),
                (f"/cdn/{repo}/", self.send_file),
            ):
                if path.startswith(start):
                    serve(folder, path.removeprefix(start))
                    return
        self.refuse(401, "RepoNotFound", "Repository not found")

    def do_POST(self) -> None:
        """Take a commit, as far as huggingface_hub asks for it."""
        body = self.rfile.read(int(self.headers["content-length"]))
        at = urlsplit(self.path)
        self.hub.tokens.add(self.headers.get("authorization"))
        self.hub.posted.append((unquote(at.path), at.query, body))
        if self.hub.odd(self):
            return
        if "/preupload/" in at.path:
            asked = [file["path"] for file in json.loads(body)["files"]]
            plain = {"uploadMode": "regular", "shouldIgnore": False, "oid": None}
            answer: dict[str, object] = {"files": [{"path": path, **plain} for path in asked]}
        else:
            model = at.path.removeprefix("/api/models/").partition("/commit/")[0]
            answer = {
                "success": True,
                "commitOid": COMMIT,
                "commitUrl": f"{self.hub.url}/{model}/commit/{COMMIT}",
                "pullRequestUrl": f"{self.hub.url}/{model}/discussions/7",
            }
        self.answer(200, json.dumps(answer).encode(), {"content-type": "application/json"})

    def send_list(self, folder: Path, revision: str) -> None:
        commit = self.hub.revisions.get(revision, revision)
        if commit not in self.hub.revisions.values():
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {ascii(revision)[:99]}")
            return
        siblings = self.hub.listed(self.hub.files(folder))
        self.answer(200, json.dumps({"sha": commit, "siblings": siblings}).encode())

    def send_or_redirect(self, folder: Path, rest: str) -> None:
        revision, _, name = rest.partition("/")
        assert revision in self.hub.revisions.values()
        if not (folder / name).is_file():
            self.refuse(404, "EntryNotFound", "Entry not found")
        elif self.hub.elsewhere and name.endswith(".safetensors"):
            repo = next(repo for repo, at in self.hub.models.items() if at == folder)
            location = f"{self.hub.elsewhere}/cdn/{repo}/{name}"
            self.answer(302, b"", {"location": location, "x-repo-commit": revision})
        else:
            self.send_file(folder, name)

    def send_file(self, folder: Path, name: str) -> None:
        path = folder / name
        size = path.stat().st_size
        etag = {"etag": f'"{size:x}"', "x-repo-commit": COMMIT}
        start, status, stop = 0, 200, size
        if asked := self.headers.get("range"):
            begin, _, end = asked.removeprefix("bytes=").partition("-")
            start, stop, status = int(begin), min(int(end) + 1, size), 206
            etag["content-range"] = f"bytes {start}-{stop - 1}/{size}"
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(stop - start)
        self.hub.sent[path.name] += len(data)
        self.answer(status, data, etag)

    def refuse(self, status: int, code: str, message: str) -> None:
        self.answer(status, b"{}", {"x-error-code": code, "x-error-message": message})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def endless(self, pause: float = 0.0) -> int:
        """Send zeros until the other side has enough; return how many."""
        self.send_response(200)
        self.send_header("connection", "close")
        self.end_headers()
        sent, piece = 0, b"\0" * (1 if pause else 65536)
        self.close_connection = True
        try:
            while sent < 10**10:
                self.wfile.write(piece)
                sent += len(piece)
                time.sleep(pause)
        except OSError:
            pass
        return sent


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve ``hub`` on a free port of 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def point(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Have the library ask the hub at ``url``."""
    constants = import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    old = import_module("huggingface_hub.file_download")  # until 0.36 it keeps names of its own
    if hasattr(old, "HUGGINGFACE_CO_URL_TEMPLATE"):
        monkeypatch.setattr(old, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def error(name: str = ID) -> CheckpointError:
    """Return why ``name`` cannot be located: one line, a hint, and nothing left behind."""
    with pytest.raises(CheckpointError) as caught:
        locate(name)
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint
    assert not list(hub_folder().glob("*/.*")), "something unfinished was left"
    return caught.value
