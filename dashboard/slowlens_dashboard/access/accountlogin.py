"""A login by account, in front of everything, by the cookie that Streamlit's own login signs.

Whoever is not logged in gets a page of ours, for any address but those of the login itself: no
script runs for them and no WebSocket opens. What cannot be read as a login is none.
"""

import json
from collections.abc import Mapping
from html import escape
from urllib.parse import quote, urlencode

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.user_info import generate_login_redirect_url
from streamlit.web.server.server_util import AUTH_COOKIE_NAME, get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from slowlens_dashboard.access.accounts import DEFAULT, Accounts
from slowlens_dashboard.access.login import DENIED, NO_STORE, Reader, deny, here

LOGIN, LOGOUT = "/account/login", "/auth/logout"
OPEN = ("/auth/login", LOGOUT, "/oauth2callback")
"""Streamlit's routes that lead to the provider and back: they show nothing of ours."""
WANTED = "slowlens-wanted"
"""Cookie: the address that somebody asked for before the login."""
SECONDS_WANTED = 600
User = Mapping[str, object]


class AccountLogin:
    """Lets in who is logged in and may enter; a logout holds in every tab, at once."""

    def __init__(self, app: ASGIApp, accounts: Accounts) -> None:
        self._app, self._accounts = app, accounts
        self._logged_out: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is logged in, and the login itself; answer the rest."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        told = _told(asked)
        user = self._user(told)
        allowed = user is not None and self._accounts.lets_in(user)
        if scope["type"] == "websocket":
            if allowed:
                await self._app(scope, self._until_logout(told, receive, send), send)
            else:
                await deny(receive, send)
        elif scope["path"] in OPEN:
            if scope["path"] == LOGOUT:
                self._logged_out.add(told)
            await self._app(scope, receive, send)
        elif answer := self._answer(asked, user, allowed=allowed):
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _user(self, told: bytes) -> User | None:
        """Return the claims of a login, unless it was one at another place or has ended."""
        try:
            user = json.loads(told or b"null")
        except ValueError:
            return None
        sound = isinstance(user, dict) and user.get("is_logged_in") is True
        at_home = sound and user.get("origin") == self._accounts.origin
        return user if at_home and told not in self._logged_out else None

    def _until_logout(self, told: bytes, receive: Receive, send: Send) -> Receive:
        """Return a receiver that hangs up once that login has ended in another tab."""

        async def received() -> Message:
            message = await receive()
            if told in self._logged_out:
                if message["type"] == "websocket.receive":
                    await send({"type": "websocket.close", "code": DENIED})
                return {"type": "websocket.disconnect", "code": DENIED}
            return message

        return received

    def _answer(
        self, asked: HTTPConnection, user: User | None, *, allowed: bool
    ) -> Response | None:
        """Return what is answered in place of what was asked for, if anything is."""
        if asked.scope["path"] == LOGIN:
            return self._to_provider(asked)
        if user is None:
            return self._page(asked)
        if not allowed:
            return _refusal(asked, user)
        wanted = asked.cookies.get(WANTED)
        if wanted is None or asked.scope["path"] != "/":
            return None
        answer = RedirectResponse(f"/{wanted.lstrip('/')}", 303, NO_STORE)
        answer.delete_cookie(WANTED)
        return answer

    def _to_provider(self, asked: HTTPConnection) -> Response:
        name = asked.query_params.get("provider", DEFAULT)
        known = name if name in self._accounts.providers else self._accounts.providers[0]
        answer = RedirectResponse(generate_login_redirect_url(known), 303, NO_STORE)
        if to := asked.query_params.get("to"):
            safe = quote(f"/{to.lstrip('/')}", safe="/?=&%:,+~-_.")
            kept = {"max_age": SECONDS_WANTED, "httponly": True, "samesite": "lax"}
            answer.set_cookie(WANTED, safe, **kept)  # type: ignore[arg-type]
        return answer

    def _page(self, asked: HTTPConnection) -> Response:
        """Offer the login, at the name under which the provider knows this server."""
        reader, links = Reader(asked), []
        for name in self._accounts.providers:
            query = urlencode({"provider": name, "to": here(asked)})
            text = reader.told("Log in" if name == DEFAULT else f"Log in with {name}")
            href = escape(f"{self._accounts.origin}{LOGIN}?{query}")
            links.append(f'<a href="{href}">{text}</a>')
        said = reader.told("Only who is logged in may see this dashboard.")
        return reader.page(f"<p>{said}</p>{''.join(links)}", 401)


def _refusal(asked: HTTPConnection, user: User) -> Response:
    reader = Reader(asked)
    who = str(user.get("email") or user.get("name") or "")
    said = reader.told("This account may not open this dashboard. Ask whoever started it.")
    link = f'<a href="{LOGOUT}">{reader.told("Log out")}</a>'
    return reader.page(f"<p><b>{escape(who)}</b></p><p>{said}</p>{link}", 403)


def _told(asked: HTTPConnection) -> bytes:
    """Return what the signed cookie says, empty without one that is sound.

    It is told apart by what it says and not by its letters, of which several spell one signature.
    """

    def signed(name: str) -> bytes | None:
        return decode_signed_value(get_cookie_secret(), name, asked.cookies.get(name, ""))

    return get_cookie_with_chunks(signed, AUTH_COOKIE_NAME) or b""
