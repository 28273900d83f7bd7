import ast
from pathlib import Path

import pytest
from streamlit.web.server.app_discovery import discover_asgi_app

from slowlens.errors import UsageError
from slowlens_dashboard import server
from slowlens_dashboard.server import MAIN, settings

APP = Path(__file__).parents[3] / "dashboard" / "app.py"


def test_streamlit_run_finds_the_application() -> None:
    assert discover_asgi_app(APP).import_string == "app:app"


def test_the_entry_stays_short_and_the_script_exists() -> None:
    assert len(ast.parse(APP.read_text()).body) == 4  # the docstring and three lines
    assert MAIN.is_file()


def test_our_settings_are_safe_and_private() -> None:
    given = settings()
    assert given["server.address"] == "127.0.0.1"
    assert given["browser.gatherUsageStats"] is False
    assert given["server.fileWatcherType"] == "none"
    assert given["server.enableXsrfProtection"] is True
    assert given["server.enableAgentApi"] is False


def test_both_themes_are_complete_and_load_no_font() -> None:
    given = settings()
    light = {k.removeprefix("theme.light.") for k in given if k.startswith("theme.light.")}
    dark = {k.removeprefix("theme.dark.") for k in given if k.startswith("theme.dark.")}
    assert light == dark
    assert {"primaryColor", "backgroundColor", "textColor"} <= light
    assert not any("http" in str(value) for value in given.values())


def test_streamlits_own_command_lets_nobody_else_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for no login."""
    monkeypatch.setattr(server.config, "get_option", {"server.address": "0.0.0.0"}.get)  # noqa: S104
    with pytest.raises(UsageError, match=r"everybody in who reaches 0\.0\.0\.0") as refused:
        server.parts()
    assert "slowlens ui --share" in refused.value.hint
    monkeypatch.setattr(server.config, "get_option", {}.get)  # started beside no config.toml
    with pytest.raises(UsageError, match=r"reaches 0\.0\.0\.0"):
        server.parts()
    monkeypatch.setattr(server.config, "get_option", {"server.address": "127.0.0.2"}.get)
    assert server.parts()["middleware"]
