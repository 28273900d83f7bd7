"""The ASGI application: Streamlit's script, our routes, and how the server starts and ends."""

import gc
import logging
import tomllib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from slowlens.errors import UsageError
from slowlens.overlay import FOLDERS
from slowlens.patch import recover
from slowlens.scratch import remove_abandoned
from slowlens_dashboard.access.entrance import Login
from slowlens_dashboard.access.login import TokenLogin
from slowlens_dashboard.access.options import is_here
from slowlens_dashboard.access.ownorigin import OwnHost, OwnOrigin
from slowlens_dashboard.diagnosis import recent_runs
from slowlens_dashboard.errors import explain
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.measuring.scans import scans
from slowlens_dashboard.serving.crowd import OneAfterAnother
from slowlens_dashboard.serving.routes import ROUTES
from slowlens_dashboard.serving.undelayed import send_at_once

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
MAIN = HERE / "main.py"
PACKED_CONFIG = HERE / "config.toml"
CHECKOUT_CONFIG = HERE.parents[1] / ".streamlit" / "config.toml"

PRELOADED = ("slowlens_dashboard.tables.facts", "slowlens_dashboard.charts.steps")
"""What pages import that takes long."""
OWN_NAMES = ("localhost", "127.0.0.1")
EVERYWHERE = "0.0.0.0"  # noqa: S104
"""Where Streamlit listens unless it is told otherwise."""

Ready = Callable[[str], None]


def parts(
    hosts: Iterable[str] | None = None, ready: Ready | None = None, login: Login = None
) -> dict[str, Any]:
    """Return the arguments of ``st.App`` beside the script; ``login`` is asked of everybody.

    Hosts other than our own names are refused, which defeats DNS rebinding for our routes and
    for Streamlit's. ``st.App`` itself is called in ``app.py``, where ``streamlit run`` looks
    for that very call.
    """
    if hosts is None:
        hosts = [_own_address()]
    trusted = Middleware(OwnHost, allowed_hosts=[*OWN_NAMES, *hosts], www_redirect=False)
    return {
        "routes": ROUTES,
        "middleware": [
            trusted,
            Middleware(OwnOrigin),
            *_asking(login),
            Middleware(OneAfterAnother),
        ],
        "lifespan": _lifespan(ready),
        "on_script_error": explain,
    }


def configure(address: str, port: int | None) -> dict[str, object]:
    """Make ours the options of Streamlit, by which it finds its secrets too; return them."""
    chosen: dict[str, object] = {"server.address": address, "logger.hideWelcomeMessage": True}
    given = settings() | chosen | ({} if port is None else {"server.port": port})
    config.get_config_options(force_reparse=True, options_from_flags=given)
    return given


def serve(
    given: Mapping[str, object], names: Iterable[str], ready: Ready, login: Login = None
) -> None:
    """Run the dashboard, configured, until it is interrupted; ``ready`` is called with its URL."""
    st.App(MAIN, **parts(names, ready, login)).run(config=given)


def _asking(login: Login) -> Iterator[Middleware]:
    if isinstance(login, str):
        yield Middleware(TokenLogin, token=login)
    elif login is not None:
        from slowlens_dashboard.access.accountlogin import AccountLogin

        yield Middleware(AccountLogin, accounts=login)


def _own_address() -> str:
    """Return where Streamlit's own command listens; it asks nobody to log in."""
    address = config.get_option("server.address") or EVERYWHERE
    if not is_here(address):
        raise UsageError(
            f"streamlit run would let everybody in who reaches {address}.",
            hint="slowlens ui --share asks them to log in.",
        )
    return str(address)


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
        jobs().adopt()
        remove_abandoned(FOLDERS)
        send_at_once()
        Thread(target=recent_runs, name="run-files", daemon=True).start()  # before somebody waits
        gc.freeze()  # Streamlit collects after every script run: keep that away from the imports
        if ready:
            ready(f"http://{_name()}:{config.get_option('server.port')}")
        try:
            yield
        finally:
            scans().close()
            jobs().close()

    return lifespan


def _name() -> str:
    address = config.get_option("server.address")
    return "localhost" if address in (None, EVERYWHERE) else str(address)
