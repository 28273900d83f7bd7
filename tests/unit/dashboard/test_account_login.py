"""Nothing is answered to who is not logged in, or may not enter."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.auth_util import set_cookie_with_chunks
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from slowlens.errors import UsageError
from slowlens_dashboard.access import entrance
from slowlens_dashboard.access.accountlogin import WANTED, AccountLogin
from slowlens_dashboard.access.accounts import Accounts, configured

SECRET = "s" * 40
HOME = "http://testserver"
ADA: Mapping[str, object] = {"email": "Ada@Lab.example", "is_logged_in": True, "origin": HOME}
SECRETS = f"""
[auth]
redirect_uri = "{HOME}/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "id"
client_secret = "secret"
server_metadata_url = "https://id.example/.well-known/openid-configuration"
"""
NAMED = f"""
[auth]
redirect_uri = "http://gpu-box:{{port}}/oauth2callback"
cookie_secret = "{SECRET}"
[auth.lab]
client_id = "id"
client_secret = "secret"
server_metadata_url = "https://lab.example/openid"
"""


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that Streamlit reads, not written yet."""
    path = tmp_path / "secrets.toml"
    monkeypatch.setattr(
        "streamlit.config.get_option",
        lambda name: {"secrets.files": [str(path)], "server.port": 8501}.get(name, ""),
    )
    secrets_singleton._reset()
    return path


@pytest.fixture(autouse=True)
def forgotten() -> None:
    secrets_singleton._reset()


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"inside {request.url.path}")


async def socket(connection: WebSocket) -> None:
    await connection.accept()
    with suppress(WebSocketDisconnect):
        while True:
            await connection.send_text(f"told {await connection.receive_text()}")


def client(*allowed: str) -> TestClient:
    accounts = Accounts(f"{HOME}/oauth2callback", ("default", "lab"), ("id.example",), allowed)
    app = Starlette(
        routes=[Route("/{path:path}", page), WebSocketRoute("/stream", socket)],
        middleware=[Middleware(AccountLogin, accounts=accounts)],
    )
    return TestClient(app, follow_redirects=False)


def cookies(claims: Mapping[str, object], secret: str = SECRET) -> dict[str, str]:
    """What Streamlit sets after a login."""
    found: dict[str, str] = {}

    def sign(name: str, value: str) -> bytes:
        return create_signed_value(secret, name, value)

    def keep(name: str, value: str) -> None:
        found[name] = sign(name, value).decode()

    set_cookie_with_chunks(keep, sign, "_streamlit_user", dict(claims), cookie_attr_size=100)
    return found


@pytest.fixture
def signing(secrets: Path) -> None:
    secrets.write_text(SECRETS)


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {**ADA, "is_logged_in": False},
        {**ADA, "is_logged_in": "true"},
        {**ADA, "origin": "http://elsewhere"},
        {**ADA, "origin": None},
    ],
)
def test_what_is_no_login_is_told_to_log_in(claims: Mapping[str, object]) -> None:
    asking = client()
    asking.cookies.update(cookies(claims))
    for path in ("/", "/api/runs/x.json", "/auth/login/", "/oauth2callback/x", "//auth/login"):
        answer = asking.get(f"{HOME}{path}")
        assert answer.status_code == 401
        assert "inside" not in answer.text
    with pytest.raises(WebSocketDisconnect), asking.websocket_connect("/stream"):
        pass


@pytest.mark.usefixtures("signing")
def test_a_cookie_signed_by_another_key_or_for_another_name_is_none() -> None:
    asking = client()
    asking.cookies.update(cookies(ADA, secret="t" * 40))
    assert asking.get("/").status_code == 401
    asking.cookies.update({"_streamlit_user": create_signed_value(SECRET, "x", "{}").decode()})
    assert asking.get("/").status_code == 401


@pytest.mark.usefixtures("signing")
def test_claims_in_several_cookies_are_put_together() -> None:
    asking = client("lab.example")
    long = cookies({**ADA, "groups": [str(hash(str(n))) for n in range(400)]})
    assert len(long) > 2
    asking.cookies.update(long)
    assert asking.get("/x").text == "inside /x"
    asking.cookies.delete("_streamlit_user_2")
    assert asking.get("/x").status_code == 401


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize(
    ("claims", "allowed", "code"),
    [
        (ADA, (), 200),
        (ADA, ("ada@lab.example",), 200),
        (ADA, ("lab.example",), 200),
        (ADA, ("@LAB.example", "other"), 200),
        (ADA, ("ab.example",), 403),
        (ADA, ("example",), 403),
        (ADA, ("da@lab.example",), 403),
        ({**ADA, "email_verified": False}, ("lab.example",), 403),
        ({**ADA, "email_verified": "false"}, ("lab.example",), 403),
        ({**ADA, "email_verified": "true"}, ("lab.example",), 200),
        ({**ADA, "email": "x@evil.example@lab.example.evil"}, ("lab.example",), 403),
        ({**ADA, "email": "eve@\N{LATIN SMALL LIGATURE FI}rm.example"}, ("firm.example",), 403),
        (
            {**ADA, "email": "eve@stra\N{LATIN SMALL LETTER SHARP S}e.example"},
            ("strasse.example",),
            403,
        ),
        ({**ADA, "email": None}, ("lab.example",), 403),
        ({**ADA, "email": "lab.example"}, ("lab.example",), 403),
        ({**ADA, "email": "<img src=x>@lab"}, ("lab.example",), 403),
    ],
)
def test_who_may_enter(claims: Mapping[str, object], allowed: tuple[str, ...], code: int) -> None:
    asking = client(*allowed)
    asking.cookies.update(cookies(claims))
    answer = asking.get("/")
    assert answer.status_code == code
    assert "<img" not in answer.text


