"""Pages of other servers are told nothing, and what this one sends stays what it is.

Streamlit lets any page of this machine open its WebSocket, whatever its port is: an origin is a
scheme, a name and a port. Browsers say where a request comes from, in ``Origin`` and where the
connection is trusted in ``Sec-Fetch-Site``: https://web.dev/articles/fetch-metadata
"""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slowlens_dashboard.access.login import deny

INDEX = Path(st.__file__).parent / "static" / "index.html"
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def _policy() -> str:
    """Return what a page may load: nothing of others, and no script that stands in its text."""
    scripts = INLINE.findall(INDEX.read_text(encoding="utf-8"))
    known = [f"'sha256-{b64encode(sha256(s.encode()).digest()).decode()}'" for s in scripts]
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", "blob:", *known]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


HEADERS = {
    "Content-Security-Policy": _policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Sent with everything that does not say otherwise itself."""


class OwnHost(TrustedHostMiddleware):
    """Answers the names that were given, and the address itself that somebody has reached.

    A page that has its own name lead here (DNS rebinding) still sends that name, never an address.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse any other."""
        reached, *_ = scope.get("server") or ("",)
        host = Headers(scope=scope).get("host", "") if "headers" in scope else ""
        if reached and host.partition(":")[0] == reached:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class OwnOrigin:
    """Answers this server's own pages, and people who follow a link; adds the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what another page asks for."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif not is_foreign(Headers(scope=scope)):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await deny(receive, send)
        else:
            refusal = PlainTextResponse("Only pages of this server may ask for that.", 403)
            await refusal(scope, receive, _with_headers(send))


def is_foreign(headers: Headers) -> bool:
    """Whether a page of another server asks, other than by a link that a person follows."""
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc != headers.get("host")
    ours = headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    return not ours and headers.get("sec-fetch-mode") != "navigate"


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
