"""The ASGI application: Streamlit's script, our routes, and how the server starts and ends."""

import gc
import logging
import tomllib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from streamlit import config

from slowlens.patch import recover
from slowlens_dashboard.errors import explain
from slowlens_dashboard.jobs import jobs
from slowlens_dashboard.login import TokenLogin
from slowlens_dashboard.routes import ROUTES

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
MAIN = HERE / "main.py"
PACKED_CONFIG = HERE / "config.toml"
CHECKOUT_CONFIG = HERE.parents[1] / ".streamlit" / "config.toml"

PRELOADED = ("slowlens_dashboard.tables", "slowlens_dashboard.charts.steps")
"""What pages import that takes long."""
OWN_NAMES = ("localhost", "127.0.0.1")

Ready = Callable[[str], None]


def parts(
    hosts: Iterable[str] | None = None, ready: Ready | None = None, token: str = ""
) -> dict[str, Any]:
    """Return the arguments of ``st.App`` beside the script; ``token`` is asked of everybody.

    Hosts other than our own names are refused, which defeats DNS rebinding for our routes and
    for Streamlit's. ``st.App`` itself is called in ``app.py``, where ``streamlit run`` looks
    for that very call.
    """
    others = [config.get_option("server.address") or OWN_NAMES[0]] if hosts is None else hosts
    trusted = Middleware(
        TrustedHostMiddleware, allowed_hosts=[*OWN_NAMES, *others], www_redirect=False
    )
    return {
        "routes": ROUTES,
        "middleware": [trusted, *([Middleware(TokenLogin, token=token)] if token else [])],
        "lifespan": _lifespan(ready),
        "on_script_error": explain,
    }


def serve(
    address: str, port: int | None, names: Iterable[str], ready: Ready, token: str = ""
) -> None:
    """Run the dashboard until it is interrupted; ``ready`` is called with its URL."""
    app = st.App(MAIN, **parts([address, *names], ready, token))
    chosen = {"server.address": address, "logger.hideWelcomeMessage": True}
    app.run(config=settings() | chosen | ({} if port is None else {"server.port": port}))


def settings() -> dict[str, object]:
    """Read our config.toml as explicit options.

    Streamlit itself would look beside the console script and in the user's working directory.
    Options that are given explicitly win over every file.
    """
    path = PACKED_CONFIG if PACKED_CONFIG.exists() else CHECKOUT_CONFIG
    return dict(_flatten(tomllib.loads(path.read_text())))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _lifespan(
    ready: Ready | None,
) -> Callable[[st.App], AbstractAsyncContextManager[dict[str, Any] | None]]:
    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[None]:
        for name in PRELOADED:
            import_module(name)
        for settled in recover():
            if settled.trouble is not None:
                logger.warning("%s %s", settled.trouble, settled.trouble.hint)
        gc.freeze()  # Streamlit collects after every script run: keep that away from the imports
        if ready:
            ready(f"http://{_name()}:{config.get_option('server.port')}")
        try:
            yield
        finally:
            jobs().close()

    return lifespan


def _name() -> str:
    address = config.get_option("server.address")
    return "localhost" if address in (None, "0.0.0.0") else str(address)  # noqa: S104
