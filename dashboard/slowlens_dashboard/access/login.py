"""A login by token, in front of everything: Streamlit's pages and WebSocket, and our own routes.

Streamlit's own login guards scripts and no custom routes; this guards the server.
"""

from hmac import compare_digest
from html import escape

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from slowlens_dashboard.wording import language
from slowlens_dashboard.wording.language import spoken, translated

COOKIE, QUERY = "slowlens-token", "token"
DENIED = 4401
"""Code of a WebSocket that is closed before it was opened."""
NO_STORE = {"Cache-Control": "no-store"}
PAGE = """\
<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Slowlens</title>
<meta name="viewport" content="width=device-width"><style>:root{{color-scheme:light dark}}
body{{font:16px sans-serif;max-width:26rem;margin:20vh auto;padding:0 1rem}}
input,button,a{{font:inherit;padding:.6rem;width:100%;box-sizing:border-box;margin-top:.6rem;
border:1px solid #8a949b;border-radius:.5rem}}
button,a{{display:block;text-align:center;text-decoration:none;background:#0b6e83;color:#fff}}
</style><h1>Slowlens</h1>{body}</html>
"""
FORM = """<form method="get"><label for="token">{label}</label>
<input id="token" name="token" type="password" required autofocus><button>{button}</button></form>
"""


class Reader:
    """Whoever asks, before a script knows them: their language, and pages in it."""

    def __init__(self, asked: HTTPConnection) -> None:
        wanted = asked.headers.get("accept-language", "").partition(",")[0].partition(";")[0]
        self.language = spoken(asked.cookies.get(language.COOKIE) or wanted)

    def told(self, text: str) -> str:
        """Return ``text`` in the reader's language, for a page."""
        return escape(translated(text, self.language))

    def page(self, body: str, status: int) -> Response:
        """Return a page; ``body`` is HTML of ours."""
        return HTMLResponse(PAGE.format(language=self.language, body=body), status, NO_STORE)


class TokenLogin:
    """Lets in who has the token: once in the address or the form, then in a cookie."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is logged in; answer the rest."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        if self._is_token(asked.cookies.get(cookie_of(asked), "")):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await deny(receive, send)
        else:
            await self._answer(asked)(scope, receive, send)

    def _answer(self, asked: HTTPConnection) -> Response:
        """Log in with the token in the address, which then leaves it, or ask for it."""
        if not self._is_token(asked.query_params.get(QUERY, "")):
            return _form(Reader(asked))
        answer = RedirectResponse(here(asked, without=QUERY), 303, NO_STORE)
        secure = asked.url.scheme == "https"
        token = self._token.decode()
        name = cookie_of(asked)
        answer.set_cookie(name, token, httponly=True, samesite="lax", secure=secure)
        return answer

    def _is_token(self, text: str) -> bool:
        return compare_digest(text.encode(), self._token)


def cookie_of(asked: HTTPConnection) -> str:
    """Return the cookie's name: servers on other ports of a machine are sent the same cookies."""
    _, _, port = asked.headers.get("host", "").rpartition(":")
    return f"{COOKIE}-{port}" if port.isdecimal() and port.isascii() else COOKIE


def _form(reader: Reader) -> Response:
    label = reader.told("Token, which the terminal printed that the server was started in")
    return reader.page(FORM.format(label=label, button=reader.told("Log in")), 401)


def here(asked: HTTPConnection, without: str = "") -> str:
    """Return the address that was asked for, as one that cannot lead to another server."""
    clean = asked.url.remove_query_params(without)
    path = f"/{clean.path.lstrip('/')}"  # two slashes would lead to another server
    return path + (f"?{clean.query}" if clean.query else "")


async def deny(receive: Receive, send: Send) -> None:
    """Close a WebSocket before it is opened."""
    await receive()
    await send({"type": "websocket.close", "code": DENIED})
