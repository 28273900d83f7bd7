"""Pages of other servers are told nothing, and what is sent stays what it is."""

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from slowlens_dashboard.access.ownorigin import HEADERS, OwnHost, OwnOrigin, is_foreign

HERE = {"host": "gpu-box:8501"}


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": "http://gpu-box:8501"}, False),
        ({"origin": "https://gpu-box:8501"}, False),  # behind a proxy that ends the encryption
        ({"origin": "http://gpu-box:8502"}, True),
        ({"origin": "http://gpu-box"}, True),
        ({"origin": "http://gpu-box:8501.evil.example"}, True),
        ({"origin": "http://gpu-box:8501@evil.example"}, True),
        ({"origin": "http://evil.example/gpu-box:8501"}, True),
        ({"origin": "null"}, True),
        ({"origin": ""}, True),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, False),
        ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, False),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),  # a link
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, True),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, True),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, True),
        (
            {"origin": "http://evil.example", "sec-fetch-site": "same-origin"},
            True,
        ),
    ],
)
def test_who_asks(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(Headers(HERE | headers)) is foreign


def test_headers_go_with_every_answer_unless_it_has_its_own() -> None:
    async def page(request: Request) -> PlainTextResponse:
        own = {"Content-Security-Policy": "sandbox"} if request.url.path == "/own" else {}
        return PlainTextResponse("x", headers=own)

    app = Starlette(routes=[Route("/{p:path}", page)], middleware=[Middleware(OwnOrigin)])
    asking = TestClient(app)
    for answer in (asking.get("/"), asking.get("/", headers={"Origin": "http://evil.example"})):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    own = asking.get("/own").headers
    assert own["Content-Security-Policy"] == "sandbox"
    assert own["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "reached", "code"),
    [
        ("gpu-box", "10.0.0.5", 200),
        ("gpu-box:8501", "10.0.0.5", 200),
        ("10.0.0.5:8501", "10.0.0.5", 200),
        ("10.0.0.6:8501", "10.0.0.5", 400),
        ("10.0.0.5.evil.example", "10.0.0.5", 400),
        ("10.0.0.5@evil.example", "10.0.0.5", 400),
        ("evil.example", "10.0.0.5", 400),
        ("", "10.0.0.5", 400),
    ],
)
def test_names_and_the_address_that_was_reached(host: str, reached: str, code: int) -> None:
    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("x")

    app = Starlette(
        routes=[Route("/", page)], middleware=[Middleware(OwnHost, allowed_hosts=["gpu-box"])]
    )
    asking = TestClient(app, base_url=f"http://{reached}:8501")
    assert asking.get("/", headers={"Host": host}).status_code == code


def test_no_script_of_a_page_itself_may_run() -> None:
    rules = dict(rule.split(" ", 1) for rule in HEADERS["Content-Security-Policy"].split("; "))
    assert "unsafe" not in rules["script-src"]
    assert rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == "'self'"
    assert rules["object-src"] == "'none'"
