"""How many page loads a second the dashboard bears, and what stays of them.

- the page: its HTML alone, as often as asked for, which is a hundred a second
- first visit: a browser without cache: the HTML and every file that a real one asks for, then the
  WebSocket, and the first run of the script up to its end; as many at once as asked for
- visit: the same with the files in the browser's cache, where they stay for good
- rush: as many visits a second as asked for, whether or not the server keeps up

Each for as long as asked for, on the demo pair. Then two minutes of rest, after which Streamlit
forgets the sessions of browsers that left. The clients are a process of their own, and take CPU.

    python benchmarks/dashboard/page_loads.py [page first visit rush rest] [--seconds 60]
"""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from urllib.parse import urlsplit

from serving import HEAD, Server, address, dashboard, scene
from shared.browsing import chromium
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

PARTS = ("page", "first", "visit", "rush", "rest")
PATIENCE = 60
"""Seconds after which a visitor gives up."""


async def fetch(host: str, paths: Sequence[str]) -> None:
    """Get one file after the other over one connection."""
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    try:
        for path in paths:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if " 200 " not in head.partition("\r\n")[0]:
                raise OSError(f"{path}: {head.partition(chr(13))[0]}")
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            if "content-length" in fields:
                await reader.readexactly(int(fields["content-length"]))
            else:
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
    finally:
        writer.close()


async def script(host: str, query: str) -> None:
    """Open the WebSocket and take in what the first run of the script draws."""
    asked = BackMsg()
    asked.rerun_script.query_string = query
    url = f"ws://{host}/_stcore/stream"
    async with connect(
        url, subprotocols=["streamlit"], max_size=None, open_timeout=PATIENCE
    ) as socket:  # type: ignore[list-item]
        await socket.send(asked.SerializeToString())
        async for data in socket:
            told = ForwardMsg.FromString(data)
            if told.delta.new_element.alert.format == Alert.ERROR:
                raise OSError(told.delta.new_element.alert.title or "the page shows an error")
            if told.WhichOneof("type") == "script_finished":
                if told.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise OSError(f"the script ended with {told.script_finished}")
                return


class Visits:
    """Times of what went well, and what went wrong."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.errors: list[str] = []

    async def one(self, visit: Callable[[], Awaitable[None]]) -> None:
        """Make one."""
        begun = time.perf_counter()
        try:
            await asyncio.wait_for(visit(), PATIENCE)
        except Exception as error:  # noqa: BLE001 - all of them are counted
            self.errors.append(f"{type(error).__name__} {error}")
        else:
            self.times.append(time.perf_counter() - begun)


async def at_a_rate(visit: Callable[[], Awaitable[None]], rate: float, seconds: float) -> Visits:
    """Begin so many a second, however long they take."""
    visits, begun = Visits(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            group.create_task(visits.one(visit))
    return visits


async def in_turn(visit: Callable[[], Awaitable[None]], at_once: int, seconds: float) -> Visits:
    """Make one after the other, so many at once."""
    visits, begun = Visits(), time.perf_counter()

    async def visitor() -> None:
        while time.perf_counter() < begun + seconds:
            await visits.one(visit)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(visitor())
    return visits


def files_of(url: str) -> list[str]:
    """Return the paths that a browser asks for, the page's own first."""
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        page.get_by_role("heading").first.wait_for()
        page.wait_for_load_state("networkidle")
    found = dict.fromkeys(
        urlsplit(one)._replace(scheme="", netloc="").geturl() for one in asked if "http" in one[:4]
    )
    return [path for path in found if not path.startswith("/api/runs")]


def main() -> None:
    """Measure what was asked for and print it."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)} (default: all)")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--rate", type=float, default=100, help="loads a second, where given")
    options.add_argument("--at-once", type=int, default=8, help="visitors at a time")
    options.add_argument("--page", default="", help="which one: diff, live, fixes, …")
    asked = options.parse_args()
    parts = asked.parts or PARTS
    with scene() as (home, root), dashboard(home, root) as server:
        url = address(server, root, asked.page)
        paths = files_of(url)
        print(f"a first visit: {len(paths)} files and a WebSocket; load {os.getloadavg()[0]:.1f}")
        print(HEAD)
        server.say("before")
        for part in parts:
            if part == "rest":
                _rest(server)
            else:
                _measure(part, server, url, paths, asked)


def _rest(server: Server) -> None:
    time.sleep(150)
    asyncio.run(fetch(urlsplit(server.url).netloc, ["/"]))
    server.say("after two minutes and a half")


def _measure(
    part: str, server: Server, url: str, paths: Sequence[str], asked: argparse.Namespace
) -> None:
    host, query = urlsplit(server.url).netloc, urlsplit(url).query
    few = [path for path in paths if path == paths[0] or "/_stcore/" in path]

    async def page() -> None:
        await fetch(host, paths[:1])

    async def first() -> None:
        await fetch(host, paths)
        await script(host, query)

    async def visit() -> None:
        await fetch(host, few)
        await script(host, query)

    before, begun = server.state, time.perf_counter()
    if part in ("page", "rush"):
        work = at_a_rate(page if part == "page" else visit, asked.rate, asked.seconds)
    else:
        work = in_turn(first if part == "first" else visit, asked.at_once, asked.seconds)
    visits = asyncio.run(work)
    took = time.perf_counter() - begun
    after = server.say(part)
    _tell(visits, took, 100 * (after.cpu - before.cpu) / took)


def _tell(visits: Visits, took: float, share: float) -> None:
    times = sorted(visits.times)
    late = times[int(0.95 * len(times))] if times else float("nan")
    middle = median(times) if times else float("nan")
    print(
        f"  {len(times)} in {took:.1f} s, {len(times) / took:.1f} a second; median "
        f"{1000 * middle:.0f} ms, 95 % within {1000 * late:.0f} ms; "
        f"server {share:.0f} % of a core; {len(visits.errors)} errors",
        flush=True,
    )
    for error in list(dict.fromkeys(visits.errors))[:3]:
        print(f"    {error[:160]}")


if __name__ == "__main__":
    main()