@pytest.mark.usefixtures("signing")
def test_the_login_leads_back_to_what_was_asked_for_and_to_no_other_server() -> None:
    asking = client()
    for to in ("/live?run=x", "//evil.example/live?run=x", "\\evil.example", "/a\r\nSet-Cookie: b"):
        found = asking.get("/account/login", params={"provider": "lab", "to": to})
        assert found.status_code == 303
        assert found.headers["location"].startswith("/auth/login?provider=")
    asking.get("/account/login", params={"to": "//evil.example/live?run=x"})
    asking.cookies.update(cookies(ADA))
    back = asking.get("/")
    assert (back.status_code, back.headers["location"]) == (303, "/evil.example/live?run=x")
    assert f'{WANTED}=""' in back.headers["set-cookie"]


@pytest.mark.usefixtures("signing")
def test_a_logout_holds_in_a_socket_that_is_open() -> None:
    asking = client()
    asking.cookies.update(cookies(ADA))
    with asking.websocket_connect("/stream") as open_socket:
        open_socket.send_text("one")
        assert open_socket.receive_text() == "told one"
        asking.get("/auth/logout")
        assert asking.get("/").status_code == 401
        open_socket.send_text("two")
        with pytest.raises(WebSocketDisconnect):
            open_socket.receive_text()
    asking.cookies.update(cookies({**ADA, "iat": 2}))
    assert asking.get("/").status_code == 200


def test_what_is_configured(secrets: Path) -> None:
    assert configured() is None
    secrets.write_text("[connections]\nx = 1\n")
    assert configured() is None
    secrets_singleton._reset()
    secrets.write_text(NAMED)
    found = configured(("a@b",))
    assert found == Accounts(
        "http://gpu-box:{port}/oauth2callback", ("lab",), ("lab.example",), ("a@b",)
    )
    assert (found.origin, found.host) == ("http://gpu-box:8501", "gpu-box")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[auth", "no TOML"),
        (SECRETS.replace("cookie_secret", "cookie"), "cookie_secret"),
        (SECRETS.replace(SECRET, "short"), "less than 32 characters"),
        (SECRETS.replace("redirect_uri", "redirect"), "redirect_uri"),
        (SECRETS.replace("/oauth2callback", "/"), "redirect_uri"),
        (SECRETS.replace(HOME, "testserver"), "redirect_uri"),
        (SECRETS.replace("client_id", "client"), "client_id"),
        (SECRETS.replace("server_metadata_url", "url"), "server_metadata_url"),
        (NAMED.replace("auth.lab", "auth.the_lab"), "underscore"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(secrets: Path, text: str, said: str) -> None:
    secrets.write_text(text)
    with pytest.raises(UsageError, match=r"secrets\.toml") as refused:
        entrance.login((), shared=True)
    assert said in str(refused.value)
    assert refused.value.hint
    assert SECRET not in f"{refused.value} {refused.value.hint}"
    assert entrance.login((), shared=False) is None, "nobody else is answered"


def test_a_login_without_its_library_is_refused_at_the_start(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.write_text(SECRETS)
    monkeypatch.setattr("slowlens_dashboard.access.accounts.is_authlib_installed", lambda: False)
    with pytest.raises(UsageError, match="Authlib") as refused:
        configured()
    assert "pip install 'slowlens[auth]'" in refused.value.hint


def test_names_of_people_need_a_login_that_knows_them(secrets: Path) -> None:
    with pytest.raises(UsageError, match="--allow needs"):
        entrance.login(("lab.example",), shared=True)
    secrets.write_text(SECRETS)
    with pytest.raises(UsageError, match="--allow needs"):
        entrance.login(("lab.example",), shared=False)


def test_the_start_says_who_may_enter(secrets: Path) -> None:
    token = entrance.login((), shared=True)
    assert isinstance(token, str)
    told = "\n".join(entrance.announcement(token, "http://h:1", ["box"]))
    assert f"For others: http://box:1/?token={token}" in told
    secrets.write_text(SECRETS)
    anybody, some = (entrance.login(names, shared=True) for names in ((), ("lab.example",)))
    assert "Every account" in "\n".join(entrance.announcement(anybody, "http://h:1", []))
    lines = "\n".join(entrance.announcement(some, "http://h:1", []))
    assert "It lets in lab.example only." in lines
    assert lines.startswith(f"Slowlens is ready: {HOME}\nPeople log in at id.example")
    assert next(entrance.announcement(None, "http://h:1", [])) == "Slowlens is ready: http://h:1"
