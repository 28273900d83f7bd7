"""Pages that open wait for one another, so that those that are open stay quick.

A page that opens runs the whole script, in a thread of its own. A hundred such threads would only
keep each other and the pages that people look at from running. So few are let in at a time, the
others in their order; who waited too long is sent away, and the page in the browser tries again.
"""

import asyncio
import threading

from starlette.types import ASGIApp, Receive, Scope, Send

AT_ONCE = 8
"""Scripts that run, beyond which nobody is let in."""
PACE = 0.01
"""Seconds between two: a page needs a moment until its script runs."""
PATIENCE = 10.0
"""Seconds that a page waits; the browser's own patience is longer."""
LATER = 1013
"""Code of a WebSocket that is closed because there are too many: try again later."""
_SCRIPT = "ScriptRunner"


class OneAfterAnother:
    """Lets WebSockets in, a few at a time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything else at once."""
        if scope["type"] == "websocket":
            try:
                await asyncio.wait_for(self._wait(), PATIENCE)
            except TimeoutError:
                await receive()
                await send({"type": "websocket.close", "code": LATER})
                return
        await self._app(scope, receive, send)

    async def _wait(self) -> None:
        async with self._turn:
            while _scripts() >= AT_ONCE:
                await asyncio.sleep(PACE)
            await asyncio.sleep(PACE)


def _scripts() -> int:
    return sum(thread.name.startswith(_SCRIPT) for thread in threading.enumerate())
