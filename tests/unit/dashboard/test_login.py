"""Nothing is answered to who has no token."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from slowlens_dashboard.access.login import COOKIE, TokenLogin


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"inside {request.url.query}")


async def socket(connection: WebSocket) -> None:
    await connection.accept()
    await connection.send_text("inside")


@pytest.fixture
def client() -> TestClient:
    app = Starlette(
        routes=[Route("/{path:path}", page), WebSocketRoute("/stream", socket)],
        middleware=[Middleware(TokenLogin, token="s3cret-token")],  # noqa: S106
    )
    return TestClient(app, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/", "/api/runs/x.json", "/?token=", "/?token=s3cret", "/?token=ä"]
)
def test_who_has_no_token_is_asked_for_it(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert "inside" not in answer.text
    assert '<input id="token"' in answer.text
    client.cookies.set(COOKIE, "s3cret")
    assert client.get(path).status_code == 401


def test_a_token_in_the_address_becomes_a_cookie_and_leaves_the_address(
    client: TestClient,
) -> None:
    answer = client.get("/live?run=x&token=s3cret-token")
    assert (answer.status_code, answer.headers["location"]) == (303, "/live?run=x")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/live?run=x").text == "inside run=x"


def test_the_redirect_stays_on_this_server(client: TestClient) -> None:
    answer = client.get("http://testserver//evil.example/x?token=s3cret-token")
    assert answer.headers["location"] == "/evil.example/x"


def test_a_websocket_is_closed_before_it_is_opened(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/stream"):
        pass
    client.get("/?token=s3cret-token")
    with client.websocket_connect("/stream") as connection:
        assert connection.receive_text() == "inside"


def test_the_form_speaks_the_language_of_the_browser(client: TestClient) -> None:
    english = client.get("/", headers={"Accept-Language": "de,en;q=0.5"}).text
    assert '<html lang="en">' in english
    chinese = client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).text
    assert '<html lang="zh">' in chinese


def test_servers_on_two_ports_of_a_machine_do_not_take_each_others_cookie(
    client: TestClient,
) -> None:
    for port in (8501, 8502):
        client.get(f"http://testserver:{port}/?token=s3cret-token")
    assert {f"{COOKIE}-8501", f"{COOKIE}-8502"} <= set(client.cookies)
    assert client.get("http://testserver:8501/x").status_code == 200
    assert client.get("http://testserver:8503/x").status_code == 401
