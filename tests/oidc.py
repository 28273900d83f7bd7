"""A small OpenID provider on 127.0.0.1: it knows some people, and asks who of them one is."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "slowlens", "a secret of the client's"
PEOPLE: Mapping[str, Mapping[str, object]] = {
    "Ada": {"email": "ada@lab.example", "email_verified": True},
    "Bob": {"email": "bob@other.example", "email_verified": True},
    "Eve": {"email": "eve@lab.example", "email_verified": False},
}


class Provider(ThreadingHTTPServer):
    """Signs who somebody is; a code is good once, for who began the login."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, dict[str, str]] = {}
        self.ended = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def discovery(self) -> dict[str, Any]:
        paths = {"authorization": "authorize", "token": "token", "end_session": "logout"}
        return {
            "issuer": self.url,
            **{f"{name}_endpoint": f"{self.url}/{path}" for name, path in paths.items()},
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def tokens(self, asked: Mapping[str, str]) -> dict[str, Any] | None:
        """Return what a code is worth, to who has its verifier."""
        begun = self.codes.pop(asked.get("code", ""), None)
        digest = sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        if begun is None or begun["code_challenge"] != challenge:
            return None
        now = int(time.time())
        who = begun["who"]
        claims = {"iss": self.url, "aud": CLIENT, "sub": who, "name": who, "nonce": begun["nonce"]}
        claims |= {"iat": now, "exp": now + 600, **PEOPLE[who]}  # type: ignore[dict-item]
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": signed}


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        found = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(found.query).items()}
        match found.path:
            case "/.well-known/openid-configuration":
                self._json(self.server.discovery())
            case "/jwks":
                self._json({"keys": [self.server.key.as_dict(private=False)]})
            case "/authorize" if "who" in asked:
                code = token_urlsafe()
                self.server.codes[code] = asked
                query = urlencode({"code": code, "state": asked["state"]})
                self._to(f"{asked['redirect_uri']}?{query}")
            case "/authorize":
                links = (
                    f'<a href="{escape(f"{self.path}&who={who}")}">{who}</a>' for who in PEOPLE
                )
                self._send(200, "<h1>Who are you?</h1>" + " ".join(links), "text/html")
            case "/logout":
                self.server.ended += 1
                self._to(asked["post_logout_redirect_uri"])
            case _:
                self._send(404, "", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        found = self.server.tokens(asked)
        self._json(found or {"error": "invalid_grant"}, 200 if found else 400)

    def _json(self, values: object, status: int = 200) -> None:
        self._send(status, json.dumps(values), "application/json")

    def _to(self, url: str) -> None:
        self.send_response(302)
        self.send_header("Location", url)
        self.end_headers()

    def _send(self, status: int, body: str, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None: ...


@contextmanager
def provider() -> Iterator[Provider]:
    """Serve until the end of the block."""
    with Provider() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def secrets_toml(provider: Provider, redirect_uri: str, **changes: str | None) -> str:
    """Return the file that names the provider; a change to None leaves a line out."""
    values = {
        "redirect_uri": redirect_uri,
        "cookie_secret": "c" * 40,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "server_metadata_url": f"{provider.url}/.well-known/openid-configuration",
        **changes,
    }
    lines = (f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None)
    return "\n".join(["[auth]", *lines, ""])
