"""People who log in with accounts of an OpenID provider, which the test plays on 127.0.0.1."""

import http.client
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.conftest import SLOW
from oidc import Provider, provider, secrets_toml
from slowlens_dashboard.serving.routes import EVENTS, PLOTLY, ROUTES, RUN_FILE

pytestmark = pytest.mark.browser

UI = "import sys; from slowlens.cli import main; sys.exit(main())"
OURS = (f"/{EVENTS.format(id='x')}", f"/{RUN_FILE.format(id='x')}", f"/{PLOTLY}")
STREAMLITS = ("/", "/live", "/_stcore/health", "/_stcore/host-config", "/favicon.png")
Start = Callable[..., str]


@pytest.fixture
def people() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def start(people: Provider, home: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts a shared dashboard whose secrets.toml names the provider; returns its address."""
    with ExitStack() as stack:

        def start(*options: str) -> str:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            (tmp_path / ".streamlit").mkdir()
            text = secrets_toml(people, "http://127.0.0.1:{port}/oauth2callback")
            (tmp_path / ".streamlit" / "secrets.toml").write_text(text)
            command = [sys.executable, "-P", "-c", UI, "ui", "--no-browser", "--share"]
            command += ["--host", "127.0.0.1", "--port", str(port), *options]
            process = stack.enter_context(
                subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
            )
            stack.callback(process.kill)
            assert process.stdout
            said = [process.stdout.readline() for _ in range(3)]
            assert people.url.removeprefix("http://") in said[1], said
            assert said[2].startswith("It lets in " if options else "Every account"), said
            return f"http://127.0.0.1:{port}"

        yield start


def log_in(page: Page, url: str, who: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="Log in").click()
    page.get_by_role("link", name=who).click()


def status(url: str, path: str, **headers: str) -> int:
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("GET", path, headers={"Host": host, **headers})
    return connection.getresponse().status


def opens_a_socket(page: Page) -> bool:
    script = """() => new Promise(done => {
        const socket = new WebSocket(`ws://${location.host}/_stcore/stream`, ["streamlit"]);
        socket.onopen = () => done(true);
        socket.onerror = () => done(false);
    })"""
    found: bool = page.evaluate(script)
    return found


def cookies(context: BrowserContext) -> str:
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())


def test_nobody_sees_anything_before_the_login_and_everybody_after_it(
    page: Page, context: BrowserContext, start: Start, people: Provider
) -> None:
    url = start()
    assert {f"/{route.path.lstrip('/')}".format(id="x") for route in ROUTES} <= {*OURS, *ours()}
    for path in (*OURS, *ours(), *STREAMLITS):
        assert status(url, path) == 401, path
    page.goto(f"{url}/live?run=nothing")
    expect(page.get_by_text("Only who is logged in may see")).to_be_visible()
    assert not opens_a_socket(page)

    page.get_by_role("link", name="Log in").click()
    page.get_by_role("link", name="Ada").click()
    expect(page.get_by_text("Live run").first).to_be_visible(timeout=SLOW)
    assert page.url.startswith(f"{url}/live?run=nothing"), "the address that was asked for"
    expect(page.get_by_text("ada@lab.example")).to_be_visible()
    assert opens_a_socket(page)
    assert status(url, f"/{PLOTLY}", Cookie=cookies(context)) == 200
    assert status(url, OURS[0], Cookie=cookies(context)) == 404


def test_a_logout_holds_at_once_in_every_tab_and_for_copies_of_the_cookie(
    page: Page, context: BrowserContext, start: Start, people: Provider
) -> None:
    url = start()
    log_in(page, url, "Ada")
    other = context.new_page()
    other.goto(url)
    expect(other.get_by_role("button", name="Log out")).to_be_visible(timeout=SLOW)
    inside = cookies(context)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("Only who is logged in may see")).to_be_visible()
    assert people.ended == 1
    assert not opens_a_socket(page)
    assert status(url, f"/{PLOTLY}", Cookie=inside) == 401
    other.get_by_test_id("stTopNavLink").filter(has_text="Live run").click()
    other.wait_for_timeout(1000)
    expect(other.get_by_role("heading", name="Live run")).to_have_count(0)
    log_in(page, url, "Ada")
    expect(page.get_by_role("button", name="Log out")).to_be_visible(timeout=SLOW)


def ours() -> tuple[str, ...]:
    return tuple(re.sub(r"\{\w+\}", "x", route.path) for route in ROUTES)


def test_a_cookie_that_was_tampered_with_or_made_up_is_none(
    page: Page, context: BrowserContext, start: Start
) -> None:
    url = start()
    log_in(page, url, "Ada")
    expect(page.get_by_role("button", name="Log out")).to_be_visible(timeout=SLOW)
    (found,) = (c["value"] for c in context.cookies() if c["name"] == "_streamlit_user")
    assert status(url, OURS[0], Cookie=f"_streamlit_user={found}") == 404
    body, stamp, signature = found.rsplit(".", 2)
    swapped = "B" if body[5] != "B" else "C"
    for wrong in (
        f"{body[:5]}{swapped}{body[6:]}.{stamp}.{signature}",
        f"{body}.{stamp}.{'A' * len(signature)}",
        body,
        "chunks-99999999",
        '{"is_logged_in": true}',
        "",
    ):
        assert status(url, OURS[0], Cookie=f"_streamlit_user={wrong}") == 401, wrong
        assert status(url, OURS[0], Cookie=f"_streamlit_user_tokens={found}") == 401


def test_only_who_is_named_may_enter(page: Page, context: BrowserContext, start: Start) -> None:
    url = start("--allow", "lab.example")
    for who in ("Bob", "Eve"):
        log_in(page, url, who)
        expect(page.get_by_text("may not open this dashboard")).to_be_visible()
        assert status(url, OURS[0], Cookie=cookies(context)) == 403
        assert not opens_a_socket(page)
        page.get_by_role("link", name="Log out").click()
        expect(page.get_by_text("Only who is logged in may see")).to_be_visible()
    log_in(page, url, "Ada")
    expect(page.get_by_role("button", name="Log out")).to_be_visible(timeout=SLOW)
