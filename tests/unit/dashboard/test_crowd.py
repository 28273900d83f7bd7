"""Who is let in when many pages open at once."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from slowlens_dashboard.serving import crowd as module
from slowlens_dashboard.serving.crowd import AT_ONCE, LATER, OneAfterAnother


class Open:
    """A server whose pages stay open."""

    def __init__(self) -> None:
        self.let_in: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.door = OneAfterAnother(self._app)

    async def visit(self, name: str, kind: str = "websocket") -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            self.sent.append(message)

        await self.door({"type": kind, "path": name}, receive, send)

    async def _app(self, scope: Any, _receive: Any, _send: Any) -> None:
        self.let_in.append(scope["path"])


@pytest.fixture
def scripts() -> Iterator[threading.Event]:
    """As many scripts run as may, until this is set."""
    over = threading.Event()
    names = [f"ScriptRunner.{number}" for number in range(AT_ONCE)]
    threads = [threading.Thread(target=over.wait, name=name) for name in names]
    for thread in threads:
        thread.start()
    yield over
    over.set()
    for thread in threads:
        thread.join()


def test_pages_are_let_in_in_their_order() -> None:
    async def go() -> list[str]:
        server = Open()
        await asyncio.gather(*(server.visit(name) for name in "abcd"))
        return server.let_in

    assert asyncio.run(go()) == ["a", "b", "c", "d"]


def test_a_page_waits_while_scripts_run_and_a_file_does_not(scripts: threading.Event) -> None:
    async def go() -> None:
        server = Open()
        visit = asyncio.create_task(server.visit("page"))
        await asyncio.sleep(0.1)
        await server.visit("file", "http")
        assert server.let_in == ["file"]
        scripts.set()
        await visit
        assert server.let_in == ["file", "page"]

    asyncio.run(go())


def test_who_waited_too_long_is_sent_away(
    scripts: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)

    async def go() -> None:
        server = Open()
        await asyncio.gather(server.visit("one"), server.visit("two"))
        assert server.let_in == []
        assert server.sent == [{"type": "websocket.close", "code": LATER}] * 2
        scripts.set()
        await asyncio.sleep(0.1)
        await server.visit("again")
        assert server.let_in == ["again"]

    asyncio.run(go())
