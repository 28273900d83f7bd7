"""A page on another port of this machine, which a browser sends our cookies along for."""

import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from builders import checkpoint
from e2e.conftest import SLOW, Server
from literals import generation, measurement
from pages import store
from slowlens_dashboard.serving.routes import EVENTS, PLOTLY, RUN_FILE

pytestmark = pytest.mark.browser

ASK = """async ({url, how}) => {
    try {
        const answer = await fetch(url, how);
        return `${answer.type} ${answer.status} ${(await answer.text()).slice(0, 40)}`;
    } catch (error) { return "refused"; }
}"""
LOAD = """([tag, url]) => new Promise(done => {
    const element = document.createElement(tag);
    element.onload = () => done("loaded");
    element.onerror = () => done("refused");
    element.src = url;
    document.body.append(element);
})"""
CONNECT = """url => new Promise(done => {
    const socket = new WebSocket(url, ["streamlit"]);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
})"""


class _Elsewhere(BaseHTTPRequestHandler):
    referrers: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.referrers.append(self.headers.get("Referer", ""))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Elsewhere</h1>")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def shared(home: Path, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a dashboard with a token, and that with the token in it."""
    run = "import sys; from slowlens.cli import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", run, "ui", "--port", "0", "--no-browser"]
    command += ["--share", "--host", "127.0.0.1", "--root", str(tmp_path)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"(http://[^/]+)/\?token=\S+", process.stdout.readline())
        assert found
        yield found[1], found[0]
        process.kill()


def test_it_reads_nothing_and_opens_no_socket(
    page: Page, context: BrowserContext, shared: tuple[str, str], elsewhere: str, tmp_path: Path
) -> None:
    url, with_token = shared
    pair = checkpoint(tmp_path / "m"), checkpoint(tmp_path / "s")
    run = store(pair, measurement(generation(0.4, 0.4)))
    page.goto(with_token)
    expect(page.get_by_role("heading").first).to_be_visible(timeout=SLOW)
    assert "token" not in page.url
    file = f"{url}/{RUN_FILE.format(id=run.id)}"
    inside = page.evaluate(ASK, {"url": file, "how": {}})
    assert inside.startswith("basic 200"), "its own pages may"
    assert page.evaluate(CONNECT, url.replace("http", "ws") + "/_stcore/stream") == "open"

    page.goto(elsewhere)
    assert context.cookies(url), "the browser has the cookie still"
    paths = (f"/{RUN_FILE.format(id=run.id)}", f"/{EVENTS.format(id=run.id)}", f"/{PLOTLY}")
    for path in (*paths, "/", "/_stcore/health", "/_stcore/host-config"):
        for how in ({"credentials": "include"}, {"credentials": "include", "mode": "no-cors"}):
            told = page.evaluate(ASK, {"url": url + path, "how": how})
            assert told in ("refused", "opaque 0 "), (path, how)
    for tag, path in (("script", paths[0]), ("script", paths[2]), ("img", "/favicon.png")):
        assert page.evaluate(LOAD, [tag, url + path]) == "refused", (tag, path)
    assert page.evaluate(CONNECT, url.replace("http", "ws") + "/_stcore/stream") == "refused"


def test_it_cannot_frame_ours_and_is_not_told_where_somebody_comes_from(
    page: Page, shared: tuple[str, str], elsewhere: str
) -> None:
    url, with_token = shared
    page.goto(with_token)
    expect(page.get_by_role("heading").first).to_be_visible(timeout=SLOW)
    _Elsewhere.referrers.clear()
    page.evaluate("to => { location.href = to }", elsewhere)
    expect(page.get_by_role("heading", name="Elsewhere")).to_be_visible()
    assert _Elsewhere.referrers
    assert not any(told.startswith(url) for told in _Elsewhere.referrers)
    page.evaluate(LOAD, ["iframe", url])
    framed = [frame for frame in page.frames[1:] if frame.url.startswith(url)]
    assert framed == []


def test_a_link_from_elsewhere_opens_a_page(page: Page, server: Server, elsewhere: str) -> None:
    page.goto(elsewhere)
    page.evaluate("to => { location.href = to }", f"{server.url}/live")
    expect(page.get_by_text("No checkpoint is chosen.")).to_be_visible(timeout=SLOW)
